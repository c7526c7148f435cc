# What R says about scales: alpha (survey::svycralpha, psych::alpha), its standard error
# (survey::svycontrast of moments, withReplicates), item-rest correlations, omega (lavaan, psych,
# factanal), polychoric correlations (polycor, and by hand with pbivnorm).
# Run in this folder: Rscript make.R; needs survey, psych, lavaan, polycor and pbivnorm. The tests
# only read the CSVs.
suppressMessages({library(survey); library(psych); library(lavaan); library(polycor); library(pbivnorm)})
options(digits = 17)
set.seed(31)

n <- 700
psu <- sample(1:48, n, TRUE)
stratum <- (psu - 1) %/% 8 + 1
common <- rnorm(n) + rnorm(48)[psu] * 0.4
cut4 <- function(x) as.integer(cut(x, c(-Inf, -0.7, 0.3, 1.2, Inf)))
items <- sapply(c(0.5, 1, 0.9, 0.7, 1.2), function(l) cut4(l * common + rnorm(n)))
colnames(items) <- letters[1:5]
yes <- sapply(c(0.4, 0.9, 1.2, 0.8), function(l) as.integer(l * common + rnorm(n) > 0.4))
colnames(yes) <- c("w", "x", "y", "z")
d <- data.frame(items, yes, psu, stratum, weight = round(exp(rnorm(n, 1, 0.5)), 4),
                group = ifelse(runif(n) < 0.5, "women", "men"))
for (v in c("a", "b", "c", "d", "e", "w", "z")) d[sample(n, 20), v] <- NA
d$c <- 5L - d$c
write.csv(d, "answers.csv", row.names = FALSE, na = "", quote = FALSE)

rows <- list()
add <- function(what, item, value) {
  rows[[length(rows) + 1]] <<- data.frame(what = what, item = item, value = value)
}
d$c <- 5L - d$c
five <- ~ a + b + c + d + e
design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
add("weighted alpha", "abcde", svycralpha(five, design, na.rm = TRUE))
add("weighted alpha", "wxyz", svycralpha(~ w + x + y + z, design, na.rm = TRUE))
add("weighted alpha women", "abcde", svycralpha(five, subset(design, group == "women"), na.rm = TRUE))

# standard errors of alpha and of item-rest correlations as functions of means of moments
complete <- complete.cases(d[letters[1:5]])
m <- design
m$variables$s <- rowSums(d[letters[1:5]])
for (v in letters[1:5]) {
  m$variables[[paste0("m", v)]] <- d[[v]]
  m$variables[[paste0("q", v)]] <- d[[v]]^2
  m$variables[[paste0("t", v)]] <- d[[v]] * m$variables$s
}
m$variables$qs <- m$variables$s^2
m <- subset(m, complete)
names <- c(outer(c("m", "q", "t"), letters[1:5], paste0), "s", "qs")
moments <- svymean(reformulate(names), m)
alpha <- quote(5 / 4 * (1 - (qa - ma^2 + qb - mb^2 + qc - mc^2 + qd - md^2 + qe - me^2) / (qs - s^2)))
found <- svycontrast(moments, list(alpha = alpha))
add("alpha by moments", "abcde", coef(found))
add("se of alpha", "abcde", SE(found))
for (v in letters[1:5]) {
  at <- list(m = as.name(paste0("m", v)), q = as.name(paste0("q", v)), t = as.name(paste0("t", v)))
  rest <- substitute((t - m * s - (q - m^2)) /
                       sqrt((q - m^2) * (qs - s^2 - 2 * (t - m * s) + q - m^2)), at)
  found <- svycontrast(moments, list(rest = rest))
  add("weighted item-rest", v, coef(found))
  add("se of item-rest", v, SE(found))
}

