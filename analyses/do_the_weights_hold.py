"""Do the weights hold? The city's latest wave against the register, and what calibrating changes.

The delivered weights are held against the districts of the register, calibrated to them, and the
shares before and after are laid side by side with their errors. Writes a page with figures.

python analyses/do_the_weights_hold.py [page.html]
"""

from __future__ import annotations

import sys

import survey_stats as ss
from survey_stats.report.waves import demo_folder
from survey_stats.weight import district_population

wave = ss.harmonise(demo_folder() / "SDO_trygghet_2023_SYNTETISK.sav", "city_safety")
city = wave.survey()

# who is asked is 16 to 84 years old, the register counts everybody: its proportions are what count
register = district_population(2023).rename(columns={"area": "district"})
calibrated = city.calibrate(register, scale_to="weights")
print(calibrated.weighting.describe(), end="\n\n")

report = calibrated.weighting_report(by="district")
print(report.verdict(), end="\n\n")

before = city.share("unsafe_evening", by="gender", margins=True).to_frame()
after = calibrated.share("unsafe_evening", by="gender", margins=True).to_frame()
table = before[["gender", "n", "estimate", "se"]].assign(
    calibrated=after["estimate"], calibrated_se=after["se"]
)
print(table.round(4).to_string(index=False))

if len(sys.argv) > 1:
    print(report.write(sys.argv[1]))
