"""Who is unsafe? The evening question by gender, age and disability in the city's latest wave.

python analyses/who_is_unsafe.py
"""

from __future__ import annotations

import survey_stats as ss
from survey_stats import protect
from survey_stats.report.waves import demo_folder

folder = demo_folder()
wave = ss.harmonise(ss.read(folder / "SDO_trygghet_2023_SYNTETISK.sav"), "city_safety")
city = wave.survey()

for group in ("gender", "age_group", "disability"):
    shares = city.share("unsafe_evening", by=group, where="district == 'Hässelby-Vällingby'")
    shown = protect.apply(shares.to_frame())
    print(shown[[group, "estimate", "ci_low", "ci_high", "n", "flag"]].to_string(index=False))
    print()
