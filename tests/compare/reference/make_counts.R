# What R says about counts: exact tests with exposures and other null ratios (stats::poisson.test),
# mid-p (by its definition with pbinom; epitools::rateratio.midp to its own four digits), quasi-Poisson
# and negative binomial series (stats::glm, MASS::theta.mm), dispersions that borrow (limma).
# Run in this folder: Rscript make_counts.R; needs MASS, epitools, limma and surveillance. CI only
# reads the CSVs.
options(digits = 17)
write_out <- function(rows, file) {
  write.csv(format(do.call(rbind, rows), digits = 17, trim = TRUE), file,
            row.names = FALSE, quote = FALSE)
}

cases <- expand.grid(pair = 1:8, exposure = 1:3, r = c(0.5, 1, 1.3), level = c(0.9, 0.99))
before <- c(7, 2, 0, 40, 282, 1, 2372, 15)
after <- c(2, 9, 6, 40, 81, 0, 2683, 22)
t0 <- c(1, 57849, 2.5)
t1 <- c(1, 71102, 1)
midp <- function(a, b, t, p_null) {
  # twice the smaller tail, with half of the observed split
  seen <- 0.5 * dbinom(b, a + b, p_null)
  lower <- pbinom(b - 1, a + b, p_null) + seen
  upper <- pbinom(b, a + b, p_null, lower.tail = FALSE) + seen
  min(1, 2 * min(lower, upper))
}
midp_limit <- function(a, b, t, tail) {
  f <- function(u) {
    p <- plogis(u)
    pbinom(b, a + b, p) - 0.5 * dbinom(b, a + b, p) - tail
  }
  exp(uniroot(f, c(-40, 40), tol = 1e-14)$root) / t
}
rows <- lapply(seq_len(nrow(cases)), function(i) {
  k <- cases[i, ]
  a <- before[k$pair]
  b <- after[k$pair]
  e0 <- t0[k$exposure]
  e1 <- t1[k$exposure]
  t <- e1 / e0
  test <- poisson.test(c(b, a), c(e1, e0), r = k$r, conf.level = k$level)
  tail <- (1 - k$level) / 2
  data.frame(before = a, after = b, t0 = e0, t1 = e1, r = k$r, level = k$level,
             p = test$p.value, low = test$conf.int[1], high = test$conf.int[2],
             p_mid = midp(a, b, t, k$r * t / (1 + k$r * t)),
             mid_low = if (b > 0) midp_limit(a, b, t, 1 - tail) else 0,
             mid_high = if (a > 0) midp_limit(a, b, t, tail) else Inf)
})
write_out(rows, "poisson_exposures.csv")

suppressMessages(library(epitools))
rows <- lapply(which(before > 0 & after > 0), function(i) {
  m <- rateratio.midp(c(before[i], after[i]), c(100, 130))
  data.frame(before = before[i], after = after[i], t0 = 100, t1 = 130,
             p_mid = m$p.value[2, 1], low = m$measure[2, 2], high = m$measure[2, 3])
})
write_out(rows, "midp_epitools.csv")

# five years of counts with populations; the last against the level or trend of the others
series <- list(
  cycle = c(281, 253, 342, 282, 81), drugs = c(256, 442, 562, 518, 681),
  fraud = c(79, 124, 125, 142, 288), rare = c(4, 4, 7, 2, 1), zero = c(3, 9, 1, 6, 0),
  long = c(40, 55, 38, 61, 72, 49, 66, 90)
)
rows <- list()
for (name in names(series)) for (exposed in c(FALSE, TRUE)) for (trend in c(FALSE, TRUE)) {
  y <- series[[name]]
  k <- length(y)
  d <- data.frame(y = y, t = seq_len(k) - k, e = if (exposed) 60000 * 1.03^seq_len(k) else rep(1, k))
  past <- d[-k, ]
  formula <- if (trend) y ~ t + offset(log(e)) else y ~ offset(log(e))
  # glm takes its weights from the step before the last: go on until nothing moves
  g <- suppressWarnings(glm(formula, poisson, past, control = glm.control(1e-17, maxit = 100)))
  x2 <- sum(residuals(g, "pearson")^2)
  df <- df.residual(g)
  phi <- max(1, x2 / df)
  link <- predict(g, d[k, ], se.fit = TRUE)
  mu <- exp(link$fit)
  # Farrington et al. (1996): the 2/3 power of a count is nearly normal
  z <- (y[k]^(2 / 3) - mu^(2 / 3)) / ((2 / 3) * mu^(-1 / 3) * sqrt(phi * mu + phi * (mu * link$se.fit)^2))
  # the threshold of surveillance is for a normal z
  bounds <- surveillance::algo.farrington.threshold(
    list(fit = mu, se.fit = sqrt(phi) * mu * link$se.fit), phi, alpha = 0.05,
    skewness.transform = "2/3", y = y[k])
  theta <- if (!trend && !exposed && x2 > df) {
    MASS::theta.mm(past$y, fitted(g), df, limit = 200, eps = 1e-14)
  } else NA
  rows[[length(rows) + 1]] <- data.frame(
    series = name, exposed = exposed, trend = trend, expected = unname(mu), x2 = x2, df = df,
    p_dispersion = pchisq(x2, df, lower.tail = FALSE),
    relative_variance = unname(phi * link$se.fit^2), statistic = unname(z),
    p_quasi = unname(2 * pt(-abs(z), df)), p_poisson_trend =
      unname(2 * pnorm(-abs(z) * sqrt(phi))), upper = bounds[2],
    alpha = 1 / theta)
}
write_out(rows, "series.csv")

sets <- list(mixed = c(7.32, 4.86, 4.29, 16.04, 6.19, 5.06, 0.77, 1.02, 2.64, 2.19, 1, 0.59, 0.51),
             alike = c(1, 1.4, 0.7, 1.2), wide = c(0.01, 300, 2, 45, 0.3))
rows <- list()
for (name in names(sets)) for (df in c(2, 3, 7)) {
  s <- limma::squeezeVar(sets[[name]], df)
  rows[[length(rows) + 1]] <- data.frame(
    set = name, df = df, dispersion = sets[[name]], shared = s$var.post,
    df_total = pmin(df + s$df.prior, df * length(sets[[name]])))
}
write_out(rows, "shared_dispersion.csv")
