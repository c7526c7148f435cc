# What R says about counts (stats::poisson.test) and changes (survey::svycontrast).
# Run in this folder: Rscript make.R; needs the package survey. CI only reads the CSVs.
suppressMessages(library(survey))
options(digits = 17, survey.lonely.psu = "adjust")

before <- c(7, 62, 274, 32, 60, 36, 0, 5, 1, 2372, 840, 3, 19482, 142, 12, 12)
after <- c(2, 51, 142, 60, 31, 54, 5, 0, 1, 2683, 1047, 3, 20011, 288, 30, 30)
t0 <- c(1, 1, 1, 1, 1, 1, 1, 1, 1, 125303.75, 1, 2, 76396, 1, 1000, 3.5)
t1 <- c(1, 1, 1, 1, 1, 1, 1, 1, 1, 125903.5, 1, 5, 75000, 1, 2500, 1)
rows <- lapply(seq_along(before), function(i) {
  r <- poisson.test(c(after[i], before[i]), c(t1[i], t0[i]))
  data.frame(before = before[i], after = after[i], t0 = t0[i], t1 = t1[i],
             ratio = unname(r$estimate), p = r$p.value, low = r$conf.int[1], high = r$conf.int[2])
})
write.csv(format(do.call(rbind, rows), digits = 17), "poisson.csv", row.names = FALSE, quote = FALSE)

# two waves of the same schools: common strata and PSUs, other pupils
d <- read.csv("waves.csv")
both <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
apart <- lapply(c(2020, 2023), function(w) {
  svydesign(~psu, strata = ~stratum, weights = ~weight, data = d[d$wave == w, ], nest = TRUE)
})
out <- list()
add <- function(what, group, difference, se, df) {
  out[[length(out) + 1]] <<- data.frame(what = what, group = group, difference = difference,
                                        se = se, df = df)
}
# difference of two domain means as a function of four totals, so that missing answers are a domain
contrast <- function(design, one, two, y1 = "unsafe", y2 = "unsafe") {
  v <- design$variables
  one <- one & !is.na(v[[y1]])
  two <- two & !is.na(v[[y2]])
  design$variables$a <- ifelse(one, v[[y1]], 0)
  design$variables$na <- as.numeric(one)
  design$variables$b <- ifelse(two, v[[y2]], 0)
  design$variables$nb <- as.numeric(two)
  k <- svycontrast(svytotal(~a + na + b + nb, design), quote(b / nb - a / na))
  c(coef(k), SE(k), degf(design[one | two, ]))
}
v <- both$variables
for (g in sort(unique(d$area))) {
  k <- contrast(both, v$area == g & v$wave == 2020, v$area == g & v$wave == 2023)
  add("shared", g, k[1], k[2], k[3])
  m <- lapply(apart, function(s) svymean(~unsafe, subset(s, area == g), na.rm = TRUE))
  var <- sapply(m, vcov)
  n <- sapply(apart, function(s) degf(subset(s, area == g & !is.na(unsafe))))
  add("independent", g, coef(m[[2]]) - coef(m[[1]]), sqrt(sum(var)), sum(var)^2 / sum(var^2 / n))
}
late <- v$wave == 2023
k <- contrast(both, late & v$gender == "men", late & v$gender == "women")
add("women against men", "all", k[1], k[2], k[3])
k <- contrast(both, late, late & v$area == "A")
add("part against whole", "A", k[1], k[2], k[3])
k <- contrast(both, late & v$area != "A", late & v$area == "A")
add("part against rest", "A", k[1], k[2], k[3])
k <- contrast(both, late, late, "unsafe", "strict")
add("strict coding", "all", k[1], k[2], k[3])
write.csv(format(do.call(rbind, out), digits = 17), "changes.csv", row.names = FALSE, quote = FALSE)
