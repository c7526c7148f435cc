# Estimates after calibration: residuals of the regression on the auxiliary variables for linearised
# variances, calibration within each replicate otherwise. Totals to calibrate to are written to
# fixtures/targets.csv: weighted totals moved by a few percent, rounded.
moved <- list(
  element = list(g = c(a = 1.12, b = 0.93, c = 0.97, d = 1.05), v = 1.04),
  clusters = list(s = c(men = 1.08, women = 0.94), area = c(rural = 1.15, urban = 0.97), v = 1.03),
  twostage = list(s = c(men = 0.92, women = 1.1), v = 1.02),
  pairs = list(s = c(men = 1.1, women = 0.95), v = 1.05))
targets_of <- function(data, moves) {
  total <- sum(data$w)
  do.call(rbind, lapply(names(moves), function(variable) {
    move <- moves[[variable]]
    if (is.null(names(move)))
      return(data.frame(variable = variable, level = "", total = round(move * sum(data$w * data[[variable]]))))
    sums <- tapply(data$w, data[[variable]], sum)[names(move)] * move
    # all margins of a sample sum to the same
    sums <- round(sums * total / sum(sums))
    sums[length(sums)] <- round(total) - sum(sums[-length(sums)])
    data.frame(variable = variable, level = names(move), total = as.vector(sums))
  }))
}
all_targets <- do.call(rbind, lapply(names(moved), function(name)
  cbind(fixture = name, targets_of(fixture(name), moved[[name]]))))
write.csv(all_targets, "fixtures/targets.csv", row.names = FALSE, quote = FALSE)

calibrated <- function(name, design, method) {
  own <- all_targets[all_targets$fixture == name, ]
  formula <- reformulate(unique(own$variable))
  if (method == "post") {
    column <- own$variable[1]
    pop <- own[own$variable == column, c("level", "total")]
    names(pop) <- c(column, "Freq")
    return(postStratify(design, reformulate(column), pop))
  }
  matrix <- model.matrix(formula, model.frame(formula, design$variables))
  population <- sapply(colnames(matrix), function(term) {
    if (term == "(Intercept)") return(sum(own$total[own$variable == own$variable[1]]))
    hit <- own$total[paste0(own$variable, own$level) == term]
    stopifnot(length(hit) == 1)
    hit
  })
  # half-samples ask for wider bounds
  wide <- inherits(design, "svyrep.design")
  bounds <- switch(method, logit = if (wide) c(0.1, 8) else c(0.5, 2),
                   truncated = if (wide) c(0.1, 3) else c(0.85, 1.25), c(-Inf, Inf))
  arguments <- list(design, formula, population, bounds = bounds, epsilon = 1e-13, maxit = 200,
                    calfun = switch(method, truncated = "linear", method))
  # R's own default, NA, is an error there
  if (inherits(design, "svyrep.design")) arguments$compress <- FALSE
  do.call(calibrate, arguments)
}
methods <- c("post", "linear", "raking", "logit", "truncated")
all_designs <- designs()
for (name in c("element", "element_fpc", "clusters", "clusters_fpc", "twostage")) {
  of <- sub("_.*", "", name)
  by <- switch(of, element = "g", clusters = c("area", "s"), twostage = "s")
  for (method in methods) {
    design <- calibrated(of, all_designs[[name]], method)
    walk(paste0(name, "|", method), design, c("share", "mean", "total", "ratio"),
         c("y", "x", "x", "x/v"), list(dom(), dom(by = by), dom(where = "v > 20")))
  }
}
for (method in methods) {
  design <- calibrated("clusters", all_designs$clusters, method)
  covariance_of(paste0("clusters|", method), design, "share", "y", c("area", "s"), "")
}
for (kind in c("pairs_brr", "pairs_fay", "clusters_jkn")) for (method in methods) {
  design <- calibrated(sub("_.*", "", kind), replicate_design(kind, FALSE), method)
  replicates_of(paste0(kind, "|", method), design, "", character())
  replicates_of(paste0(kind, "|", method), design, "", "s")
}
