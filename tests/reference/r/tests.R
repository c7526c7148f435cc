# Tests of tables and of two groups. `question` holds the two variables, `statistic` test|part.
tests_of <- function(name, design, rows, columns, statistics = c("F", "Chisq", "Wald", "adjWald", "lincom")) {
  # both variables answered, as a domain, so that every statistic uses the same respondents
  answered <- stats::complete.cases(design$variables[c(rows, columns)])
  part <- design[which(answered), ]
  for (statistic in statistics) {
    t <- suppressWarnings(svychisq(as.formula(paste("~", rows, "+", columns)), part,
                                   statistic = statistic))
    put <- function(what, value)
      emit(name, "table_test", paste(rows, columns, sep = "*"), "", "", "",
           paste(statistic, what, sep = "|"), value)
    put("statistic", t$statistic); put("p_value", t$p.value)
    for (i in seq_along(t$parameter)) put(paste0("df", i), t$parameter[i])
  }
}
group_tests_of <- function(name, design, question, group) {
  part <- design[which(stats::complete.cases(design$variables[c(question, group)])), ]
  put <- function(test, what, value)
    emit(name, "group_test", paste(question, group, sep = "~"), "", "", "",
         paste(test, what, sep = "|"), value)
  formula <- as.formula(paste(question, "~", group))
  t <- svyttest(formula, part)
  put("t", "statistic", t$statistic); put("t", "df", t$parameter)
  put("t", "p_value", t$p.value); put("t", "estimate", t$estimate)
  put("t", "low", t$conf.int[1]); put("t", "high", t$conf.int[2])
  for (test in c("wilcoxon", "vanderWaerden", "median")) {
    r <- svyranktest(formula, part, test)
    put(test, "statistic", r$statistic); put(test, "df", r$parameter)
    put(test, "p_value", r$p.value); put(test, "estimate", r$estimate)
  }
}
all_designs <- designs()
for (name in c("element", "element_fpc")) {
  tests_of(name, all_designs[[name]], "s", "y")
  tests_of(name, all_designs[[name]], "g", "z")
  group_tests_of(name, all_designs[[name]], "x", "s")
  group_tests_of(name, all_designs[[name]], "score", "s")
}
for (name in c("clusters", "clusters_fpc")) {
  tests_of(name, all_designs[[name]], "s", "y")
  tests_of(name, all_designs[[name]], "s", "z")
  tests_of(name, all_designs[[name]], "area", "z")
  group_tests_of(name, all_designs[[name]], "x", "s")
  group_tests_of(name, all_designs[[name]], "score", "area")
}
for (name in c("twostage", "pps")) {
  tests_of(name, all_designs[[name]], "s", "y")
  group_tests_of(name, all_designs[[name]], "x", "s")
}
tests_of("apiclus2", all_designs$apiclus2, "sch.wide", "stype")
group_tests_of("apiclus2", all_designs$apiclus2, "api00", "sch.wide")
tests_of("nhanes", all_designs$nhanes, "HI_CHOL", "race")
tests_of("nhanes", all_designs$nhanes, "age", "sex")
group_tests_of("nhanes", all_designs$nhanes, "HI_CHOL", "sex")
