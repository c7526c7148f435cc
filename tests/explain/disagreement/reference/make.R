# Kitagawa's parts of the difference of two surveys, with standard errors by the delta method of
# svycontrast on the totals of one survey at a time, the other's held fixed.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
setwd(here)
suppressPackageStartupMessages(library(survey))

read <- function(name) {
  d <- read.csv(paste0(name, ".csv"))
  d$cell <- interaction(d$age, d$gender, drop = TRUE)
  for (k in seq_along(levels(d$cell))) {
    inside <- as.numeric(d$cell == levels(d$cell)[k])
    d[[paste0("t", k)]] <- inside
    d[[paste0("y", k)]] <- inside * d$q
  }
  d
}

frames <- lapply(c("first", "second"), read)
cells <- levels(frames[[1]]$cell)
stopifnot(identical(cells, levels(frames[[2]]$cell)))
parts <- do.call(rbind, strsplit(cells, ".", fixed = TRUE))
every <- seq_along(cells)
columns <- c(paste0("t", every), paste0("y", every))
totals <- lapply(frames, function(d) {
  design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
  svytotal(as.formula(paste("~", paste(columns, collapse = "+"))), design)
})

# sums over cells of the totals of one survey, as text: names where it varies, numbers where not
sums <- function(side, varying, letter, which) {
  if (side == varying) return(paste0("(", paste0(letter, which, collapse = "+"), ")"))
  sprintf("%.17g", sum(coef(totals[[side]])[paste0(letter, which)]))
}
worth <- function(groups, varying) {
  terms <- tapply(every, groups, function(which) {
    t <- sapply(1:2, sums, varying = varying, letter = "t", which = which)
    y <- sapply(1:2, sums, varying = varying, letter = "y", which = which)
    T <- sapply(1:2, sums, varying = varying, letter = "t", which = every)
    sprintf("(%s/%s-%s/%s)*(%s/%s+%s/%s)/2", t[2], T[2], t[1], T[1], y[1], t[1], y[2], t[2])
  })
  paste0("(", paste(terms, collapse = "+"), ")")
}
difference <- function(varying) {
  y <- sapply(1:2, sums, varying = varying, letter = "y", which = every)
  T <- sapply(1:2, sums, varying = varying, letter = "t", which = every)
  sprintf("(%s/%s-%s/%s)", y[2], T[2], y[1], T[1])
}
expressions <- function(varying) {
  both <- worth(cells, varying)
  age <- worth(parts[, 1], varying)
  gender <- worth(parts[, 2], varying)
  list(
    difference = difference(varying),
    composition = both,
    age = sprintf("(%s+%s-%s)/2", age, both, gender),
    gender = sprintf("(%s+%s-%s)/2", gender, both, age),
    rest = sprintf("%s-%s", difference(varying), both)
  )
}
found <- lapply(1:2, function(varying) {
  told <- lapply(expressions(varying), function(text) parse(text = text)[[1]])
  svycontrast(totals[[varying]], told)
})
write.csv(
  data.frame(
    part = names(coef(found[[1]])),
    contribution = sprintf("%.15g", coef(found[[1]])),
    se_first = sprintf("%.15g", SE(found[[1]])),
    se_second = sprintf("%.15g", SE(found[[2]]))
  ),
  "kitagawa.csv",
  row.names = FALSE, quote = FALSE
)
