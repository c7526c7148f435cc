# The microdata. Every rule that could be mistaken for another gives another number here.
RNGversion("4.0.0")
write_fixture <- function(data, name)
  write.csv(data, file.path("fixtures", paste0(name, ".csv")), row.names = FALSE, na = "",
            quote = FALSE)
blank <- function(x, share) replace(x, runif(length(x)) < share, NA)

# Element sample: unequal strata, sampling fractions from 5 to 39 %, weights that vary within
# strata, group d in one stratum only (other df), men's answers missing more often.
set.seed(1968)
n_h <- c(east = 70, north = 60, south = 45, west = 35)
size <- c(east = 1400, north = 600, south = 300, west = 90)
element <- data.frame(stratum = rep(names(n_h), n_h))
n <- nrow(element)
element <- within(element, {
  size <- unname(size[stratum])
  fraction <- unname(n_h[stratum]) / size
  w <- round(size / unname(n_h[stratum]) * runif(n, 0.5, 1.8), 3)
  s <- blank(sample(c("men", "women"), n, TRUE), 0.03)
  g <- sample(c("a", "b", "c"), n, TRUE, c(0.5, 0.3, 0.2))
  g[stratum == "east" & runif(n) < 0.15] <- "d"
  age <- sample(16:79, n, TRUE)
  y <- rbinom(n, 1, plogis(-1 + 0.8 * (s %in% "women") + 0.7 * (stratum == "north")))
  y <- blank(y, ifelse(s %in% "men", 0.15, 0.04))
  z <- blank(sample(c("never", "often", "sometimes"), n, TRUE, c(0.5, 0.15, 0.35)), 0.06)
  x <- blank(round(rgamma(n, 2, 0.1) + 10 * (stratum == "west"), 2), 0.05)
  v <- round(runif(n, 1, 40), 1)
  score <- sample(0:10, n, TRUE)
})
write_fixture(element[c("stratum", "size", "fraction", "w", "s", "g", "age", "y", "z", "x", "v",
                        "score")], "element")

# Clusters: PSU codes 1, 2, ... reused in each stratum, 3 to 6 PSUs of unequal size, fpc small
# enough to matter, group "rural" in two strata only.
set.seed(1977)
n_psu_h <- c(3, 6, 4, 5, 3, 4)
pop_psu_h <- c(9, 14, 5, 40, 12, 8)
clusters <- do.call(rbind, lapply(1:6, function(h) do.call(rbind, lapply(1:n_psu_h[h], function(j) {
  m <- sample(4:12, 1)
  level <- rnorm(1, 0, 0.8)
  data.frame(stratum = h, psu = j, psu_unique = 100 * h + j, n_psu = pop_psu_h[h],
             f_psu = n_psu_h[h] / pop_psu_h[h],
             w = round(pop_psu_h[h] / n_psu_h[h] * runif(m, 4, 14), 3),
             s = sample(c("men", "women"), m, TRUE),
             area = ifelse(h %in% c(2, 5) & runif(m) < 0.5, "rural", "urban"),
             y = rbinom(m, 1, plogis(-0.8 + level)),
             z = sample(c("bad", "fair", "good"), m, TRUE, c(0.2, 0.3, 0.5)),
             x = round(50 + 10 * level + rnorm(m, 0, 9), 2),
             v = round(runif(m, 5, 30), 1))
}))))
clusters <- within(clusters, {
  y <- blank(y, 0.08); z <- blank(z, 0.05); x <- blank(x, 0.04)
  score <- pmin(pmax(round(x / 10), 0), 10)
})
write_fixture(clusters, "clusters")

# Three stages with codes reused in each unit above, and a stratum whose PSUs are all in the
# sample, so that only later stages add to its variance.
set.seed(1982)
n1_h <- c(8, 10, 3)
twostage <- do.call(rbind, lapply(1:3, function(h) do.call(rbind, lapply(1:c(3, 4, 3)[h],
  function(j) {
    level <- rnorm(1, 0, 0.6)
    n2 <- sample(5:9, 1)
    k <- sample(2:4, 1)
    do.call(rbind, lapply(1:k, function(l) {
      n3 <- sample(4:7, 1)
      m <- sample(2:4, 1)
      n1 <- n1_h[h]
      psus <- c(3, 4, 3)[h]
      data.frame(stratum = letters[h], psu = j, ssu = l, id = 1:m, n1, n2, n3,
                 f1 = psus / n1, f2 = k / n2, f3 = m / n3,
                 w = round(n1 / psus * n2 / k * n3 / m * runif(m, 0.7, 1.4), 3),
                 s = sample(c("men", "women"), m, TRUE),
                 y = rbinom(m, 1, plogis(level)),
                 x = round(20 + 5 * level + rnorm(m, 0, 4), 2),
                 v = round(runif(m, 5, 30), 1))
    }))
  }))))
