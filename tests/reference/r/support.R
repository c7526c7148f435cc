# What the subjects share: reading a fixture, declaring a design, walking over cells, writing.
options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE,
        survey.ultimate.cluster = FALSE, survey.replicates.mse = FALSE,
        stringsAsFactors = FALSE, warn = 1)

fixture <- function(name)
  read.csv(file.path("fixtures", paste0(name, ".csv")), na.strings = "", check.names = FALSE)

# Names on the left are the keys of DESIGNS in tests/reference/conftest.py.
designs <- function() list(
  element = svydesign(~1, strata = ~stratum, weights = ~w, data = fixture("element")),
  element_fpc = svydesign(~1, strata = ~stratum, weights = ~w, fpc = ~size,
                          data = fixture("element")),
  element_unstratified = svydesign(~1, weights = ~w, data = fixture("element")),
  clusters = svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE,
                       data = fixture("clusters")),
  clusters_fpc = svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~n_psu, nest = TRUE,
                           data = fixture("clusters")),
  clusters_unstratified = svydesign(~psu_unique, weights = ~w, data = fixture("clusters")),
  twostage = svydesign(~psu + ssu, strata = ~stratum, weights = ~w, fpc = ~n1 + n2, nest = TRUE,
                       data = fixture("twostage")),
  twostage_fraction = svydesign(~psu + ssu, strata = ~stratum, weights = ~w, fpc = ~f1 + f2,
                                nest = TRUE, data = fixture("twostage")),
  threestage = svydesign(~psu + ssu + id, strata = ~stratum, weights = ~w, fpc = ~n1 + n2 + n3,
                         nest = TRUE, data = fixture("twostage")),
  pps = svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = fixture("pps")),
  apistrat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = fixture("apistrat")),
  apiclus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = fixture("apiclus1")),
  apiclus2 = svydesign(~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = fixture("apiclus2")),
  apisrs = svydesign(~1, weights = ~pw, fpc = ~fpc, data = fixture("apisrs")),
  nhanes = svydesign(~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE,
                     data = fixture("nhanes")),
  hospital = svydesign(~1, strata = ~oblevel, weights = ~w, fpc = ~tothosp,
                       data = fixture("hospital")),
  # R takes the weights from the sizes
  mu284 = svydesign(~id1 + id2, fpc = ~n1 + n2, data = fixture("mu284")),
  mu284_fraction = svydesign(~id1 + id2, fpc = ~f1 + f2, data = fixture("mu284")),
  scd = svydesign(~ambulance, strata = ~ESA, weights = ~w, fpc = ~size, nest = TRUE,
                  data = fixture("scd")),
  fpc = svydesign(~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, nest = TRUE,
                  data = fixture("fpc"))
)

rows <- list()
emit <- function(design, estimator, question, where, by, level, statistic, value) {
  value <- as.numeric(value)[1]
  text <- if (is.na(value)) "NaN" else sprintf("%.17g", value)
  rows[[length(rows) + 1]] <<- c(design = design, estimator = estimator, question = question,
                                 where = where, by = by, level = level, statistic = statistic,
                                 value = text)
}

write_results <- function(subject)
  write.csv(do.call(rbind, rows), file.path("results", paste0(subject, ".csv")),
            row.names = FALSE, quote = FALSE)

# The rows of a condition written in the syntax that R and pandas share.
selected <- function(data, where) {
  if (where == "") return(rep(TRUE, nrow(data)))
  keep <- eval(parse(text = where), data)
  keep & !is.na(keep)
}

# One entry per cell of the crossed `by` columns: its name "a=1;b=x" and its rows.
cells <- function(data, by) {
  if (length(by) == 0) return(list(list(name = "", rows = rep(TRUE, nrow(data)))))
  found <- unique(data[stats::complete.cases(data[by]), by, drop = FALSE])
  found <- found[do.call(order, found), , drop = FALSE]
  lapply(seq_len(nrow(found)), function(i) {
    inside <- rep(TRUE, nrow(data))
    for (b in by) inside <- inside & data[[b]] %in% found[[b]][i]
    list(name = paste0(by, "=", unlist(lapply(by, function(b) as.character(found[[b]][i]))),
                       collapse = ";"), rows = inside)
  })
}

# The degrees of freedom by both rules: PSUs less strata of the design, and of the domain.
emit_df <- function(name, design, part, estimator, question, where, by, level) {
  emit(name, estimator, question, where, by, level, "df_design", degf(design))
  emit(name, estimator, question, where, by, level, "df_domain", degf(part))
  emit(name, estimator, question, where, by, level, "n", sum(weights(part, "sampling") != 0))
}

put_ci <- function(put, level, estimate, se, df) {
  if (df < 1) return(invisible())
  put(level, "ci_low", estimate - qt(0.975, df) * se)
  put(level, "ci_high", estimate + qt(0.975, df) * se)
}

emit_one <- function(name, design, estimator, question, where, by, cell, keep) {
  of <- strsplit(question, "/", fixed = TRUE)[[1]]
  data <- design$variables
  answered <- stats::complete.cases(data[of])
  # a missing answer is a domain: the subset keeps the PSUs of the design
  part <- design[which(keep & answered & cell$rows), ]
  # a calibrated design keeps the rows outside of a subset, with the weight zero
  outside <- weights(part, "sampling") == 0
  values <- part$variables[of]
  if (estimator == "ratio") values[outside, ] <- 0
  put <- function(level, statistic, value)
    emit(name, estimator, question, where, cell$name, level, statistic, value)
  if (estimator == "ratio") {
    r <- svyratio(values[1], values[2], part, deff = TRUE)
    put("", "estimate", coef(r)); put("", "se", SE(r))
    put_ci(put, "", coef(r), SE(r), degf(part))
    emit_df(name, design, part, estimator, question, where, cell$name, "")
    return(invisible())
  }
  x <- values[[1]]
  levels <- if (is.character(x)) sort(unique(data[[of]][!is.na(data[[of]])])) else ""
  for (level in levels) {
    target <- if (level == "") x else as.numeric(x == level)
    target[outside] <- 0
    part$variables$target <- target
    f <- if (estimator == "total") svytotal else svymean
    est <- f(~target, part, deff = TRUE)
    # everybody gave this answer, or nobody: the standard error is 0 and no deff exists
    constant <- diff(range(target[!outside])) == 0
    put(level, "estimate", coef(est))
    put(level, "se", if (constant && estimator != "total") 0 else SE(est))
    if (!constant) {
      put(level, "deff_without", deff(est))
      put(level, "deff_with", deff(f(~target, part, deff = "replace")))
    }
    if (estimator != "share") put_ci(put, level, coef(est), SE(est), degf(part))
    else if (!constant) put(level, "n_effective", coef(est) * (1 - coef(est)) / vcov(est))
    emit_df(name, design, part, estimator, question, where, cell$name, level)
  }
}

walk <- function(name, design, estimators, questions, domains) {
  for (domain in domains) {
    keep <- selected(design$variables, domain$where)
    for (i in seq_along(estimators))
      for (cell in cells(design$variables[, , drop = FALSE], domain$by)) {
        answered <- stats::complete.cases(
          design$variables[strsplit(questions[i], "/", fixed = TRUE)[[1]]])
        if (sum(keep & answered & cell$rows) > 1)
          emit_one(name, design, estimators[i], questions[i], domain$where, domain$by, cell, keep)
      }
  }
}
dom <- function(where = "", by = character()) list(where = where, by = by)
