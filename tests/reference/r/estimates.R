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
