# Weighting classes as the second phase of a two-phase sample, by survey::twophase; and the class
# adjustment made again in each replicate of a jackknife.
# Run in this folder: Rscript make_nonresponse.R; needs the package survey. Tests read the CSVs.
suppressMessages(library(survey))
set.seed(20240612)
n <- 600
d <- data.frame(age = sample(c("16-29", "30-64", "65-79"), n, TRUE, c(0.3, 0.4, 0.3)))
rate <- c("16-29" = 0.35, "30-64" = 0.5, "65-79" = 0.7)
d$answered <- as.integer(runif(n) < rate[d$age])
d$y <- as.integer(runif(n) < c("16-29" = 0.6, "30-64" = 0.4, "65-79" = 0.2)[d$age])
d$w <- 25
write.csv(d, "nonresponse_sample.csv", row.names = FALSE, quote = FALSE)

two <- twophase(id = list(~1, ~1), strata = list(NULL, ~age), subset = ~I(answered == 1),
                data = d, method = "full")
m <- svymean(~y, two)

adjusted <- function(now) {
  f <- tapply(now, d$age, sum) / tapply(now * d$answered, d$age, sum)
  now * d$answered * f[d$age]
}
jk <- as.svrepdesign(svydesign(~1, weights = ~w, data = d), type = "JK1", compress = FALSE)
v <- withReplicates(jk, function(now, data) {
  a <- adjusted(now)
  sum(a * data$y) / sum(a)
})
out <- data.frame(statistic = c("mean", "se_twophase", "se_jk1"),
                  value = formatC(c(coef(m), SE(m), SE(v)), digits = 16, format = "g"))
write.csv(out, "nonresponse_errors.csv", row.names = FALSE, quote = FALSE)
print(out)
