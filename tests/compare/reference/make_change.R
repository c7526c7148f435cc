# What R says of changes in panels, of ratios and odds ratios, and of the largest of many t.
# Run in this folder: Rscript make_change.R; needs survey and mvtnorm. CI only reads the CSVs.
suppressMessages(library(survey))
options(digits = 17, survey.lonely.psu = "adjust")
out <- list()
add <- function(what, group, statistic, value) {
  out[[length(out) + 1]] <<- data.frame(what = what, group = group, statistic = statistic,
                                        value = value)
}
# difference, log ratio and log odds ratio of two domain means as functions of four totals
measures <- function(design, one, two, what, group, y = "unsafe") {
  v <- design$variables
  one <- one & !is.na(v[[y]])
  two <- two & !is.na(v[[y]])
  design$variables$a <- ifelse(one, v[[y]], 0)
  design$variables$na <- as.numeric(one)
  design$variables$b <- ifelse(two, v[[y]], 0)
  design$variables$nb <- as.numeric(two)
  t <- svytotal(~a + na + b + nb, design)
  k <- svycontrast(t, list(difference = quote(b / nb - a / na),
                           ratio = quote(log((b / nb) / (a / na))),
                           odds_ratio = quote(log(b / (nb - b)) - log(a / (na - a)))))
  for (m in names(coef(k))) {
    add(what, group, m, coef(k)[[m]])
    add(what, group, paste0(m, "_se"), SE(k)[[m]])
  }
  add(what, group, "df", degf(design[one | two, ]))
}

d <- read.csv("waves.csv")
both <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
apart <- svydesign(~psu, strata = ~interaction(wave, stratum), weights = ~weight, data = d,
                   nest = TRUE)
v <- both$variables
exact <- list(epsilon = 1e-14, maxit = 100)
for (g in sort(unique(d$area))) {
  old <- v$area == g & v$wave == 2020
  new <- v$area == g & v$wave == 2023
  measures(both, old, new, "shared PSUs", g)
  measures(apart, old, new, "independent", g)
  for (m in c("ratio", "odds_ratio")) {
    family <- if (m == "ratio") quasipoisson() else quasibinomial()
    fit <- svyglm(unsafe ~ I(wave == 2023), subset(both, area == g), family = family,
                  control = exact)
    add("svyglm", g, m, coef(fit)[[2]])
    add("svyglm", g, paste0(m, "_se"), SE(fit)[[2]])
  }
}
late <- v$wave == 2023
measures(both, late & v$gender == "men", late & v$gender == "women", "women against men", "all")

# a panel: people in strata, some of them in one wave only, with weights that change
set.seed(20)
people <- data.frame(id = 1:260, stratum = rep(1:4, c(40, 60, 70, 90)),
                     gender = sample(c("women", "men"), 260, TRUE), own = rnorm(260, -0.6, 1.4))
wave <- function(year, answered) {
  p <- people[runif(260) < answered, ]
  p$unsafe <- as.numeric(runif(nrow(p)) < plogis(p$own + 0.3 * (year == 2023)))
  p$unsafe[runif(nrow(p)) < 0.05] <- NA
  p$weight <- round(runif(nrow(p), 0.5, 3), 3)
  p$wave <- year
  p[sample(nrow(p)), c("wave", "id", "stratum", "gender", "weight", "unsafe")]
}
panel <- rbind(wave(2020, 0.85), wave(2023, 0.7))
write.csv(panel, "panel.csv", row.names = FALSE, quote = FALSE)
p <- svydesign(~id, strata = ~stratum, weights = ~weight, data = panel, nest = FALSE)
v <- p$variables
for (g in c("women", "men")) {
  own <- v$gender == g
  measures(p, own & v$wave == 2020, own & v$wave == 2023, "panel", g)
}
measures(p, v$wave == 2020, v$wave == 2023, "panel", "all")
write.csv(format(do.call(rbind, out), digits = 17), "change_measures.csv", row.names = FALSE,
          quote = FALSE)

# two-sided quantiles of the largest absolute value of m variables with correlations rho^|i - j|:
# the root of mvtnorm's pmvt, whose points are the same at every step (qmvt draws new ones)
library(mvtnorm)
rows <- list()
for (m in c(2, 5, 10)) for (rho in c(0, 0.3, 0.7, 0.95)) for (df in c(0, 20)) {
  sigma <- rho^abs(outer(1:m, 1:m, "-"))
  gap <- function(q) {
    set.seed(1)
    pmvt(rep(-q, m), rep(q, m), df = df, corr = sigma) - 0.95
  }
  q <- uniroot(gap, c(1.9, 4), tol = 1e-5)$root
  rows[[length(rows) + 1]] <- data.frame(m = m, rho = rho, level = 0.95, df = df, quantile = q)
}
write.csv(do.call(rbind, rows), "qmvt.csv", row.names = FALSE, quote = FALSE)
