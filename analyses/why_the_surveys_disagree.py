"""Why do the surveys disagree? The evening question of 2023 in Hässelby-Vällingby, where the
city's survey showed less safety and the police region's more.

python analyses/why_the_surveys_disagree.py [folder for the page and the figure]
"""

from __future__ import annotations

import sys
from pathlib import Path

import survey_stats as ss
from survey_stats.explain.disagreement import decompose
from survey_stats.report.waves import demo_folder

AREA = "Hässelby-Vällingby"
QUESTION = "unsafe_evening"
out = Path(sys.argv[1]) if len(sys.argv) > 1 else None


def wave(pattern: str, codebook: str) -> ss.Survey:
    """One delivery as a Survey."""
    (file,) = demo_folder().glob(pattern)
    return ss.harmonise(ss.read(file), codebook).survey()


city = wave("SDO_trygghet_2023_*", "city_safety")
city_before = wave("SDO_trygghet_2020_*", "city_safety")
region = wave("Trygghetsundersokning_region_2023_*", "regional_safety")
where = f"district == '{AREA}'"

# hur stor del av de otrygga har en funktionsnedsättning, eller är 80 år och äldre?
unsafe = f"{where} and {QUESTION}"
for column, level in (("disability", "yes"), ("age_group", "80+")):
    among, everybody = (city.share(column, where=w, of=level).to_frame() for w in (unsafe, where))
    told = [ss.labels.percent(float(t.estimate[0]), 0) for t in (among, everybody)]
    print(f"{ss.labels.heading(column)} {ss.labels.word(level)}: {told[0]} av de otrygga i stadens "
          f"undersökning, {told[1]} av alla.")  # fmt: skip
print()

# vad skillnaden består av
parts = decompose(city, region, QUESTION, ["age_group", "gender"], where)

# bara stadens undersökning frågar om funktionsnedsättning: vad kan den förklara?
register = parts.sensitivity("disability", shares=(0.10, 0.20))
# 2020, innan stadens mätning vände, skilde sig gruppen så här mycket från övriga
gap = city_before.share(QUESTION, "disability", where).differences("disability", "no").to_frame()
low, high = float(gap.ci_low[0]), float(gap.ci_high[0])
as_before = parts.sensitivity("disability", shares=(0.10, 0.20), gap=(low, high))

print(parts.summary("sv", register))
print("**Om gruppen i polisens undersökning skilde sig från övriga som i stadens 2020**\n")
for sentence in as_before.sentences():
    print("-", sentence)

print("\n**Var det som blir kvar ligger (procentenheter)**\n")
for variable in ("age_group", "neighbourhood"):
    by_group = decompose(city, region, QUESTION, ["gender", variable], where).groups(variable)
    numbers = ["rest", "rest_low", "rest_high"]
    by_group[numbers] = (100 * by_group[numbers]).round(1)
    print(by_group[[variable, *numbers, "n_first", "n_second"]].to_string(index=False), end="\n\n")

print("**Samma fråga med fyra metoder: vilka som svarar (procentenheter)**\n")
for method in ("kitagawa", "oaxaca", "fairlie", "reweighting"):
    table = decompose(city, region, QUESTION, ["age_group", "gender"], where, method=method)
    row = table.to_frame().query("part == 'composition' and variable == ''").iloc[0]
    told = [ss.labels.points(row[name], 2) for name in ("contribution", "ci_low", "ci_high")]
    print(f"{method:12} {told[0]} ({told[1]} till {told[2]})")

if out is not None:
    out.mkdir(parents=True, exist_ok=True)
    print("\nSidan:", parts.summary("sv", register, as_before).write(out / "varfor.html"))
    figure = parts.plot().figure
    figure.savefig(out / "varfor.png", dpi=200)
