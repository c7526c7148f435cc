# Design effects of weighting and standardised differences, by R; run in this folder.
set.seed(20231)
n <- 80
w <- round(exp(rnorm(n, 4, 0.6)), 3)
p <- 1 / (n * w)
data <- data.frame(
  w = w,
  y = round(2 + 400 * n * p / sum(p) + rnorm(n), 4),
  yes = as.integer(runif(n) < plogis(1 - 60 * p * n)),
  group = sample(c("a", "b", "c"), n, replace = TRUE, prob = c(0.5, 0.3, 0.2))
)
write.csv(data, "sample.csv", row.names = FALSE)

# Spencer (2000) from the weighted regression of the answer on the one-draw probability
spencer <- function(w, y, centre) {
  n <- length(w)
  p <- 1 / (n * w)
  mean_y <- weighted.mean(y, w)
  z <- if (centre) y - mean_y else y
  fit <- lm(z ~ p, weights = w)
  rho2 <- cov.wt(cbind(z, p), wt = w / sum(w), cor = TRUE, method = "ML")$cor[1, 2]^2
  sigma2 <- cov.wt(cbind(z), wt = w / sum(w), method = "ML")$cov[1, 1]
  kish <- n * sum(w^2) / sum(w)^2
  (1 - rho2) * kish + coef(fit)[[1]]^2 / sigma2 * (kish - 1)
}

library(survey)
design <- svydesign(ids = ~1, weights = ~w, data = data)
shares <- coef(svymean(~group, design))
population <- c(a = 0.45, b = 0.35, c = 0.20)
smd <- (shares - population) / sqrt(population * (1 - population))
out <- data.frame(
  name = c("kish", "spencer_total_y", "spencer_mean_y", "spencer_total_yes", "spencer_mean_yes",
           paste0("smd_", names(population))),
  value = c(n * sum(w^2) / sum(w)^2, spencer(w, data$y, FALSE), spencer(w, data$y, TRUE),
            spencer(w, data$yes, FALSE), spencer(w, data$yes, TRUE), smd)
)
out$value <- trimws(format(out$value, digits = 15))
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
