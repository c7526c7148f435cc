# What analysts do in one call in R and in two here: calibration of whole clusters, direct
# standardisation, a binomial model of counts.
all_designs <- designs()
put_cells <- function(name, estimator, question, by, found) {
  keys <- as.data.frame(found)[by]
  for (i in seq_len(nrow(keys))) {
    cell <- paste0(by, "=", unlist(lapply(keys[i, , drop = FALSE], as.character)), collapse = ";")
    if (length(by) == 0) cell <- ""
    emit(name, estimator, question, "", cell, "", "estimate", coef(found)[i])
    emit(name, estimator, question, "", cell, "", "se", SE(found)[i])
  }
}
population <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
whole <- calibrate(all_designs$apiclus1, ~stype + api99, population, calfun = "raking",
                   aggregate.stage = 1, epsilon = 1e-13, maxit = 200)
put_cells("apiclus1|whole clusters", "mean", "api00", "stype",
          svyby(~api00, ~stype, whole, svymean))
put_cells("apiclus1|whole clusters", "total", "meals", "stype",
          svyby(~meals, ~stype, whole, svytotal))

# the age distribution of every group made that of the census
grown <- update(subset(all_designs$nhanes, age != "0-19"), age = factor(age))
standard <- svystandardize(grown, by = ~age, over = ~race + sex,
                           population = c(55901, 77670, 72816), excluding.missing = ~HI_CHOL)
put_cells("nhanes|standardised", "share", "HI_CHOL", c("race", "sex"),
          svyby(~HI_CHOL, ~race + sex, standard, svymean, na.rm = TRUE))

counts <- svydesign(~ambulance, strata = ~ESA, weights = ~w, nest = TRUE, data = fixture("scd"))
model <- svyglm(cbind(alive, arrests - alive) ~ factor(ambulance), counts,
                family = quasibinomial(), control = list(epsilon = 1e-14))
for (i in 1:2) {
  term <- c("Intercept", "C(ambulance)[T.2]")[i]
  emit("scd|counts", "glm", "alive/arrests", "", "", term, "estimate", coef(model)[i])
  emit("scd|counts", "glm", "alive/arrests", "", "", term, "se", SE(model)[i])
}
