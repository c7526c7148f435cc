# Regenerates *.csv beside it: Rscript tests/explain/models/reference/make.R
# Needs R with survey 4.1-1, nnet and numDeriv (Debian: r-base-core r-cran-survey r-cran-nnet
# r-cran-numderiv).
# No test needs R. Convergence criteria are tightened so that R's own error is far under 1e-9.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
setwd(here)
suppressPackageStartupMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1.1")
options(survey.lonely.psu = "fail", warn = -1)
RNGversion("4.0.0")
# scoring until the deviance stands still, or 60 steps: links that are not canonical converge slowly
tight <- glm.control(epsilon = 1e-300, maxit = 60)

# Seven strata of four or five PSUs, codes reused; fractions that matter; answers missing;
# a level (d) that is in two strata only, so that a domain has other df.
set.seed(2031)
people <- do.call(rbind, lapply(1:7, function(h) do.call(rbind, lapply(1:(4 + h %% 2),
  function(j) {
    m <- sample(14:26, 1)
    level <- rnorm(1, 0, 0.5)
    data.frame(stratum = h, psu = j, n_psu = c(9, 14, 30, 12, 20, 11, 25)[h],
               w = round(c(9, 14, 30, 12, 20, 11, 25)[h] / 4 * runif(m, 2, 9), 3), level = level,
               gender = sample(c("men", "women"), m, TRUE),
               age = sample(16:84, m, TRUE),
               district = sample(c("a", "b", "c", if (h %in% c(2, 5)) "d"), m, TRUE),
               wave = sample(c(2020L, 2023L), m, TRUE))
  }))))
n <- nrow(people)
people <- within(people, {
  disability <- sample(c("no", "yes"), n, TRUE, c(0.8, 0.2))
  eta <- -0.9 + 0.8 * (gender == "women") + 0.6 * (disability == "yes") - 0.01 * (age - 45) +
    0.4 * (district == "c") + 0.3 * (gender == "women") * (wave == 2023) + level
  unsafe <- rbinom(n, 1, plogis(eta))
  exposure <- round(runif(n, 0.5, 3), 2)
  crimes <- rpois(n, exposure * exp(eta / 2 - 0.3))
  income <- round(250 + 3 * age - 20 * eta + rnorm(n, 0, 40), 2)
  cost <- round(rgamma(n, 2, 2 / exp(1 + eta / 3)) + 0.01, 3)
  scale4 <- as.integer(cut(eta + rlogis(n), c(-Inf, -1.5, 0, 1.2, Inf)))
  place <- c("home", "square", "transport")[1 + rbinom(n, 2, plogis(eta / 2 - 0.3))]
  unsafe[runif(n) < 0.06] <- NA
  disability[runif(n) < 0.04] <- NA
  scale4[runif(n) < 0.05] <- NA
  level <- eta <- NULL
})
write.csv(people[c("stratum", "psu", "n_psu", "w", "gender", "age", "district", "wave",
                   "disability", "unsafe", "exposure", "crimes", "income", "cost", "scale4",
                   "place")], "people.csv", row.names = FALSE, na = "", quote = FALSE)
people <- read.csv("people.csv", na.strings = "", stringsAsFactors = TRUE)

clustered <- svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~n_psu, nest = TRUE,
                       data = people)
plain <- svydesign(~1, strata = ~stratum, weights = ~w, data = people)
# population totals that calibration meets; not those of the sample
calibrated <- calibrate(clustered, ~gender + factor(wave),
                        c(`(Intercept)` = 17000, genderwomen = 8900, `factor(wave)2023` = 8300))
write.csv(data.frame(w = sprintf("%.17g", weights(calibrated))), "calibrated.csv",
          row.names = FALSE, quote = FALSE)
jackknife <- as.svrepdesign(svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE,
                                      data = people), type = "JKn")
designs <- list(clustered = clustered, plain = plain, calibrated = calibrated,
                jackknife = jackknife)

rows <- list()
emit <- function(design, model, kind, name, value)
  rows[[length(rows) + 1]] <<- c(design = design, model = model, kind = kind, name = name,
                                 value = sprintf("%.17g", as.numeric(value)[1]))
emit_fit <- function(d, m, theta, V, df) {
  for (i in seq_along(theta)) {
    emit(d, m, "coef", names(theta)[i], theta[i])
    for (j in seq_len(i)) emit(d, m, "cov", paste(names(theta)[i], names(theta)[j], sep = "~"),
                               V[i, j])
  }
  if (!is.null(df)) emit(d, m, "df", "", df)
}

glms <- list(
  linear = list(income ~ gender + age + I(age^2) + district, gaussian()),
  logistic = list(unsafe ~ gender * factor(wave) + age + disability + district, quasibinomial()),
  additive = list(unsafe ~ gender + disability, quasibinomial()),
  probit = list(unsafe ~ gender + age + district, quasibinomial("probit")),
  cloglog = list(unsafe ~ gender + log(age), quasibinomial("cloglog")),
  poisson = list(crimes ~ gender + age + district + offset(log(exposure)), quasipoisson()),
  gamma = list(cost ~ gender + age, Gamma("log")),
  curved = list(unsafe ~ gender + poly(age, 2), quasibinomial()),
  spline = list(income ~ splines::bs(age, df = 4) + gender, gaussian()))