twostage$y <- blank(twostage$y, 0.05)
write_fixture(twostage, "twostage")

# PSUs drawn with probability proportional to size, treated as drawn with replacement.
set.seed(1991)
pps <- do.call(rbind, lapply(1:4, function(h) do.call(rbind, lapply(1:4, function(j) {
  share <- runif(1, 0.01, 0.09)
  m <- 5
  data.frame(stratum = h, psu = j, probability = round(4 * share, 6),
             w = round(1 / (4 * share) * 12 / m, 3),
             s = sample(c("men", "women"), m, TRUE),
             y = rbinom(m, 1, 0.25 + 4 * share), x = round(100 * share + rnorm(m, 30, 6), 2),
             v = round(runif(m, 5, 30), 1))
}))))
write_fixture(pps, "pps")

# Strata 2 and 5 have one PSU; in stratum 4 one PSU alone has group "rare"; stratum 7 is a PSU
# that represents only itself (fpc 1). `merged` is what collapsing with the next stratum gives.
set.seed(2000)
lonely_psus <- c(3, 1, 4, 3, 1, 5, 1)
lonely <- do.call(rbind, lapply(1:7, function(h) do.call(rbind, lapply(1:lonely_psus[h],
  function(j) {
    m <- sample(5:9, 1)
    level <- rnorm(1, 0, 0.7)
    data.frame(stratum = h, merged = c(1, 2, 2, 4, 5, 5, 7)[h], psu = j,
               n_psu = c(12, 9, 20, 10, 8, 25, 1)[h],
               w = round(runif(m, 3, 15), 3),
               g = ifelse((h == 4 & j > 1) | runif(m) < 0.6, "common", "rare"),
               y = rbinom(m, 1, plogis(-0.4 + level)), x = round(40 + 8 * level + rnorm(m, 0, 6), 2),
               v = round(runif(m, 5, 30), 1))
  }))))
lonely$y <- blank(lonely$y, 0.05)
write_fixture(lonely, "lonely")

# Two PSUs in each of seven strata: what BRR, Fay, JK2 and successive differences need.
set.seed(2011)
pairs <- do.call(rbind, lapply(1:7, function(h) do.call(rbind, lapply(1:2, function(j) {
  m <- sample(3:6, 1)
  level <- rnorm(1, 0, 0.7)
  data.frame(stratum = h, psu = j, w = round(runif(m, 5, 40), 2),
             s = sample(c("men", "women"), m, TRUE),
             y = rbinom(m, 1, plogis(level - 0.3)), z = sample(c("bad", "fair", "good"), m, TRUE),
             x = round(30 + 6 * level + rnorm(m, 0, 5), 2), v = round(runif(m, 5, 30), 1))
}))))
pairs$y <- blank(pairs$y, 0.05)
write_fixture(pairs, "pairs")

replicate_fixture <- function(design, name) {
  weights <- weights(design, "analysis")
  colnames(weights) <- paste0("r", seq_len(ncol(weights)))
  write.csv(format(as.data.frame(weights), digits = 15, trim = TRUE), row.names = FALSE,
            quote = FALSE, file.path("fixtures", paste0(name, ".csv")))
}
pair_design <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = pairs)
cluster_design <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = clusters)
replicate_fixture(as.svrepdesign(pair_design, type = "BRR"), "pairs_brr")
replicate_fixture(as.svrepdesign(pair_design, type = "Fay", fay.rho = 0.3), "pairs_fay")
replicate_fixture(as.svrepdesign(cluster_design, type = "JKn"), "clusters_jkn")
replicate_fixture(as.svrepdesign(svydesign(~psu_unique, weights = ~w, data = clusters),
                                 type = "JK1"), "clusters_jk1")
