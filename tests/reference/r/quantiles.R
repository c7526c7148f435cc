# Quantiles by each rule of svyquantile, with Woodruff intervals ("mean"), which R finds with the
# rule of the point.
# survey 4.1-1 gives the second smallest value where p lies below the first step of the distribution
# function, although the smallest reaches it: its `last()` of no position is 1. Put right here.
published <- survey:::qs
assignInNamespace("qs", function(x, w, p) {
  order <- order(x)
  if (p < w[order][1] / sum(w) * (1 - 1e-12))
    return(list(qlow = x[order][1], qup = x[order][1], ilow = 1, iup = 1, wlow = 1, wup = 0))
  published(x, w, p)
}, "survey")
quantiles_of <- function(name, design, question, where, by,
                         qrules = c("math", "school", "shahvaish", "hf1", "hf2", "hf3", "hf4",
                                    "hf5", "hf6", "hf7", "hf8", "hf9")) {
  keep <- selected(design$variables, where)
  for (cell in cells(design$variables, by)) {
    part <- design[which(keep & cell$rows & !is.na(design$variables[[question]])), ]
    names(part$variables)[names(part$variables) == question] <- "target"
    emit_df(name, design, part, "quantile", question, where, cell$name, "")
    for (p in c(0.1, 0.25, 0.5, 0.8)) for (rule in qrules) for (dfs in c("domain", "design")) {
      df <- degf(if (dfs == "domain") part else design)
      if (df < 1) next
      q <- try(svyquantile(~target, part, p, qrule = rule, df = df)[[1]], silent = TRUE)
      if (inherits(q, "try-error")) next
      tag <- paste(p, rule, dfs, sep = "|")
      emit(name, "quantile", question, where, cell$name, "", paste0(tag, "|estimate"), q[1, 1])
      emit(name, "quantile", question, where, cell$name, "", paste0(tag, "|low"), q[1, 2])
      emit(name, "quantile", question, where, cell$name, "", paste0(tag, "|high"), q[1, 3])
      emit(name, "quantile", question, where, cell$name, "", paste0(tag, "|se"), q[1, 4])
    }
  }
}
all_designs <- designs()
quantiles_of("element", all_designs$element, "x", "", character())
quantiles_of("element_fpc", all_designs$element_fpc, "v", "", "g", c("math", "school", "hf7"))
quantiles_of("clusters", all_designs$clusters, "x", "", character())
quantiles_of("clusters_fpc", all_designs$clusters_fpc, "v", "v < 25", "area",
             c("math", "school", "hf7"))
quantiles_of("element", all_designs$element, "score", "", character(), c("math", "school", "hf7"))
quantiles_of("apiclus1", all_designs$apiclus1, "api00", "", character(), c("math", "school"))
# 25 upper schools: a quarter of them falls on the seventh by type 7, to a rounding
quantiles_of("apisrs", all_designs$apisrs, "api00", "", "stype", "hf7")
