# Every rule for a lonely PSU, in the design and where only the domain is lonely.
for (with_fpc in c(FALSE, TRUE)) for (rule in c("certainty", "remove", "adjust", "average"))
  for (in_domain in c(FALSE, TRUE)) {
    options(survey.lonely.psu = rule, survey.adjust.domain.lonely = in_domain)
    design <- if (with_fpc)
      svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~n_psu, nest = TRUE,
                data = fixture("lonely"))
    else svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = fixture("lonely"))
    name <- paste0("lonely", if (with_fpc) "_fpc", "|", rule, "|",
                   if (in_domain) "domain" else "design")
    suppressWarnings(walk(name, design, c("share", "mean", "total", "ratio"),
                          c("y", "x", "x", "x/v"),
                          list(dom(), dom(by = "g"), dom(where = "v < 12"))))
  }
options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
# collapsing is stratification by the merged strata
options(survey.lonely.psu = "certainty")
lonely <- fixture("lonely")
lonely$psu <- lonely$stratum * 100 + lonely$psu
walk("lonely|collapse|design",
     svydesign(~psu, strata = ~merged, weights = ~w, nest = TRUE,
               data = lonely[lonely$stratum != 7, ]),
     c("share", "mean", "total", "ratio"), c("y", "x", "x", "x/v"), list(dom(), dom(by = "g")))
options(survey.lonely.psu = "fail")
