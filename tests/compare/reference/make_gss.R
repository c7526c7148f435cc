# Successive changes of fear at night in the General Social Survey, by sex, as R survey has them.
# Rscript make_gss.R FILE.csv writes gss_changes.csv here. FILE.csv holds year, vstrat, vpsu,
# wtssall, fear and sex of shared/realdata (write it with pandas; it is not the project's to
# redistribute).
suppressMessages(library(survey))
options(survey.lonely.psu = "adjust")
d <- read.csv(commandArgs(TRUE)[1], na.strings = "")
d <- d[!is.na(d$vstrat) & !is.na(d$wtssall), ]
d$yes <- as.numeric(d$fear == "Yes")
out <- list()
years <- sort(unique(d$year[!is.na(d$yes)]))
for (i in seq_along(years)[-1]) {
  pair <- years[c(i - 1, i)]
  # strata lie within years, so the other years add nothing
  s <- svydesign(~vpsu, strata = ~interaction(year, vstrat, drop = TRUE), weights = ~wtssall,
                 data = d[d$year %in% pair, ], nest = TRUE)
  for (g in c("all", "Female", "Male")) {
    one <- subset(s, !is.na(yes) & (g == "all" | sex == g))
    m <- svyby(~yes, ~year, one, svymean, covmat = TRUE)
    k <- svycontrast(m, c(-1, 1))
    odds <- svycontrast(m, bquote(log(.(b) / (1 - .(b))) - log(.(a) / (1 - .(a))),
                                 list(a = as.name(pair[1]), b = as.name(pair[2]))))
    v <- diag(vcov(m))
    f <- sapply(pair, function(y) degf(subset(one, year == y)))
    out[[length(out) + 1]] <- data.frame(
      before = pair[1], after = pair[2], sex = g, difference = coef(k)[[1]], se = SE(k)[[1]],
      df = sum(v)^2 / sum(v^2 / f),
      log_odds_ratio = coef(odds)[[1]], log_odds_ratio_se = SE(odds)[[1]])
  }
}
write.csv(format(do.call(rbind, out), digits = 17), "gss_changes.csv", row.names = FALSE,
          quote = FALSE)
