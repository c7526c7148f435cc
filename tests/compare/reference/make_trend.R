# Lines through waves with R survey: writes the sample and what svyglm and regTermTest say of it.
# Rscript tests/compare/reference/make_trend.R tests/compare/reference
suppressMessages(library(survey))
out <- commandArgs(trailingOnly = TRUE)[1]
options(survey.lonely.psu = "adjust", digits = 17)
set.seed(20)

years <- c(2008, 2011, 2014, 2017, 2023)
frame <- expand.grid(person = 1:5, psu = 1:5, stratum = 1:3, wave = years)
level <- rnorm(15, 0, 0.8)[(frame$stratum - 1) * 5 + frame$psu]
eta <- -0.7 + level + 0.06 * (frame$wave - 2008) - 0.003 * (frame$wave - 2014)^2
frame$yes <- as.integer(runif(nrow(frame)) < plogis(eta))
frame$score <- round(3 + level + 0.02 * (frame$wave - 2008) + rnorm(nrow(frame)), 3)
frame$yes[sample(nrow(frame), 25)] <- NA
frame$w <- round(exp(rnorm(nrow(frame), 1, 0.5)), 4)
frame$area <- sample(c("north", "south"), nrow(frame), replace = TRUE)
write.csv(frame, file.path(out, "trend_sample.csv"), row.names = FALSE, na = "")

rows <- list()
add <- function(design, units, area, link, degree) {
  d <- subset(design, !is.na(yes))
  y <- if (link == "mean") "score" else "yes"
  d$variables$t <- d$variables$wave - mean(years)
  terms <- c("t", "I(t^2)")[seq_len(degree)]
  family <- if (link == "logit") quasibinomial() else gaussian()
  fit <- function(right) svyglm(as.formula(paste(y, "~", right)), d, family = family,
                                control = glm.control(epsilon = 1e-14, maxit = 100))
  model <- fit(paste(terms, collapse = " + "))
  table <- summary(model)$coefficients
  # the waves as they are, as the line and what is left of it
  basis <- poly(d$variables$wave, 4)
  for (j in 1:4) d$variables[[paste0("p", j)]] <- basis[, j]
  whole <- svyglm(as.formula(paste(y, "~ p1 + p2 + p3 + p4")), d)
  rest <- as.formula(paste("~", paste0("p", (degree + 1):4, collapse = " + ")))
  nonlinear <- regTermTest(whole, rest)
  any <- regTermTest(whole, ~ p1 + p2 + p3 + p4)
  for (k in seq_len(degree)) {
    rows[[length(rows) + 1]] <<- data.frame(
      units = units, area = area, link = link, degree = degree,
      term = c("linear", "quadratic")[k],
      estimate = table[k + 1, 1], se = table[k + 1, 2], statistic = table[k + 1, 3],
      p_value = table[k + 1, 4], df = model$df.residual,
      p_nonlinear = as.numeric(nonlinear$p), p_any = as.numeric(any$p))
  }
}
designs <- list(
  own = svydesign(~psu, strata = ~ interaction(wave, stratum), weights = ~w, data = frame, nest = TRUE),
  shared = svydesign(~psu, strata = ~stratum, weights = ~w, data = frame, nest = TRUE))
for (units in names(designs)) {
  for (chosen in c("all", "north", "south")) {
    design <- designs[[units]]
    if (chosen != "all") design <- subset(design, area == chosen)
    for (link in c("identity", "logit", "mean")) for (degree in 1:2) add(design, units, chosen, link, degree)
  }
}
table <- do.call(rbind, rows)
for (name in names(table)) if (is.numeric(table[[name]])) table[[name]] <- sprintf("%.17g", table[[name]])
write.csv(table, file.path(out, "trend.csv"), row.names = FALSE, quote = FALSE)
