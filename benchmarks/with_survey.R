# Time R survey on a CSV: FILE clustered|element; prints seconds, then share and se of each cell.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], stringsAsFactors = TRUE)
start <- proc.time()[["elapsed"]]
design <- if (arguments[2] == "clustered") {
  svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = data)
} else {
  svydesign(~1, strata = ~stratum, weights = ~w, data = data)
}
result <- svyby(~y, ~age + gender + district, design, svymean, na.rm = TRUE)
seconds <- proc.time()[["elapsed"]] - start
cat(sprintf("%.17g\n", seconds))
cat(sprintf("%.17g %.17g\n", coef(result), SE(result)), sep = "")
