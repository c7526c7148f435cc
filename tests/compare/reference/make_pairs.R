# What R says about all pairs of groups of one survey with clusters: differences of domain means
# (survey::svyby, svycontrast), their t tests, Holm (p.adjust) and letters (multcompView).
# Run in this folder: Rscript make_pairs.R; needs survey and multcompView. CI only reads the CSV.
suppressMessages({library(survey); library(multcompView)})
options(digits = 17, survey.lonely.psu = "adjust")

d <- read.csv("waves.csv")
d$unsafe <- as.numeric(as.logical(d$unsafe))
d <- d[!is.na(d$unsafe), ]
# eight groups that cut through the schools, so that every pair shares PSUs
i <- seq_len(nrow(d))
base <- (7 * i) %% 8
d$group <- sprintf("g%d", ifelse(d$unsafe == 1 & base < 3 & i %% 3 > 0, base + 5, base))
design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
by <- svyby(~unsafe, ~group, design, svymean, covmat = TRUE)
value <- coef(by)
pair <- combn(length(value), 2)
rows <- lapply(seq_len(ncol(pair)), function(k) {
  i <- pair[1, k]; j <- pair[2, k]
  weights <- replace(numeric(length(value)), c(i, j), c(-1, 1))
  found <- svycontrast(by, weights)
  df <- degf(design[d$group %in% names(value)[c(i, j)], ])
  data.frame(first = names(value)[i], second = names(value)[j], difference = c(coef(found)),
             se = c(SE(found)), df = df, p = 2 * pt(-abs(c(coef(found) / SE(found))), df))
})
rows <- do.call(rbind, rows)
rows$p_adjusted <- p.adjust(rows$p, "holm")
write.csv(format(rows, digits = 17), "pairs.csv", row.names = FALSE, quote = FALSE)
