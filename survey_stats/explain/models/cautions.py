"""What is allowed in a model, and yet easily misread or meant otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from survey_stats.explain.models.errors import FormulaError
from survey_stats.explain.models.margins import is_levels

if TYPE_CHECKING:
    from survey_stats.explain.models.result import Model

# standard deviations between zero and a number's mean from which "at zero" means nothing
_FAR = 10.0


def cautions(model: Model) -> list[str]:
    """Sentences about a fit that is right and may not be what was meant."""
    told = []
    values = model.fit.sample.values
    if model.family == "poisson" and (values != np.round(values)).any():
        told.append(
            f"{model.parsed.left} has fractions, which are no counts; estimates and errors hold "
            "for any rate (quasi-Poisson)"
        )
    patterns = model.fit.sample.patterns
    for term, held in model.variables_of_terms().items():
        # a term that computes may centre its number itself
        plain = [n for n in sorted(held) if n in term.split(":") and not is_levels(model, n)]
        for name in plain if len(held) > 1 else []:
            x = patterns[name].to_numpy(np.float64)
            if abs(x.mean()) > _FAR * x.std():
                told.append(
                    f"In {term} the number {name} ({x.min():g} to {x.max():g}) is far from zero, "
                    f"where the coefficients of the other terms hold; write C({name}), or centre "
                    f"it: I({name} - {np.floor(x.min()):g})"
                )
    if not model.df > 0:
        told.append(
            f"No tests or intervals of coefficients: {model.fit.columns.size} coefficients leave "
            f"df {model.df:g} of the PSUs"
        )
    return told


def refuse_text_numbers(model: Model) -> None:
    """Raise `FormulaError` where a number held as text takes all degrees of freedom."""
    if model.df > 0:
        return
    for name in model.parsed.columns:
        column = model.fit.sample.patterns[name]
        if not isinstance(column.dtype, pd.CategoricalDtype) or column.cat.ordered:
            continue
        labels = column.cat.categories
        if pd.to_numeric(pd.Series(labels.tolist()), errors="coerce").notna().all():
            raise FormulaError(
                f"{name!r} holds numbers as text, so that each of its {len(labels)} values is a "
                f"level, and no degrees of freedom are left (df {model.df:g}); make it a number "
                "by pandas.to_numeric, or coarser groups"
            )
