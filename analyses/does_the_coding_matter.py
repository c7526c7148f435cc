"""Does the coding matter? The evening question counted in every way that is in use.

python analyses/does_the_coding_matter.py
"""

from __future__ import annotations

import survey_stats as ss
from survey_stats.explain import coding_effect
from survey_stats.report.waves import demo_folder

folder = demo_folder()
for file, codebook in (
    ("SDO_trygghet_2023_SYNTETISK.sav", "city_safety"),
    ("Stockholmsenkaten_2022_SYNTETISK.sav", "school_survey"),
):
    wave = ss.harmonise(ss.read(folder / file), codebook)
    effect = coding_effect(
        wave.survey(), "unsafe_evening", where="district == 'Hässelby-Vällingby'"
    )
    columns = ["coding", "share", "n", "difference", "difference_low", "difference_high"]
    print(codebook, wave.wave)
    print(effect.to_frame()[columns].to_string(index=False))
    print()
