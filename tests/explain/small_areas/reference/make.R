# What R says of area models (sae, emdi, metafor) and of ranks (csranks).
# Run in this folder: Rscript make.R; needs sae 1.3, emdi 2.2.2, metafor and csranks 1.2.3.
# CI only reads the CSVs.
suppressMessages({
  library(sae)
  library(metafor)
  library(csranks)
})
options(digits = 17)
write <- function(frame, file) {
  write.csv(format(frame, digits = 16, trim = TRUE), file, row.names = FALSE, quote = FALSE)
}

# milk: 43 publication areas, expenditure on milk in 1989 (You and Chapman 2006), with the four
# groups of areas as in the help of eblupFH; made up: wide, with auxiliaries in thousands and
# sampling variances that differ a hundredfold; even, whose areas differ by no more than sampling,
# so that the model variance is 0; few, nine areas and a constant
data(milk)
set.seed(31)
wide <- data.frame(x1 = round(rnorm(60, 5000, 900)), x2 = round(rexp(60, 1 / 300)),
                   D = round(exp(seq(log(0.0005), log(0.05), length.out = 60)), 7)[sample(60)])
wide$y <- round(0.1 + 4e-5 * wide$x1 + 1e-4 * wide$x2 + rnorm(60, 0, 0.06) +
                rnorm(60, 0, sqrt(wide$D)), 6)
even <- data.frame(y = 0.3 + 0.05 * sin(3 * (1:20)), x = cos(1:20), D = rep(c(0.01, 0.02), 10))
few <- data.frame(y = c(0.31, 0.42, 0.28, 0.55, 0.37, 0.33, 0.25, 0.46, 0.40),
                  D = 0.25 / c(96, 137, 127, 97, 130, 62, 122, 143, 162))
sets <- list(
  milk = list(y = milk$yi, X = model.matrix(~ as.factor(MajorArea), milk), D = milk$SD^2),
  wide = list(y = wide$y, X = model.matrix(~ x1 + x2, wide), D = wide$D),
  even = list(y = even$y, X = model.matrix(~x, even), D = even$D),
  few = list(y = few$y, X = matrix(1, 9, 1), D = few$D)
)

inputs <- do.call(rbind, lapply(names(sets), function(n) {
  s <- sets[[n]]
  X <- matrix(NA_real_, length(s$y), 4)
  X[, seq_len(ncol(s$X))] <- s$X
  data.frame(set = n, y = s$y, D = s$D, x1 = X[, 1], x2 = X[, 2], x3 = X[, 3], x4 = X[, 4])
}))
write(inputs, "areas.csv")

fits <- list()
variances <- list()
for (n in names(sets)) {
  s <- sets[[n]]
  X <- s$X
  for (how in c("REML", "ML")) {
    # sae stops its scoring far from 0 where the maximum is at 0; there metafor tells
    r <- tryCatch(mseFH(s$y ~ X - 1, s$D, method = how, MAXITER = 1000, PRECISION = 1e-11),
                  error = function(e) NULL)
    if (is.null(r) || is.na(r$mse[1])) next
    fits[[length(fits) + 1]] <- data.frame(
      set = n, method = tolower(how), area = seq_along(s$y),
      eblup = as.vector(r$est$eblup), mse = as.vector(r$mse))
    variances[[length(variances) + 1]] <- data.frame(
      set = n, method = tolower(how), software = "sae", variance = r$est$fit$refvar)
  }
  for (how in c("REML", "ML")) {
    m <- rma(yi = s$y, vi = s$D, mods = X, intercept = FALSE, method = how,
             control = list(threshold = 1e-15, maxiter = 10000, stepadj = 0.5,
                            tau2.max = 1e6, tau2.init = mean(s$D)))
    variances[[length(variances) + 1]] <- data.frame(
      set = n, method = tolower(how), software = "metafor", variance = m$tau2)
  }
  # metafor's restricted likelihood at a given variance, times the adjustment, maximised closely
  reml <- function(A) {
    as.numeric(logLik(rma(yi = s$y, vi = s$D, mods = X, intercept = FALSE, method = "REML",
                          tau2 = A)))
  }
  factors <- list(adjusted = function(A) log(atan(sum(A / (A + s$D)))) / length(s$y),
                  "li-lahiri" = log)
  for (how in names(factors)) {
    best <- optimize(function(a) reml(exp(a)) + factors[[how]](exp(a)),
                     log(mean(s$D)) + c(-9, 3), maximum = TRUE, tol = 1e-13)
    variances[[length(variances) + 1]] <- data.frame(
      set = n, method = how, software = "metafor", variance = exp(best$maximum))
  }
  # emdi's own maximum is that of optimize() at its default tolerance of 1.22e-4
  top <- 2 * var(s$y)
  adjusted <- c(
    adjusted = emdi:::AMRL_YL(c(0, top), s$y, X, s$D, length(s$y)),
    "li-lahiri" = emdi:::AMRL(c(0, top), s$y, X, s$D, length(s$y)))
  for (how in names(adjusted)) {
    variances[[length(variances) + 1]] <- data.frame(
      set = n, method = how, software = "emdi", variance = adjusted[[how]])
  }
}
write(do.call(rbind, fits), "eblup.csv")
write(do.call(rbind, variances), "variance.csv")

