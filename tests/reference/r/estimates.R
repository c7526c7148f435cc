# Shares, means, totals and ratios with standard error, design effect, df and n in every design.
all_designs <- designs()
for (name in c("element", "element_fpc", "element_unstratified"))
  walk(name, all_designs[[name]], c("share", "share", "mean", "total", "total", "ratio"),
       c("y", "z", "x", "x", "y", "x/v"),
       list(dom(), dom(by = "g"), dom(by = c("g", "s")), dom(where = "age >= 45"),
            dom(where = "(age < 30) & (v > 10)", by = "s")))
for (name in c("clusters", "clusters_fpc", "clusters_unstratified"))
  walk(name, all_designs[[name]], c("share", "share", "mean", "total", "total", "ratio"),
       c("y", "z", "x", "x", "y", "x/v"),
       list(dom(), dom(by = "area"), dom(by = c("area", "s")), dom(where = "v < 12")))
for (name in c("twostage", "twostage_fraction", "threestage", "pps"))
  walk(name, all_designs[[name]], c("share", "mean", "total", "ratio"),
       c("y", "x", "x", "x/v"), list(dom(), dom(by = "s"), dom(where = "v < 15")))
for (name in c("apistrat", "apiclus1", "apiclus2"))
  walk(name, all_designs[[name]], c("share", "mean", "total", "ratio"),
       c("sch.wide", "api00", "enroll", "api00/api99"), list(dom(), dom(by = "stype")))
walk("nhanes", all_designs$nhanes, c("share", "total"), c("HI_CHOL", "HI_CHOL"),
     list(dom(), dom(by = "race"), dom(where = "age != '0-19'", by = c("race", "sex"))))
walk("nhanes", all_designs$nhanes, "share", "age", list(dom(by = "sex")))
walk("hospital", all_designs$hospital, c("mean", "total"), c("births", "births"),
     list(dom(), dom(where = "births > 400")))
for (name in c("mu284", "mu284_fraction"))
  walk(name, all_designs[[name]], c("mean", "total", "ratio"), c("y1", "y1", "y1/n2"),
       list(dom(), dom(where = "y1 > 40")))
walk("scd", all_designs$scd, c("total", "ratio"), c("alive", "alive/arrests"), list(dom()))
walk("fpc", all_designs$fpc, c("mean", "total"), c("x", "x"), list(dom()))
