"""Base weights of a stratified sample: how many people each respondent stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import enumerate_first
from survey_stats.weight.cells import cell_positions, check_totals
from survey_stats.weight.errors import BenchmarkError
from survey_stats.weight.result import Step, Weights


def base_weights(
    population_by_stratum: Mapping[str, float] | pd.Series,
    sample_by_stratum: Mapping[str, float] | pd.Series,
    strata: npt.ArrayLike,
    on: Sequence[str] = ("stratum",),
) -> Weights:
    """N_h / n_h for each respondent, the inverse of the chance of being sampled in stratum h.

    Args:
        population_by_stratum: N_h, people in the frame, by stratum (or a Series).
        sample_by_stratum: n_h, people drawn (not people who answered), by stratum.
        strata: the stratum of each respondent, shape (n,).
        on: the variables that form the strata, remembered in the result.

    Raises:
        UnknownCellError: respondents in a stratum that the two tables do not hold.
        BenchmarkError: a population or sample size is negative, missing, or zero where people
            answered, or more were drawn than there are.

    >>> base_weights({"a": 100, "b": 50}, {"a": 10, "b": 10}, ["a", "b", "b"]).values
    array([10.,  5.,  5.])
    """
    labels, population = check_totals(population_by_stratum, "population")
    cell, used = cell_positions(strata, labels, "stratum")
    drawn_labels, drawn_sizes = check_totals(sample_by_stratum, "sample size")
    cell_positions([labels[k] for k in used], drawn_labels, "stratum")
    sizes = dict(zip(drawn_labels, drawn_sizes, strict=True))
    drawn = np.array([sizes.get(label, 0.0) for label in labels])
    nobody = [labels[k] for k in used if drawn[k] == 0 or population[k] == 0]
    if nobody:
        raise BenchmarkError(
            "People answered in strata where nobody was drawn or nobody lives: "
            f"{enumerate_first(nobody)}; check the tables of population and sample"
        )
    over = [labels[k] for k in np.flatnonzero(drawn > population)]
    if over:
        raise BenchmarkError(
            f"More people were drawn than there are in the strata {enumerate_first(over)}; "
            "check that population and sample have not changed places"
        )
    factor = np.zeros(len(labels))
    np.divide(population, drawn, out=factor, where=drawn > 0)
    values = factor[cell]
    return Weights(values, (Step("base", tuple(on), labels, population, values),))