tested <- list(linear = list("district", "I(age^2)"),
               logistic = list("district", "gender:factor(wave)", "disability",
                               c("district", "age")),
               additive = list("gender"), probit = list("district"), cloglog = list("gender"),
               poisson = list("district", "gender"), gamma = list("gender"),
               curved = list("poly(age, 2)"), spline = list("gender"))

# regTermTest fits again by the call, where it finds global names only, and without the term's
# missing answers unless these are a domain.
fit_glms <- function(d, part, chosen, suffix = "") for (m in chosen) {
  spec <<- glms[[m]]
  design <<- part[which(complete.cases(part$variables[all.vars(spec[[1]])])), ]
  fit <<- svyglm(spec[[1]], design, family = spec[[2]], control = tight)
  name <- paste0(m, suffix)
  emit_fit(d, name, coef(fit), vcov(fit), fit$df.residual)
  p <- summary(fit)$coefficients[, 4]
  for (k in names(p)) emit(d, name, "p", k, p[k])
  for (terms in tested[[m]]) {
    f <- as.formula(paste("~", paste(terms, collapse = "+")))
    label <- paste(terms, collapse = "+")
    wald <- regTermTest(fit, f)
    emit(d, name, "wald_F", label, wald$Ftest); emit(d, name, "wald_p", label, wald$p)
    ww <- regTermTest(fit, f, method = "WorkingWald")
    emit(d, name, "working_p", label, ww$p)
    lrt <- regTermTest(fit, f, method = "LRT")
    emit(d, name, "lrt_p", label, lrt$p)
    # the scale of the weights is a convention, which this ratio is free of
    emit(d, name, "lrt_scaled", label, lrt$chisq / mean(lrt$lambda))
    sat <- regTermTest(fit, f, method = "LRT", lrt.approximation = "satterthwaite")
    emit(d, name, "lrt_satterthwaite", label, sat$p)
  }
}
# a subset of a calibrated design keeps its other rows, with the weight zero, and R makes the basis
# of polynomials from them too
basis <- function(d) if (d != "calibrated") "curved"
for (d in names(designs))
  fit_glms(d, designs[[d]], c(setdiff(names(glms), "curved"), basis(d)))
for (d in names(designs))
  fit_glms(d, subset(designs[[d]], age >= 30), c("additive", "linear", basis(d)), "|age >= 30")
fit_glms("clustered", subset(clustered, district == "d"), "additive", "|district == 'd'")

# Proportional odds.
# svyolr takes its information from differences over steps of 0.001, which cost four digits; the
# same equations are solved here to rounding, with derivatives by Richardson's extrapolation.
ordinal <- function(d, design, name, f) {
  fit <- svyolr(f, design, control = list(reltol = 1e-16, maxit = 2000))
  mf <- model.frame(f, design$variables, na.action = na.pass)
  keep <- complete.cases(mf)
  part <- design[keep, ]
  X <- model.matrix(f, mf[keep, ])[, -1]
  y <- as.integer(model.response(mf[keep, ])); w <- weights(part)
  p <- ncol(X); q <- max(y) - 1
  U <- function(theta) {
    bounds <- c(-Inf, theta[p + 1:q], Inf)
    eta <- drop(X %*% theta[1:p])
    up <- bounds[y + 1] - eta; low <- bounds[y] - eta
    share <- plogis(up) - plogis(low)
    out <- -X * ((dlogis(up) - dlogis(low)) / share)
    cbind(out, (col(matrix(0, length(y), q)) == y) * dlogis(up) / share -
            (col(matrix(0, length(y), q)) == y - 1) * dlogis(low) / share)
  }
  theta <- c(fit$coefficients, fit$zeta)
  slope <- function(t) colSums(w * U(t))
  for (step in 1:6) theta <- theta - solve(numDeriv::jacobian(slope, theta), slope(theta))
  H <- -numDeriv::jacobian(slope, theta)
  V <- svyrecvar(w * U(theta) %*% solve(H), part$cluster, part$strata, part$fpc)
  # started there, and with a step for its differences that leaves digits, svyolr says the same
  fit <- svyolr(f, design, start = c(theta[1:(p + 1)], log(diff(theta[p + 1:q]))),
                control = list(reltol = 1e-16, ndeps = rep(1e-5, p + q)))
  stopifnot(max(abs(theta - c(fit$coefficients, fit$zeta))) < 1e-8,
            max(abs(V - vcov(fit)) / sqrt(outer(diag(V), diag(V)))) < 2e-7)
  fit$coefficients[] <- theta[1:p]; fit$var <- V
  dimnames(fit$var) <- list(names(theta), names(theta))
  emit_fit(d, name, theta, V, fit$df.residual)
  fit
}
people$scale <- factor(people$scale4)
designs$clustered <- svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~n_psu, nest = TRUE,
                               data = people)
