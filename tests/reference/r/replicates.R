# Replicate weights of every kind, as given in fixtures, with mse TRUE and FALSE.
given <- function(kind) read.csv(file.path("fixtures", paste0(kind, ".csv")))
jkn_scales <- function() {
  n <- c(3, 6, 4, 5, 3, 4)
  rep((n - 1) / n, n)
}
# hospitals: n_h of N_h in each level
hospital_scales <- function() {
  n <- c(4, 5, 6)
  size <- c(42, 99, 17)
  rep((n - 1) / n * (1 - n / size), n)
}
replicate_design <- function(kind, mse) {
  data <- fixture(sub("_.*", "", kind))
  w <- given(kind)
  if (kind == "hospital_jkn")
    return(svrepdesign(data, w, data$w, type = "JKn", scale = 1, rscales = hospital_scales(),
                       mse = mse))
  if (kind == "mu284_bootstrap")
    return(svrepdesign(data, w, data$w, type = "other", scale = 1, rscales = rep(1 / 23, 24),
                       mse = mse))
  suppressWarnings(switch(sub(".*_", "", kind),
    brr = svrepdesign(data, w, data$w, type = "BRR", mse = mse),
    fay = svrepdesign(data, w, data$w, type = "Fay", rho = 0.3, mse = mse),
    jk1 = svrepdesign(data, w, data$w, type = "JK1", scale = 24 / 25, mse = mse),
    jkn = svrepdesign(data, w, data$w, type = "JKn", scale = 1, rscales = jkn_scales(), mse = mse),
    jk2 = svrepdesign(data, w, data$w, type = "JK2", mse = mse),
    bootstrap = svrepdesign(data, w, data$w, type = "bootstrap", mse = mse),
    sdr = svrepdesign(data, w, data$w, type = "successive-difference", mse = mse)))
}
replicates_of <- function(name, design, where, by) {
  keep <- selected(design$variables, where)
  for (cell in cells(design$variables, by)) for (question in c("y", "x", "x/v", "z")) {
    of <- strsplit(question, "/", fixed = TRUE)[[1]]
    answered <- stats::complete.cases(design$variables[of])
    part <- design[which(keep & cell$rows & answered), ]
    put <- function(estimator, level, est) {
      emit(name, estimator, question, where, cell$name, level, "estimate", coef(est))
      emit(name, estimator, question, where, cell$name, level, "se", SE(est))
    }
    x <- part$variables[[of[1]]]
    if (question == "y") {
      put("share", "", svymean(x, part))
      put("total", "", svytotal(x, part))
    }
    if (question == "x") {
      put("mean", "", svymean(x, part))
      put("total", "", svytotal(x, part))
    }
    if (question == "x/v") put("ratio", "", svyratio(part$variables[of[1]], part$variables[of[2]], part))
    if (question == "z") for (level in sort(unique(design$variables$z[answered])))
      put("share", level, svymean(as.numeric(x == level), part))
  }
}
for (kind in c("pairs_brr", "pairs_fay", "pairs_jk2", "pairs_sdr", "clusters_jkn", "clusters_jk1",
               "clusters_bootstrap")) for (mse in c(TRUE, FALSE)) {
  design <- replicate_design(kind, mse)
  name <- paste0(kind, "|", if (mse) "mse" else "centred")
  replicates_of(name, design, "", character())
  replicates_of(name, design, "", "s")
  replicates_of(name, design, "v < 20", character())
  emit(name, "design", "", "", "", "", "df_design", degf(design))
  emit(name, "design", "", "", "", "", "scale", design$scale)
  # the covariance of two domains' shares
  total <- svytotal(with(design$variables, cbind(
    y1 = ifelse(s == "men" & !is.na(y), y, 0), n1 = as.numeric(s == "men" & !is.na(y)),
    y2 = ifelse(s == "women" & !is.na(y), y, 0), n2 = as.numeric(s == "women" & !is.na(y)))),
    design, return.replicates = TRUE)
  reps <- total$replicates
  shares <- cbind(reps[, 1] / reps[, 2], reps[, 3] / reps[, 4])
  est <- coef(total)
  v <- svrVar(shares, design$scale, design$rscales, mse = mse,
              coef = c(est[1] / est[2], est[3] / est[4]))
  emit(name, "share", "y", "", "s=women", "", "cov|s=men", v[1, 2])
}
# textbook samples: half-samples as printed, a jackknife with fpc, a bootstrap of two stages
for (kind in c("scd_brr", "hospital_jkn", "mu284_bootstrap")) for (mse in c(TRUE, FALSE)) {
  design <- replicate_design(kind, mse)
  name <- paste0(kind, "|", if (mse) "mse" else "centred")
  of <- switch(kind, scd_brr = c("alive", "arrests"), hospital_jkn = c("births", "tothosp"),
               mu284_bootstrap = c("y1", "n2"))
  put <- function(estimator, question, est) {
    emit(name, estimator, question, "", "", "", "estimate", coef(est))
    emit(name, estimator, question, "", "", "", "se", SE(est))
  }
  put("mean", of[1], svymean(reformulate(of[1]), design))
  put("total", of[1], svytotal(reformulate(of[1]), design))
  put("ratio", paste(of, collapse = "/"),
      svyratio(reformulate(of[1]), reformulate(of[2]), design))
  emit(name, "design", "", "", "", "", "df_design", degf(design))
}
