"""Did it change? The district's shares against the wave before, all questions at once.

python analyses/did_it_change.py ["Hässelby-Vällingby"] [2023]
"""

from __future__ import annotations

import sys

from survey_stats.report import load

area = sys.argv[1] if len(sys.argv) > 1 else "Hässelby-Vällingby"
year = int(sys.argv[2]) if len(sys.argv) > 2 else 2023
appendix = load(area, year)

print(appendix)
for sentence in appendix.summary():
    print("-", sentence)

totals = appendix.figures.query("group == 'all' and area_level == 'district' and verdict != ''")
columns = ["survey", "question", "previous_wave", "wave", "share", "difference", "verdict"]
print(totals[columns].to_string(index=False))
