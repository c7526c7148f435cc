# Time R survey's rake and calibrate: FOLDER WITH_REPLICATES; prints seconds of rake, calibrate and
# of the replicates, and writes the weights beside sample.csv.
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
data <- read.csv(file.path(folder, "sample.csv"), stringsAsFactors = TRUE)
totals <- read.csv(file.path(folder, "totals.csv"), stringsAsFactors = TRUE)
names_of <- unique(as.character(totals$variable))
formulas <- lapply(names_of, function(v) as.formula(paste("~", v)))
tables <- lapply(names_of, function(v) {
  out <- totals[totals$variable == v, c("level", "total")]
  names(out) <- c(v, "Freq")
  out[[v]] <- factor(as.character(out[[v]]), levels = levels(data[[v]]))
  out
})
all_of <- as.formula(paste("~", paste(names_of, collapse = "+")))
population <- c("(Intercept)" = sum(tables[[1]]$Freq))
for (v in names_of) {
  t <- tables[[match(v, names_of)]]
  t <- t[order(t[[v]]), ][-1, ]
  population <- c(population, setNames(t$Freq, paste0(v, t[[v]])))
}
seconds <- function(expression) {
  start <- proc.time()[["elapsed"]]
  value <- eval.parent(substitute(expression))
  list(seconds = proc.time()[["elapsed"]] - start, value = value)
}
own <- data[, c(names_of, "w")]
design <- svydesign(~1, weights = ~w, data = own)
# a share of the people, as rake takes what is under 1
raked <- seconds(rake(design, formulas, tables, control = list(maxit = 100, epsilon = 1e-9)))
calibrated <- seconds(calibrate(design, all_of, population, calfun = "raking", epsilon = 1e-12))
cat(sprintf("%.17g\n", c(raked$seconds, calibrated$seconds)), sep = "")
write.csv(data.frame(rake = weights(raked$value), calibrate = weights(calibrated$value)),
          file.path(folder, "survey_weights.csv"), row.names = FALSE)
if (arguments[2] == "1") {
  columns <- grep("^r[0-9]+$", names(data), value = TRUE)
  replicated <- svrepdesign(data = own, weights = ~w, repweights = as.matrix(data[, columns]),
                            type = "bootstrap", combined.weights = TRUE)
  again <- seconds(calibrate(replicated, all_of, population, calfun = "raking", epsilon = 1e-12,
                             compress = FALSE))
  cat(sprintf("%.17g\n", again$seconds))
  write.csv(weights(again$value, type = "analysis"), file.path(folder, "survey_replicates.csv"),
            row.names = FALSE)
}
