# Response propensities by survey::svyglm, and a jackknife that fits them in each replicate.
# Run in this folder: Rscript make_propensity.R; needs the package survey. Tests read the CSVs.
suppressMessages(library(survey))
set.seed(20240611)
n <- 250
d <- data.frame(age = sample(c("16-29", "30-64", "65-79"), n, TRUE),
                income = round(exp(rnorm(n, 1, 0.5)), 2), w = sample(c(3, 8, 20.5), n, TRUE))
d$answered <- as.integer(runif(n) < plogis(-1 + (d$age != "16-29") + 0.3 * d$income))
d$y <- round(2 + 3 * (d$age == "65-79") + 0.4 * d$income + rnorm(n), 3)
write.csv(d, "propensity_sample.csv", row.names = FALSE, quote = FALSE)

tight <- glm.control(epsilon = 1e-14, maxit = 100)
whole <- svydesign(~1, weights = ~w, data = d)
fit <- svyglm(answered ~ age + income, design = whole, family = quasibinomial(), control = tight)
adjusted <- ifelse(d$answered == 1, d$w / fitted(fit), 0)
write.csv(data.frame(adjusted = formatC(adjusted, digits = 16, format = "g")), "propensity_weights.csv",
          row.names = FALSE, quote = FALSE)

mean_of <- function(now, data) {
  m <- suppressWarnings(glm(answered ~ age + income, data = data, weights = now,
                            family = quasibinomial(), control = tight))
  a <- ifelse(data$answered == 1, now / fitted(m), 0)
  sum(a * data$y) / sum(a)
}
jk <- as.svrepdesign(whole, type = "JK1", mse = FALSE, compress = FALSE)
v <- withReplicates(jk, mean_of)
out <- data.frame(statistic = c("b1", "b2", "b3", "b4", "s1", "s2", "s3", "s4", "mean", "se_jk1"),
                  value = formatC(c(coef(fit), SE(fit), mean_of(d$w, d), SE(v)), digits = 16, format = "g"))
write.csv(out, "propensity_errors.csv", row.names = FALSE, quote = FALSE)
