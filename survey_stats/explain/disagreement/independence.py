"""Whether two Surveys are two samples, and each of them one survey at one time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from survey_stats.compare.change import one_frame, one_memory
from survey_stats.errors import InputError, enumerate_first
from survey_stats.estimate import Survey
from survey_stats.estimate.columns import Floats
from survey_stats.explain.disagreement.sample import Sample

_IDENTITY = ("survey", "wave", "respondent")
_ADVICE = "which are no independent samples; use change"


def check_independent(first: Survey, second: Survey) -> None:
    """Refuse surveys of one frame, of one design, or with respondents in common.

    Respondents are known by the columns survey, wave and respondent, where both have them.

    Raises `InputError`.
    """
    one, two = first.frame, second.frame
    one_sample = first.design.stages[0] is second.design.stages[0]
    weights: tuple[Floats, Floats] = first.design.weights, second.design.weights
    if one_sample or one_memory(*weights) or one_frame(one, two):
        raise InputError(f"first and second are two Surveys of one frame, {_ADVICE}")
    if all(c in f.columns for c in _IDENTITY for f in (one, two)):
        keys = [
            pd.MultiIndex.from_frame(f[list(_IDENTITY)].dropna().astype(str)) for f in (one, two)
        ]
        n = int(keys[0].isin(keys[1]).sum())
        if n:
            raise InputError(f"The surveys have {n} respondents in common, {_ADVICE}")


def look_copied(first: Survey, second: Survey) -> bool:
    """Whether two frames have the same rows in the same order, as copies of one sample have.

    By all columns that both have and their weights; asked where nothing says who answered.
    """
    one, two = first.frame, second.frame
    if len(one) != len(two) or not np.array_equal(first.design.weights, second.design.weights):
        return False
    both = [c for c in one.columns if c in two.columns]
    if not both or not (one.columns.is_unique and two.columns.is_unique):
        return False
    same = np.ones(len(one), dtype=bool)
    for column in both:
        values = (f[column].astype(object).map(str).to_numpy() for f in (one, two))
        same &= np.equal(*values).astype(bool)
    return bool(same.all())


def copied(lang: str) -> str:
    """A sentence on frames that are copies by their looks."""
    if lang == "sv":
        return (
            "de två filerna har samma rader i samma ordning; är de kopior av ett urval gäller "
            "intervallen inte"
        )
    return (
        "both frames have the same rows in the same order; if they are copies of one sample, the "
        "intervals do not hold; use change"
    )


def waves_of(sample: Sample) -> tuple[str, ...]:
    """The waves that a survey's respondents of the domain are of, where they are several."""
    frame = sample.survey.frame
    if "wave" not in frame.columns:
        return ()
    found = frame.loc[sample.inside, "wave"].dropna().unique()
    return tuple(sorted(str(w) for w in found)) if len(found) > 1 else ()


def pooled(waves: tuple[str, ...], name: str, lang: str) -> str:
    """A sentence on waves that are counted together."""
    told = enumerate_first(waves) if lang == "en" else ", ".join(waves[:5])
    if lang == "sv":
        return f"{name} har flera mätningar i en fil ({told}), som räknas ihop; välj en med where="
    return f"{name} has several waves in one frame ({told}), counted together; choose one by where="
