"""Where is it going? Lines through all waves of each survey, districts against the rest of the
city, and small areas over pooled years.

python analyses/where_is_it_going.py
"""

from __future__ import annotations

import survey_stats as ss
from survey_stats.report.waves import demo_folder

FILES = {
    "city_safety": "SDO_trygghet_*",
    "regional_safety": "Trygghetsundersokning_region_*",
    "school_survey": "Stockholmsenkaten_*",
}
IN_THE_CITY = "municipality == 'Stockholm'"


def waves_of(codebook: str) -> ss.HarmonisedSet:
    """All waves of one survey as one data set."""
    files = sorted(demo_folder().glob(FILES[codebook]))
    return ss.combine([ss.harmonise(ss.read(file), codebook) for file in files])


data = {name: waves_of(name) for name in FILES}

for name, waves in data.items():
    line = ss.trend(waves.survey(weights="delivered"), "unsafe_evening", where=IN_THE_CITY)
    print(f"{name}: change of the share a year, whole city")
    columns = ["first", "last", "waves", "estimate", "p_value", "verdict", "flag"]
    print(line.to_frame()[columns].to_string(index=False))
    print(*line.notes, sep="\n", end="\n\n")

city = data["city_safety"].survey(waves=2023)
against = ss.against(city, "unsafe_evening", "district").to_frame()
print("2023: each district against the rest of the city")
columns = ["district", "before", "after", "difference", "p_adjusted", "verdict"]
print(against[columns].to_string(index=False), end="\n\n")

region = data["regional_safety"].survey(
    waves=[2020, 2021, 2023], weights="average_of_waves", questions="unsafe_neighbourhood"
)
pooled = ss.pools(
    region, "unsafe_neighbourhood", "neighbourhood", IN_THE_CITY, waves=[[2020, 2021, 2023]]
).to_frame()
print("2020, 2021 and 2023 together: the stadsdelar with the highest shares")
top = pooled[pooled["n"] >= 30].nlargest(10, "estimate")
print(top[["neighbourhood", "estimate", "ci_low", "ci_high", "n"]].to_string(index=False))
