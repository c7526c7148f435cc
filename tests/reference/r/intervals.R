# Intervals for shares. df: "domain" = degf of the subset (R's default), "design" = of the whole.
interval_methods <- c("logit", "xlogit", "mean", "beta", "asin")
intervals_of <- function(name, design, question, where, by) {
  keep <- selected(design$variables, where)
  for (cell in cells(design$variables, by)) {
    part <- design[which(keep & cell$rows & !is.na(design$variables[[question]])), ]
    names(part$variables)[names(part$variables) == question] <- "target"
    if (is.character(part$variables$target))
      part$variables$target <- as.numeric(part$variables$target == "Yes")
    p <- coef(svymean(~target, part))
    if (p <= 0 || p >= 1) next
    for (rule in c("domain", "design")) {
      df <- degf(if (rule == "domain") part else design)
      if (df < 1) next
      for (level in c(0.95, 0.9)) for (method in interval_methods) {
        if (method == "beta") {
          if (rule == "design") next
        }
        ci <- attr(svyciprop(~target, part, method = method, level = level, df = df), "ci")
        tag <- paste("ci", method, rule, level, sep = "|")
        emit(name, "share", question, where, cell$name, "", paste0(tag, "|low"), ci[1])
        emit(name, "share", question, where, cell$name, "", paste0(tag, "|high"), ci[2])
      }
      # The likelihood interval to full accuracy: R's own interpolates the profile by splines. Its
      # deviance is divided by the quasi-binomial dispersion n / (n - 1) as well as by the deff.
      est <- svymean(~target, part)
      n <- nrow(part)
      n_effective <- as.numeric(p * (1 - p) / vcov(est)) * (n - 1) / n
      loss <- function(q) 2 * n_effective * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)))
      cut <- qf(0.95, 1, df)
      root <- function(a, b) uniroot(function(q) loss(q) - cut, c(a, b), tol = 1e-15)$root
      own <- c(root(1e-12, p), root(p, 1 - 1e-12))
      tag <- paste("ci", "likelihood_exact", rule, 0.95, sep = "|")
      emit(name, "share", question, where, cell$name, "", paste0(tag, "|low"), own[1])
      emit(name, "share", question, where, cell$name, "", paste0(tag, "|high"), own[2])
      r <- try(attr(svyciprop(~target, part, method = "likelihood", df = df), "ci"), silent = TRUE)
      if (!inherits(r, "try-error")) {
        tag <- paste("ci", "likelihood", rule, 0.95, sep = "|")
        emit(name, "share", question, where, cell$name, "", paste0(tag, "|low"), r[1])
        emit(name, "share", question, where, cell$name, "", paste0(tag, "|high"), r[2])
      }
    }
  }
}
all_designs <- designs()
intervals_of("element", all_designs$element, "y", "", "g")
intervals_of("element_fpc", all_designs$element_fpc, "y", "age >= 45", "s")
intervals_of("clusters", all_designs$clusters, "y", "", character())
intervals_of("clusters", all_designs$clusters, "y", "", c("area", "s"))
intervals_of("clusters_fpc", all_designs$clusters_fpc, "y", "v < 12", character())
intervals_of("twostage", all_designs$twostage, "y", "", "s")
intervals_of("apiclus1", all_designs$apiclus1, "sch.wide", "", character())
intervals_of("apiclus2", all_designs$apiclus2, "sch.wide", "", "stype")
intervals_of("nhanes", all_designs$nhanes, "HI_CHOL", "", "race")
