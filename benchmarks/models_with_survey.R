# Time svyglm on a CSV: FILE clustered|element; prints seconds of the fit (the design not counted),
# then the coefficients and their standard errors.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], stringsAsFactors = TRUE)
design <- if (arguments[2] == "clustered") {
  svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = data)
} else {
  svydesign(~1, strata = ~stratum, weights = ~w, data = data)
}
start <- proc.time()[["elapsed"]]
fit <- eval(parse(text = sprintf("svyglm(%s, design, family = quasibinomial())", arguments[3])))
V <- vcov(fit)
cat(sprintf("%.17g\n", proc.time()[["elapsed"]] - start))
cat(sprintf("%.17g %.17g\n", coef(fit), sqrt(diag(V))), sep = "")
