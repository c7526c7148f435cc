"""Surveys with a small group, of which the numbers may not be shown."""

import numpy as np
import pandas as pd

import survey_stats as ss

DISTRICTS = (
    *("Bromma", "Enskede-Årsta-Vantör", "Farsta", "Hägersten-Älvsjö", "Hässelby-Vällingby"),
    *("Järva", "Kungsholmen", "Norra innerstaden", "Skarpnäck", "Skärholmen", "Södermalm"),
)
QUESTIONS = ("unsafe_evening", "worry_burglary")
# of 9 respondents in the first area, 7: 78 %
SMALL, SMALL_YES = 9, 7


def survey(wave=2023, areas=DISTRICTS, n=400, rise=0.0, synthetic=False, small=SMALL):
    """n answers an area, but for the first, which has `small`; shares rise from area to area."""
    rows = []
    for a, area in enumerate(areas):
        size = small if a == 0 else n
        share = 0.1 + 0.35 * a / len(areas) + (rise if a == 3 else 0)
        yes = SMALL_YES if a == 0 and small == SMALL else round(size * share)
        rows.append(
            pd.DataFrame(
                {
                    "district": area,
                    "gender": np.where(np.arange(size) % 2, "women", "men"),
                    "unsafe_evening": np.arange(size) < yes,
                    "worry_burglary": np.arange(size)[::-1] < yes,
                    "answer": np.array(["aldrig", "sällan", "ofta"])[np.arange(size) % 7 % 3],
                }
            )
        )
    frame = pd.concat(rows, ignore_index=True)
    frame["answer"] = pd.Categorical(frame["answer"], ["aldrig", "sällan", "ofta"], ordered=True)
    frame.attrs["synthetic"] = synthetic
    return ss.Survey(frame, name="city_safety", wave=wave)


def long_names(count):
    return tuple(f"Stadsdelen med ett ganska långt namn nummer {i}" for i in range(count))
