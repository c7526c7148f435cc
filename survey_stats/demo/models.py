"""What drives the answers of the demo: made-up effects, in directions that are well known.

Only the published shares are facts, and they are not written here: `demo.targets` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.demo.targets import Target

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """How one question depends on who is asked; effects are logits.

    Attributes:
        levels: survey -> wave -> the share among everybody asked in that wave, where no
            published figure says otherwise; a missing wave takes the level of the one before.
        women, disability: added for women and for people with a disability.
        ages: added by age group, six values (16-19 ... 80+).
        burden: multiplies the burden of the district.
        local: standard deviation between stadsdelar of a district (or schools).
        trait: multiplies a respondent's own leaning, which all questions share.
        later: (survey, wave) -> who (`disability`, an age group, a stadsdel) -> what is added in
            that wave only.
    """

    levels: Mapping[str, Mapping[int, float]]
    women: float = 0.0
    disability: float = 0.0
    ages: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    burden: float = 0.5
    local: float = 0.25
    trait: float = 1.3
    later: Mapping[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)

    def level(self, survey: str, wave: int) -> float:
        """The share at which the model of this wave is centred."""
        known = self.levels.get(survey, {})
        earlier = [w for w in known if w <= wave] or sorted(known)[:1]
        return known[max(earlier)] if earlier else 0.2


MODELS: dict[str, Model] = {
    "unsafe_evening": Model(
        {
            "city_safety": {2017: 0.23, 2020: 0.22, 2023: 0.23},
            "regional_safety": {2020: 0.27, 2021: 0.27, 2022: 0.40, 2023: 0.25, 2024: 0.26},
            "school_survey": {2018: 0.235, 2020: 0.215, 2022: 0.205, 2024: 0.18},
        },
        women=1.05,
        disability=0.75,
        ages=(0.05, 0.0, -0.1, -0.05, 0.2, 0.85),
        burden=0.85,
        local=0.3,
        trait=1.6,
        # in 2023 the city's survey turned among people with a disability and among the oldest,
        # whom the region's survey does not ask or does not tell apart
        later={
            ("city_safety", 2023): {
                "disability": 0.5,
                "80+": 0.4,
                "Hässelby gård": 0.4,
                "Vällingby": 0.4,
            }
        },
    ),
    "unsafe_neighbourhood": Model(
        {"regional_safety": {2020: 0.21, 2021: 0.205, 2022: 0.36, 2023: 0.20, 2024: 0.21}},
        women=0.45,
        disability=0.5,
        ages=(0.1, 0.05, 0.0, 0.0, 0.05, 0.1),
        burden=0.95,
        local=0.35,
        trait=1.5,
    ),
    "worry_crime_monthly": Model(
        {
            "city_safety": {2017: 0.20, 2020: 0.19, 2023: 0.205},
            "regional_safety": {2020: 0.22, 2021: 0.21, 2022: 0.30, 2023: 0.22, 2024: 0.22},
        },
        women=0.3,
        disability=0.45,
        ages=(0.1, 0.1, 0.1, 0.0, -0.15, -0.1),
        burden=0.6,
        trait=1.7,
    ),
    "worry_robbery": Model(
        {"city_safety": {2017: 0.14, 2020: 0.16, 2023: 0.18}},
        women=0.1,
        disability=0.4,
        ages=(0.45, 0.2, 0.0, -0.1, 0.0, 0.15),
        burden=0.6,
        trait=1.7,
    ),
    "worry_burglary": Model(
        {"city_safety": {2017: 0.20, 2020: 0.18, 2023: 0.16}},
        women=0.15,
        disability=0.3,
        ages=(-0.4, -0.3, 0.05, 0.2, 0.2, 0.1),
        burden=0.2,
        local=0.35,
        trait=1.5,
    ),
    "avoids_places": Model(
        {"city_safety": {2017: 0.30, 2020: 0.31, 2023: 0.32}},
        women=0.85,
        disability=0.4,
        ages=(0.15, 0.15, 0.1, 0.0, -0.05, 0.1),
        burden=0.55,
        trait=1.5,
    ),
    "victim_any_crime": Model(
        {
            "city_safety": {2017: 0.21, 2020: 0.22, 2023: 0.18},
            "regional_safety": {2020: 0.26, 2021: 0.24, 2022: 0.25, 2023: 0.25, 2024: 0.26},
            "school_survey": {2018: 0.265, 2020: 0.245, 2022: 0.23, 2024: 0.195},
        },
        women=0.05,
        disability=0.35,
        ages=(0.45, 0.4, 0.2, 0.0, -0.45, -0.7),
        burden=0.15,
        local=0.18,
        trait=0.8,
    ),
    "problem_moped_traffic": Model(
        {"city_safety": {2017: 0.31, 2020: 0.36, 2023: 0.34}},
        women=0.05,
        disability=0.3,
        ages=(-0.6, -0.3, 0.0, 0.15, 0.35, 0.4),
        burden=0.75,
        local=0.4,
        trait=1.0,
    ),
    "problem_drunk_people": Model(
        {"city_safety": {2017: 0.11, 2020: 0.10, 2023: 0.10}},
        women=0.1,
        disability=0.3,
        ages=(0.0, 0.1, 0.1, 0.05, -0.1, -0.2),
        burden=0.25,
        local=0.45,
        trait=1.2,
    ),
    "problem_drug_users": Model(
        {"city_safety": {2017: 0.09, 2020: 0.10, 2023: 0.11}},
        women=0.1,
        disability=0.3,
        ages=(0.1, 0.1, 0.1, 0.05, -0.1, -0.25),
        burden=0.55,
        local=0.45,
        trait=1.2,
    ),
}

# boys' and girls' answers to the school survey differ more than men's and women's
_PUPILS = Model(MODELS["unsafe_evening"].levels, women=1.45, burden=0.9, local=0.35, trait=1.5)
_PUPIL_MODELS = {
    "unsafe_evening": _PUPILS,
    "victim_any_crime": Model(
        MODELS["victim_any_crime"].levels, women=-0.1, burden=0.15, local=0.3, trait=0.8
    ),
}


def _aim(survey: str, year: int, area: str, question: str, percent: str) -> Target:
    return Target(
        "an aim of the demo",
        survey,
        (year,),
        "district",
        area,
        question,
        "all",
        Decimal(percent),
        "exact",
    )


# What the documents say in words and print no figure for; the sizes are the demo's. In 2023 the
# city's survey shows less safety in Hässelby-Vällingby and the police region's more; worry in 2020
# was a little lower than before; in Hägersten-Älvsjö nothing large has changed.
AIMS: tuple[Target, ...] = (
    _aim("city_safety", 2017, "Hässelby-Vällingby", "unsafe_evening", "36"),
    _aim("city_safety", 2023, "Hässelby-Vällingby", "unsafe_evening", "38"),
    _aim("city_safety", 2017, "Hässelby-Vällingby", "worry_crime_monthly", "28"),
    _aim("city_safety", 2017, "Hägersten-Älvsjö", "unsafe_evening", "21"),
    _aim("city_safety", 2020, "Hägersten-Älvsjö", "unsafe_evening", "20"),
    _aim("city_safety", 2023, "Hägersten-Älvsjö", "unsafe_evening", "20"),
    _aim("regional_safety", 2020, "Hässelby-Vällingby", "unsafe_evening", "37"),
    _aim("regional_safety", 2021, "Hässelby-Vällingby", "unsafe_evening", "36"),
    _aim("regional_safety", 2023, "Hässelby-Vällingby", "unsafe_evening", "33"),
    _aim("regional_safety", 2024, "Hässelby-Vällingby", "unsafe_evening", "33"),
)


def model_of(survey: str, question: str) -> Model:
    """The model of a question; one that the demo does not know is answered yes by a fifth."""
    if survey == "school_survey" and question in _PUPIL_MODELS:
        return _PUPIL_MODELS[question]
    return MODELS.get(question, Model({}))


def logits(model: Model, people: pd.DataFrame, trait: FloatArray, local: FloatArray) -> FloatArray:
    """The model's logits before each wave is centred at its level, shape (respondents,).

    Args:
        model: the question's model.
        people: survey, wave, gender, age_group, disability, burden, place_key.
        trait: each respondent's own leaning, standard normal.
        local: the leaning of the place where each lives, standard normal.
    """
    from survey_stats.demo.population import AGE_GROUPS

    ages = pd.Series(model.ages, index=list(AGE_GROUPS))
    eta = (
        model.women * (people["gender"] == "women").to_numpy(dtype=np.float64)
        + model.disability * (people["disability"] == "yes").to_numpy(dtype=np.float64)
        + people["age_group"].map(ages).fillna(0.0).to_numpy(dtype=np.float64)
        + model.burden * people["burden"].to_numpy(dtype=np.float64)
        + model.local * local
        + model.trait * trait
    )
    for (survey, wave), extra in model.later.items():
        here = ((people["survey"] == survey) & (people["wave"] == wave)).to_numpy()
        for who, effect in extra.items():
            if who == "disability":
                group = people["disability"] == "yes"
            else:
                group = (people["age_group"] == who) | (people["place_key"] == who)
            eta += effect * (here & group.to_numpy())
    return np.asarray(eta, dtype=np.float64)
