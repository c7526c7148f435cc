# Time svyglm on a CSV: FILE clustered|element FORMULA; prints seconds of the fit (the design not
# counted) and processor seconds, then the coefficients and their standard errors.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], stringsAsFactors = TRUE)
design <- if (arguments[2] == "clustered") {
  svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = data)
} else {
  svydesign(~1, strata = ~stratum, weights = ~w, data = data)
}
start <- proc.time()
fit <- eval(parse(text = sprintf("svyglm(%s, design, family = quasibinomial())", arguments[3])))
V <- vcov(fit)
spent <- proc.time() - start
cat(sprintf("%.17g %.17g\n", spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]]))
cat(sprintf("%.17g %.17g\n", coef(fit), sqrt(diag(V))), sep = "")
