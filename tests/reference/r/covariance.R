# Covariance between cells, and smooth functions of estimates, by svycontrast on vectors of totals:
# a share of a domain is a ratio of two of them.
totals_of <- function(design, question, by, level) {
  data <- design$variables
  x <- data[[question]]
  answered <- !is.na(x)
  target <- if (is.character(x)) as.numeric(x == level) else x
  columns <- list()
  for (cell in cells(data, by)) {
    inside <- cell$rows & answered
    columns[[paste0("y|", cell$name)]] <- ifelse(inside, target, 0)
    columns[[paste0("n|", cell$name)]] <- as.numeric(inside)
  }
  matrix <- as.matrix(as.data.frame(columns, check.names = FALSE))
  svytotal(matrix, design)
}
covariance_of <- function(name, design, estimator, question, by, level) {
  data <- design$variables
  found <- cells(data, by)
  names <- sapply(found, `[[`, "name")
  total <- totals_of(design, question, by, level)
  names(total) <- paste0(rep(c("y", "n"), length(names)), rep(seq_along(names), each = 2))
  expressions <- lapply(seq_along(names), function(i)
    if (estimator == "total") as.name(paste0("y", i))
    else call("/", as.name(paste0("y", i)), as.name(paste0("n", i))))
  base::names(expressions) <- paste0("c", seq_along(names))
  v <- vcov(svycontrast(total, expressions))
  # "average" scales by strata / strata that count. A vector of totals has the factor of the whole
  # design; a subset, which is what the standard error of a cell is of, has that of its own strata.
  if (getOption("survey.lonely.psu") == "average") {
    factor_of <- function(rows) {
      held <- unique(data$stratum[rows])
      sizes <- tapply(data$psu, data$stratum, function(p) length(unique(p)))
      length(held) / sum(sizes[as.character(held)] > 1)
    }
    own <- sapply(found, function(cell) factor_of(cell$rows & !is.na(data[[question]])))
    v <- v * outer(sqrt(own), sqrt(own)) / factor_of(rep(TRUE, nrow(data)))
  }
  # cells without a common stratum: what is left is rounding
  v[abs(v) < 1e-12 * sqrt(outer(diag(v), diag(v)))] <- 0
  for (i in seq_along(names)) for (j in seq_len(i))
    emit(name, estimator, question, "", names[i], level, paste0("cov|", names[j]), v[i, j])
  if (estimator != "total" && length(names) > 1) {
    y <- expressions
    for (what in c("difference", "odds_ratio", "log_ratio")) {
      f <- switch(what,
        difference = call("-", y[[2]], y[[1]]),
        odds_ratio = bquote((.(y[[1]]) / (1 - .(y[[1]]))) / (.(y[[2]]) / (1 - .(y[[2]])))),
        log_ratio = bquote(log(.(y[[2]]) / .(y[[1]]))))
      if (estimator == "mean" && what == "odds_ratio") next
      r <- svycontrast(total, list(r = f))
      emit(name, estimator, question, "", names[1], level, paste0(what, "|estimate|", names[2]), coef(r))
      emit(name, estimator, question, "", names[1], level, paste0(what, "|se|", names[2]), SE(r))
    }
  }
}
all_designs <- designs()
for (name in c("element", "element_fpc", "clusters", "clusters_fpc")) {
  by <- if (startsWith(name, "element")) "g" else c("area", "s")
  covariance_of(name, all_designs[[name]], "share", "y", by, "")
  covariance_of(name, all_designs[[name]], "mean", "x", by, "")
  covariance_of(name, all_designs[[name]], "total", "x", by, "")
}
for (name in c("twostage", "threestage"))
  covariance_of(name, all_designs[[name]], "share", "y", "s", "")
for (estimator in c("share", "total"))
  covariance_of("nhanes", all_designs$nhanes, estimator, "HI_CHOL", "race", "")
# between the levels of one question
for (name in c("element", "clusters_fpc")) {
  m <- svymean(~z, all_designs[[name]], na.rm = TRUE)
  levels <- sub("^z", "", names(m))
  v <- vcov(m)
  for (i in seq_along(levels)) for (j in seq_len(i))
    emit(name, "share", "z", "", "", levels[i], paste0("cov|", levels[j]), v[i, j])
}
# under the rules for lonely PSUs
for (rule in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  design <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = fixture("lonely"))
  for (estimator in c("share", "total"))
    covariance_of(paste0("lonely|", rule, "|design"), design, estimator,
                  if (estimator == "share") "y" else "x", "g", "")
}
options(survey.lonely.psu = "fail")
