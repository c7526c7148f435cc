# What R says about power (stats::power.t.test, stats::power.prop.test).
# Run in this folder: Rscript make_planning.R. CI only reads the CSVs.
options(digits = 17)
tight <- 1e-13
# a t test with the standard deviation that answers of 0 and 1 have: exactly our test at equal shares
rows <- list()
for (p in c(0.03, 0.2, 0.5)) for (n in c(30, 400, 2500)) for (m in c(1, 11, 90)) {
  sd <- sqrt(p * (1 - p) * n / (n - 1))
  d <- power.t.test(n = n, sd = sd, power = 0.8, sig.level = 0.05 / m, tol = tight)$delta
  w <- power.t.test(n = n, sd = sd, delta = 0.04, sig.level = 0.05 / m)$power
  rows[[length(rows) + 1]] <- data.frame(share = p, n = n, comparisons = m, delta = d, power = w)
}
write.csv(format(do.call(rbind, rows), digits = 17, trim = TRUE), "power_t.csv",
          row.names = FALSE, quote = FALSE)
# two proportions by the normal test with a pooled variance: near ours in large samples
rows <- list()
for (p in c(0.1, 0.2, 0.5)) for (change in c(-0.05, 0.03, 0.05, 0.1)) for (m in c(1, 11)) {
  n <- power.prop.test(p1 = p, p2 = p + change, power = 0.8, sig.level = 0.05 / m, tol = tight)$n
  rows[[length(rows) + 1]] <- data.frame(share = p, change = change, comparisons = m, n = n)
}
write.csv(format(do.call(rbind, rows), digits = 17, trim = TRUE), "power_prop.csv",
          row.names = FALSE, quote = FALSE)