designs$plain <- svydesign(~1, strata = ~stratum, weights = ~w, data = people)
f4 <- scale ~ gender + age + district
for (d in c("clustered", "plain")) {
  fit <- ordinal(d, designs[[d]], "ordinal", f4)
  # regTermTest cannot find the columns of an svyolr
  for (term in c("district", "gender")) {
    index <- grep(term, names(fit$coefficients))
    beta <- fit$coefficients[index]
    F <- drop(beta %*% solve(vcov(fit)[index, index], beta)) / length(index)
    emit(d, "ordinal", "wald_F", term, F)
    emit(d, "ordinal", "wald_p", term, pf(F, length(index), fit$df.residual, lower.tail = FALSE))
  }
}

# Multinomial logit by Newton's method, with the sandwich that svyglm makes.
multinomial <- function(f, design, K) {
  mf <- model.frame(f, design$variables, na.action = na.pass)
  keep <- complete.cases(mf)
  part <- design[keep, ]
  mf <- mf[keep, ]
  X <- model.matrix(f, mf); y <- as.integer(model.response(mf)); w <- weights(part)
  p <- ncol(X); theta <- rep(0, p * (K - 1))
  for (step in 1:60) {
    eta <- cbind(0, X %*% matrix(theta, p))
    P <- exp(eta) / rowSums(exp(eta))
    U <- do.call(cbind, lapply(2:K, function(k) X * ((y == k) - P[, k])))
    H <- matrix(0, p * (K - 1), p * (K - 1))
    for (a in 2:K) for (b in 2:K)
      H[(a - 2) * p + 1:p, (b - 2) * p + 1:p] <- t(X * (w * P[, a] * ((a == b) - P[, b]))) %*% X
    theta <- theta + solve(H, colSums(w * U))
  }
  V <- svyrecvar(w * U %*% solve(H), part$cluster, part$strata, part$fpc)
  names(theta) <- paste(rep(levels(model.response(mf))[-1], each = p), colnames(X), sep = ":")
  list(theta = theta, V = V)
}
for (d in c("clustered", "plain")) {
  found <- multinomial(place ~ gender + age + disability, designs[[d]], 3)
  nn <- nnet::multinom(place ~ gender + age + disability, people, weights = people$w,
                       trace = FALSE, reltol = 1e-14, maxit = 2000)
  stopifnot(max(abs(c(t(coef(nn))) - found$theta)) < 1e-3)
  emit_fit(d, "multinomial", found$theta, found$V, NULL)
}

# Predictive margins: the model expects for everybody as woman and as man. `fixed` is the part of
# the coefficients, `covariates` that of the sample that is averaged over; svypredmeans adds the
# two and leaves their covariance out.
emit_margins <- function(d, name, base) {
  found <- svypredmeans(base, ~gender)
  parts <- attr(attr(found, "var"), "parts")
  for (g in seq_along(coef(found))) {
    level <- names(coef(found))[g]
    emit(d, name, "estimate", level, coef(found)[g])
    emit(d, name, "fixed", level, parts[[1]][g, g])
    emit(d, name, "covariates", level, parts[[2]][g, g])
  }
}
for (d in c("clustered", "plain", "calibrated")) {
  design <- designs[[d]]
  emit_margins(d, "margins_poisson",
               svyglm(crimes ~ age + district, design, family = quasipoisson(), control = tight))
  # svypredmeans cannot leave out answers of a calibrated design
  if (d == "calibrated") next
  design <- subset(design, !is.na(unsafe) & !is.na(disability))
  emit_margins(d, "margins_logistic",
               svyglm(unsafe ~ age + disability, design, family = quasibinomial(),
                      control = tight))
}

# Tail probabilities of weighted sums of chi-squared variables.
for (case in list(list(3, c(2, 1, 0.5), 12), list(9, c(1.3, 1.1), 20), list(20, c(3, 1, 1, 0.2), 7),
                  list(5, 1.7, 30), list(7, c(2, 1, 0.5), Inf), list(25, c(2, 2, 1), Inf))) {
  k <- length(case[[2]])
  name <- paste(case[[1]], paste(case[[2]], collapse = " "), case[[3]], sep = "|")
  for (method in c("saddlepoint", "satterthwaite"))
    emit("", method, "tail", name,
         if (is.finite(case[[3]])) survey:::pFsum(case[[1]], rep(1, k), case[[2]], ddf = case[[3]],
                                        lower.tail = FALSE, method = method)
         else pchisqsum(case[[1]], rep(1, k), case[[2]], lower.tail = FALSE, method = method))
}
write.csv(do.call(rbind, rows), "models.csv", row.names = FALSE, quote = TRUE)
