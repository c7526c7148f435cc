# Weights and standard errors after calibration by R survey, for tests/weight.
# Run in this folder: python make_calibration_sample.py && Rscript make_calibration.R. CI only reads the CSVs.
suppressMessages(library(survey))
options(digits = 17)

d <- read.csv("calibration_sample.csv", stringsAsFactors = TRUE)
d$id <- seq_len(nrow(d))
start <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
people <- 44000
district <- c(Farsta = 0.24, "Hässelby" = 0.32, Kista = 0.24, Norrmalm = 0.2) * people
gender <- c(men = 0.53, women = 0.47) * people
age <- c("16-29" = 0.2, "30-64" = 0.52, "65+" = 0.28) * people
tenure <- c(own = 0.6, rent = 0.4) * people
income <- 325 * people
table_of <- function(name, totals) {
  out <- data.frame(level = names(totals), Freq = as.numeric(totals))
  names(out)[1] <- name
  out
}
cells <- outer(district, gender) / people
crossed <- data.frame(district = rep(names(district), 2), gender = rep(names(gender), each = 4),
                      Freq = as.numeric(cells))
population <- c(people, district[-1], gender[-1], age[-1], tenure[-1])
names(population) <- c("(Intercept)", paste0("district", names(district)[-1]),
                       paste0("gender", names(gender)[-1]), paste0("age", names(age)[-1]),
                       paste0("tenure", names(tenure)[-1]))
by_four <- ~ district + gender + age + tenure
mixed <- c(population, income = income)
by_five <- ~ district + gender + age + tenure + income
ask <- function(formula, totals, ...) {
  suppressWarnings(calibrate(start, formula, population = totals, epsilon = 1e-13, maxit = 500, ...))
}
designs <- list(
  post_stratified = postStratify(start, ~ district + gender, crossed),
  rake = rake(start, list(~district, ~gender, ~age, ~tenure),
              list(table_of("district", district), table_of("gender", gender),
                   table_of("age", age), table_of("tenure", tenure)),
              control = list(maxit = 1000, epsilon = 1e-11)),
  raking = ask(by_four, population, calfun = "raking"),
  linear = ask(by_four, population, calfun = "linear"),
  logit = ask(by_four, population, calfun = "logit", bounds = c(0.5, 3)),
  truncated = ask(by_four, population, calfun = "linear", bounds = c(0.75, 1.6)),
  raking_mixed = ask(by_five, mixed, calfun = "raking"),
  linear_mixed = ask(by_five, mixed, calfun = "linear"),
  logit_mixed = ask(by_five, mixed, calfun = "logit", bounds = c(0.4, 3)),
  truncated_mixed = ask(by_five, mixed, calfun = "linear", bounds = c(0.75, 1.6)),
  raking_bounded = ask(by_four, population, calfun = "raking", bounds = c(0.75, 1.6)),
  weights_bounded = ask(by_four, population, calfun = "linear", bounds = c(25, 150),
                        bounds.const = TRUE)
)
homes <- svydesign(~ psu + household, strata = ~ stratum, weights = ~weight, data = d, nest = TRUE)
for (f in c("linear", "raking")) {
  designs[[paste0("household_", f)]] <- calibrate(
    homes, by_five, population = mixed, calfun = f, aggregate.stage = 2, epsilon = 1e-13,
    maxit = 500
  )
}
weights_of <- data.frame(lapply(designs, weights))
write.csv(format(weights_of, digits = 17), "calibration_weights.csv", row.names = FALSE, quote = FALSE)

rows <- list()
for (name in names(designs)) {
  x <- designs[[name]]
  add <- function(what, group, estimate, se) {
    rows[[length(rows) + 1]] <<- data.frame(design = name, what = what, group = group,
                                            estimate = as.numeric(estimate), se = as.numeric(se),
                                            row.names = NULL)
  }
  m <- svymean(~unsafe, x)
  add("mean", "", coef(m), SE(m))
  t <- svytotal(~unsafe, x)
  add("total", "", coef(t), SE(t))
  b <- svyby(~unsafe, ~age, x, svymean)
  for (i in seq_len(nrow(b))) add("mean", as.character(b$age[i]), coef(b)[i], SE(b)[i])
  b <- svyby(~unsafe, ~stratum, x, svytotal)
  for (i in seq_len(nrow(b))) add("total", as.character(b$stratum[i]), coef(b)[i], SE(b)[i])
}
write.csv(format(do.call(rbind, rows), digits = 17), "calibration_estimates.csv", row.names = FALSE,
          quote = FALSE)
