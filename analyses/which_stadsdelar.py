"""Which stadsdelar differ for certain? Shares of areas with few answers, what may be published of
each, and which of them may be the least safe.

python analyses/which_stadsdelar.py
"""

from __future__ import annotations

import pandas as pd

import survey_stats as ss
from survey_stats.explain.small_areas import (
    earlier_shares,
    neighbour_mean,
    rank_areas,
    small_areas,
)
from survey_stats.report.waves import demo_folder
from survey_stats.resources import data_path

DISTRICT = "Hässelby-Vällingby"
QUESTION = "unsafe_evening"

files = [demo_folder() / f"SDO_trygghet_{year}_SYNTETISK.sav" for year in (2020, 2023)]
waves = ss.combine([ss.harmonise(ss.read(file), "city_safety") for file in files])
earlier, latest = (waves.survey(waves=year) for year in (2020, 2023))

# which differ for certain from the rest of their district?
apart = ss.against(
    latest, QUESTION, "neighbourhood", where=f"district == '{DISTRICT}'", adjust="holm"
).to_frame()
certain = apart[apart["verdict"].str.startswith("significant")]
for row in certain.itertuples():
    print(f"{row.neighbourhood} skiljer sig säkert från övriga {DISTRICT}: "
          f"{ss.labels.percent(row.after)} mot {ss.labels.percent(row.before)}.")  # fmt: skip
print(f"För övriga {len(apart) - len(certain)} går det inte att avgöra.\n")

# what is known of every stadsdel besides its answers of 2023: those of 2020, there and next door
before = earlier.share(QUESTION, by="neighbourhood")
borders = pd.read_csv(data_path("geography") / "neighbours.csv")
auxiliaries = pd.concat([earlier_shares(before), neighbour_mean(before, borders)], axis=1)

# weights sum to the inhabitants of a stadsdel; its district's total is met
people = latest.frame.groupby("neighbourhood", observed=True)
direct = latest.share(QUESTION, by="neighbourhood")
model = small_areas(
    direct,
    auxiliaries,
    benchmark="ratio",
    populations=people["weight"].sum(),
    within=people["district"].first(),
)
print(model.caption(), *model.notes, sep="\n", end="\n\n")
checks = model.diagnostics()
print(model.coefficients.to_string(index=False), end="\n\n")
print(checks.tests()[["test", "statistic", "df", "p_value"]].to_string(index=False))
print(f"median error of the direct shares over that of the model: {checks.gain:.2f}", end="\n\n")

here = people["district"].first().eq(DISTRICT)
pooled_weights = waves.survey(weights="average_of_waves", questions=QUESTION)
pooled = ss.pools(pooled_weights, QUESTION, "neighbourhood", waves=[[2020, 2023]])
published = model.publish(pooled).to_frame()
print(published["source"].value_counts().to_string(), end="\n\n")
mine = published[published["neighbourhood"].map(here)]
print(mine.drop(columns="reason").round(3).to_string(index=False))
for name, reason in zip(mine["neighbourhood"], mine["reason"], strict=True):
    print(f"{name}: {reason}")

ranks = rank_areas(latest.share(QUESTION, "neighbourhood", f"district == '{DISTRICT}'"))
print("\n" + ranks.sentence())
print(f"Högst, om bara det frågas: {', '.join(map(str, ranks.highest))}")
