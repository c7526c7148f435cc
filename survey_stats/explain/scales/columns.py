"""A Survey with columns added to its frame; design, weights and what made them stay."""

from __future__ import annotations

from collections.abc import Mapping

from survey_stats.estimate import Survey
from survey_stats.estimate.columns import Floats


def with_columns(survey: Survey, columns: Mapping[str, Floats]) -> Survey:
    """`survey` with more columns (n,) by name, on the same `design` object.

    Results of both have covariances with each other, since errors go by the design.

    >>> import pandas as pd, numpy as np
    >>> survey = Survey(pd.DataFrame({"a": [1, 2, 3]}), name="demo")
    >>> more = with_columns(survey, {"b": np.array([1.0, 0.0, 1.0])})
    >>> more.design is survey.design, list(more.frame), list(survey.frame)
    (True, ['a', 'b'], ['a'])
    """
    frame = survey.frame.assign(**columns)
    frame.attrs.update(survey.frame.attrs)
    return survey._with(frame)
