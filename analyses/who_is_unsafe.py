"""Who is unsafe? The evening question in the city's survey, by group and all else equal.

python analyses/who_is_unsafe.py

Shares by group say who is unsafe in Hässelby-Vällingby. A model of the whole city says how far
groups are apart when they are alike in everything else, and what the districts' shares would be if
the same people lived in all of them. A model of all waves says whether the gap between women and
men has changed.
"""

from __future__ import annotations

import survey_stats as ss
from survey_stats import protect
from survey_stats.explain.models import glm
from survey_stats.harmonise import combine
from survey_stats.labels import heading, number, percent, points, word
from survey_stats.report.waves import demo_folder


def between(low: float, high: float) -> str:
    """An interval of shares in percent."""
    return f"{number(100 * low, 1)}–{percent(high, 1)}"


folder = demo_folder()
waves = [ss.harmonise(ss.read(f), "city_safety") for f in sorted(folder.glob("SDO_*.sav"))]
city = waves[-1].survey()

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

all_waves = combine(waves).survey(weights="equal_waves", questions=["unsafe_evening"])
over_time = glm(all_waves, "unsafe_evening ~ gender * C(wave) + age_group + district")
print("\nHar skillnaden mellan kvinnor och män ändrats? Allt annat lika, procentenheter")
for row in over_time.gap("gender", over="wave").to_frame().to_dict("records"):
    later, _, first = str(row["wave"]).partition(" - ")
    told = f"{points(row['estimate'])} ({points(row['ci_low'])} till {points(row['ci_high'])})"
    if first:
        sure = "säkerställd" if row["p_value"] < 0.05 else "inte säkerställd"
        print(f"  från {first} till {later}: {told}, {sure} för sig")
    else:
        print(f"  {later}: {told}")

grade = ss.comparability("unsafe_evening", "city_safety", 2017, "city_safety", 2023)
for reason in grade.reasons:
    print(f"  Att tänka på: {reason.text('sv')}")

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