# delete one PSU: alpha and omega in every replicate
whole <- as.matrix(d[letters[1:5]])
covariance <- function(w) cov.wt(whole[complete, ], w[complete] / sum(w[complete]), method = "ML")$cov
alpha_of <- function(C) 5 / 4 * (1 - sum(diag(C)) / sum(C))
omega_of <- function(C) {
  fit <- factanal(covmat = C, factors = 1, control = list(opt = list(factr = 10, pgtol = 1e-10)))
  s <- sqrt(diag(C))
  common <- sum(fit$loadings * s)^2
  common / (common + sum(fit$uniquenesses * s^2))
}
jackknife <- as.svrepdesign(design, type = "JKn")
found <- withReplicates(jackknife, function(w, data) c(alpha_of(covariance(w)), omega_of(covariance(w))))
add("jackknife se of alpha", "abcde", SE(found)[1])
add("jackknife se of omega", "abcde", SE(found)[2])
add("weighted omega", "abcde", omega_of(covariance(d$weight)))
four <- as.matrix(d[c("w", "x", "y", "z")])
ok <- complete.cases(four)

# unweighted
plain <- d[complete, letters[1:5]]
told <- psych::alpha(plain, warnings = FALSE)
add("alpha", "abcde", told$total$raw_alpha)
add("standardised alpha", "abcde", told$total$std.alpha)
add("mean correlation", "abcde", told$total$average_r)
for (v in letters[1:5]) {
  add("item-rest", v, told$item.stats[v, "r.drop"])
  add("alpha without", v, told$alpha.drop[v, "raw_alpha"])
  add("item mean", v, told$item.stats[v, "mean"])
  add("item sd", v, told$item.stats[v, "sd"])
}
add("psych omega", "abcde", suppressWarnings(psych::omega(plain, nfactors = 1, fm = "ml", plot = FALSE))$omega.tot)
fit <- cfa("f =~ a + b + c + d + e", plain, std.lv = TRUE, control = list(rel.tol = 1e-11))
est <- parameterEstimates(fit)
l <- est$est[est$op == "=~"]
u <- est$est[est$op == "~~" & est$lhs == est$rhs & est$lhs != "f"]
add("lavaan omega", "abcde", sum(l)^2 / (sum(l)^2 + sum(u)))
std <- standardizedSolution(fit)
for (i in 1:5) add("lavaan loading", letters[i], std$est.std[std$op == "=~"][i])
weighted <- cfa("f =~ a + b + c + d + e", cbind(plain, weight = d$weight[complete]), std.lv = TRUE,
                sampling.weights = "weight", control = list(rel.tol = 1e-11))
est <- parameterEstimates(weighted)
l <- est$est[est$op == "=~"]
u <- est$est[est$op == "~~" & est$lhs == est$rhs & est$lhs != "f"]
add("lavaan weighted omega", "abcde", sum(l)^2 / (sum(l)^2 + sum(u)))
values <- eigen(cov2cor(covariance(d$weight)))$values
for (i in 1:5) add("eigenvalue", i, values[i])

# polychoric, two steps: by the definition, with weighted tables
two_step <- function(P) {
  P <- P / sum(P)
  h <- qnorm(cumsum(rowSums(P))[-nrow(P)])
  k <- qnorm(cumsum(colSums(P))[-ncol(P)])
  h <- c(-40, h, 40); k <- c(-40, k, 40)
  loss <- function(r) {
    F <- outer(h, k, Vectorize(function(x, y) pbivnorm(x, y, r)))
    cell <- F[-1, -1] - F[-nrow(F), -1] - F[-1, -ncol(F)] + F[-nrow(F), -ncol(F)]
    -sum(P * log(cell))
  }
  optimise(loss, c(-0.99, 0.99), tol = 1e-9)$minimum
}
polychorics <- function(x, w) {
  k <- ncol(x)
  R <- diag(k)
  for (i in 1:(k - 1)) for (j in (i + 1):k) R[i, j] <- R[j, i] <- two_step(xtabs(w ~ x[, i] + x[, j]))
  R
}
R <- polychorics(whole[complete, ], d$weight[complete])
add("weighted polychoric", "ab", R[1, 2])
add("weighted polychoric", "de", R[4, 5])
add("ordinal alpha", "abcde", alpha_of(R))
add("polycor", "ab", polychor(table(plain$a, plain$b)))
R4 <- polychorics(four[ok, ], d$weight[ok])
add("ordinal alpha", "wxyz", 4 / 3 * (1 - 4 / sum(R4)))
write.csv(format(do.call(rbind, rows), digits = 17, trim = TRUE), "reliability.csv",
          row.names = FALSE, quote = FALSE)