# mean squared errors of the adjusted methods, at emdi's own variances
mse <- list()
for (n in c("milk", "few")) {
  s <- sets[[n]]
  top <- 2 * var(s$y)
  for (how in c("amrl_yl", "amrl")) {
    A <- if (how == "amrl") emdi:::AMRL(c(0, top), s$y, s$X, s$D, length(s$y)) else
      emdi:::AMRL_YL(c(0, top), s$y, s$X, s$D, length(s$y))
    m <- length(s$y)
    frame <- list(m = m, M = m, p = ncol(s$X), vardir = s$D, direct = s$y, model_X = s$X,
                  obs_dom = rep(TRUE, m), combined_data = data.frame(d = seq_len(m)),
                  domains = "d")
    f <- if (how == "amrl") emdi:::li_lahiri else emdi:::yoshimori_lahiri
    mse[[length(mse) + 1]] <- data.frame(
      set = n, method = if (how == "amrl") "li-lahiri" else "adjusted", variance = A,
      area = seq_len(m), mse = f(frame, A, frame$combined_data, how)$FH)
  }
}
write(do.call(rbind, mse), "adjusted_mse.csv")

# back from the arcsine and logit scales: the mean of the share, by integration
grid <- expand.grid(value = c(0.25, 0.45, 0.6, 0.785, 1.1), variance = c(0.0005, 0.004, 0.01))
grid$arcsine <- mapply(function(v, s) integrate(function(x) sin(x)^2 * dnorm(x, v, sqrt(s)),
                       v - 9 * sqrt(s), v + 9 * sqrt(s), rel.tol = 1e-12)$value,
                       grid$value, grid$variance)
grid$logit_value <- 4 * (grid$value - 0.785)
grid$logit_variance <- 30 * grid$variance
grid$logit <- mapply(function(v, s) integrate(function(x) plogis(x) * dnorm(x, v, sqrt(s)),
                     v - 9 * sqrt(s), v + 9 * sqrt(s), rel.tol = 1e-12)$value,
                     grid$logit_value, grid$logit_variance)
write(grid, "back.csv")

# ranks, rank 1 is the highest: independent estimates, and correlated ones
x <- few$y
sigma <- diag(few$D)
joined <- sigma
for (i in 1:9) for (j in 1:9) {
  if (i != j && (i - 1) %/% 3 == (j - 1) %/% 3) joined[i, j] <- 0.5 * sqrt(sigma[i, i] * sigma[j, j])
}
wide <- x + c(0, 0.2, -0.1, 0.3, 0, 0.05, -0.15, 0.1, 0)
ranks <- list()
for (case in c("near", "far", "far correlated")) {
  value <- if (case == "near") x else wide
  S <- if (case == "far correlated") joined else sigma
  set.seed(7)
  r <- csranks(value, S, coverage = 0.95, cstype = "two-sided", stepdown = TRUE, R = 100000,
               simul = TRUE, seed = 7)
  # the set that holds the highest (lowest): places of each area on its own, from one side
  top <- csranks(value, S, coverage = 0.95, cstype = "lower", stepdown = FALSE, R = 100000,
                 simul = FALSE, seed = 7)
  bottom <- csranks(value, S, coverage = 0.95, cstype = "upper", stepdown = FALSE, R = 100000,
                    simul = FALSE, seed = 7)
  diff <- outer(value, value, "-")
  se <- sqrt(outer(diag(S), diag(S), "+") - 2 * S)
  p <- pnorm(-diff / se)
  off <- row(p) != col(p)
  adj <- p
  adj[off] <- p.adjust(p[off], "holm")
  above <- off & adj <= 0.05
  ranks[[length(ranks) + 1]] <- data.frame(
    case = case, area = 1:9, value = value, low = r$L, high = r$U,
    may_be_highest = top$L == 1, may_be_lowest = bottom$U == 9,
    holm_low = 1 + colSums(above), holm_high = 9 - rowSums(above))
}
write(do.call(rbind, ranks), "ranks.csv")
write(data.frame(joined), "correlated.csv")
