"""Who is unsafe? The evening question in the city's latest wave, by group and all else equal.

python analyses/who_is_unsafe.py

Shares by group say who is unsafe in Hässelby-Vällingby. A model of the whole city says how far
groups are apart when they are alike in everything else, and what the districts' shares would be if
the same people lived in all of them.
"""

from __future__ import annotations

import survey_stats as ss
from survey_stats import protect
from survey_stats.explain.models import glm
from survey_stats.labels import heading, number, percent, word
from survey_stats.report.waves import demo_folder


def between(low: float, high: float) -> str:
    """An interval of shares in percent."""
    return f"{number(100 * low, 1)}–{percent(high, 1)}"


folder = demo_folder()
wave = ss.harmonise(ss.read(folder / "SDO_trygghet_2023_SYNTETISK.sav"), "city_safety")
city = wave.survey()

print("SYNTETISKA DATA\n")
print("Hässelby-Vällingby: andel otrygga med osäkerhetsintervall och bas")
for group in ("gender", "age_group", "disability"):
    shares = city.share("unsafe_evening", by=group, where="district == 'Hässelby-Vällingby'")
    print(f"\n{heading(group)}")
    for row in protect.apply(shares.to_frame()).to_dict("records"):
        interval = between(row["ci_low"], row["ci_high"])
        told = f"{percent(row['estimate'], 1)} ({interval}, bas {number(row['n'])})"
        print(f"  {word(row[group])}: {told}")

model = glm(city, "unsafe_evening ~ gender + age_group + disability + district")
print(f"\n{model.told()}")

women = glm(city, "unsafe_evening ~ gender * disability + age_group + district")
test = women.test("gender:disability", method="LRT")
print(
    "\nÄr skillnaden mellan kvinnor och män en annan för den som har en funktionsnedsättning? "
    f"p = {test.p_value:.3f}".replace(".", ",")
)

print("\nStadsdelsområden: andel otrygga, och vad den vore om samma människor bodde i alla")
as_seen = city.share("unsafe_evening", by="district").to_frame().set_index("district")
alike = model.margins("district").to_frame().set_index("district")
for district in alike.sort_values("estimate", ascending=False).index:
    seen, same = as_seen.loc[district], alike.loc[district]
    interval = between(same["ci_low"], same["ci_high"])
    print(
        f"  {district}: {percent(seen['estimate'], 1)}, "
        f"lika befolkning {percent(same['estimate'], 1)} ({interval})"
    )
