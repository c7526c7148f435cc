# Regenerates fixtures/*.csv and results/*.csv: Rscript tests/reference/make.R
# Needs R with the package survey 4.1-1 (Debian: r-base-core r-cran-survey). No test needs R.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
setwd(here)
suppressPackageStartupMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1.1")
source("r/support.R")
source("r/fixtures.R")
for (subject in c("estimates", "lonely", "covariance", "intervals", "quantiles", "replicates",
                  "tests", "calibrated", "practice")) {
  source("r/support.R")
  source(file.path("r", paste0(subject, ".R")))
  write_results(subject)
}