set.seed(2020)
replicate_fixture(as.svrepdesign(cluster_design, type = "subbootstrap", replicates = 30),
                  "clusters_bootstrap")
# JK2: one replicate a stratum, the first PSU counted twice and the second not at all.
write.csv(setNames(as.data.frame(sapply(1:7, function(h)
  pairs$w * ifelse(pairs$stratum != h, 1, ifelse(pairs$psu == 1, 2, 0)))), paste0("r", 1:7)),
  "fixtures/pairs_jk2.csv", row.names = FALSE, quote = FALSE)
# Successive differences (Fay and Train 1995): 16 replicates, PSU i takes rows i and i + 1 of a
# Hadamard matrix in the order of the frame.
h16 <- 2 * hadamard(14) - 1
order_in_frame <- (pairs$stratum - 1) * 2 + pairs$psu
rows_of <- function(i) h16[(i %% 15) + 2 - ((i %% 15) == 15), ]
sdr <- t(sapply(order_in_frame, function(i) 1 + 2^-1.5 * (rows_of(i) - rows_of(i + 1))))
write.csv(format(setNames(as.data.frame(sdr * pairs$w), paste0("r", seq_len(ncol(sdr)))),
                 digits = 15, trim = TRUE),
          "fixtures/pairs_sdr.csv", row.names = FALSE, quote = FALSE)

# Public data that R survey ships (California schools, 2000) and whose results it documents.
data(api, package = "survey")
write_fixture(apistrat[c("stype", "pw", "fpc", "api00", "api99", "enroll", "meals", "sch.wide")],
              "apistrat")
write_fixture(apiclus1[c("dnum", "stype", "pw", "fpc", "api00", "api99", "enroll", "meals",
                         "sch.wide")], "apiclus1")
write_fixture(apiclus2[c("dnum", "snum", "stype", "pw", "fpc1", "fpc2", "api00", "api99",
                         "enroll", "meals", "sch.wide")], "apiclus2")

# Other data that R survey ships: a health survey of two PSUs a stratum, with many missing answers;
# the examples of textbooks (Levy and Lemeshow; Sarndal, Swensson and Wretman).
shipped <- new.env()
data(api, nhanes, hospital, mu284, scd, fpc, package = "survey", envir = shipped)
health <- shipped$nhanes
health$age <- c("0-19", "20-39", "40-59", "60+")[health$agecat]
health$race <- c("hispanic", "white", "black", "other")[health$race]
health$sex <- c("men", "women")[health$RIAGENDR]
write_fixture(health[c("SDMVPSU", "SDMVSTRA", "WTMEC2YR", "HI_CHOL", "race", "age", "sex")],
              "nhanes")
hospital <- transform(shipped$hospital[c("oblevel", "tothosp", "births")],
                      w = shipped$hospital$weighta)
write_fixture(hospital, "hospital")
# two stages: 5 of 50 clusters, 3 units in each
mu284 <- transform(shipped$mu284[c("id1", "n1", "id2", "y1", "n2")],
                   w = n1 / 5 * n2 / 3, f1 = 5 / n1, f2 = 3 / n2)
write_fixture(mu284, "mu284")
# 2 of 5 ambulances in each of 3 areas, and the half-samples of Levy and Lemeshow
scd <- transform(shipped$scd, w = 2.5, size = 5)
write_fixture(scd, "scd")
half <- cbind(c(1, 0, 1, 0, 1, 0), c(1, 0, 0, 1, 0, 1), c(0, 1, 1, 0, 0, 1), c(0, 1, 0, 1, 1, 0))
write_fixture(setNames(as.data.frame(2 * half * scd$w), paste0("r", 1:4)), "scd_brr")
write_fixture(shipped$fpc, "fpc")
write_fixture(shipped$apisrs[c("stype", "pw", "fpc", "api00", "enroll")], "apisrs")
set.seed(284)
replicate_fixture(as.svrepdesign(svydesign(~id1 + id2, fpc = ~n1 + n2, data = mu284),
                                 type = "mrbbootstrap", replicates = 24), "mu284_bootstrap")
replicate_fixture(as.svrepdesign(svydesign(~1, strata = ~oblevel, weights = ~w, fpc = ~tothosp,
                                           data = hospital), type = "JKn"), "hospital_jkn")
