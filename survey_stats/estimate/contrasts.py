"""Linear contrasts and smooth functions of estimates, with the delta method."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate.columns import Floats, Ints
from survey_stats.estimate.intervals import t_quantile
from survey_stats.estimate.scores import Scores
from survey_stats.estimate.tally import add_up
from survey_stats.labels import Language
from survey_stats.results import Metadata, html_table

# rounding of a standard error of zero, relative to what it is the error of
ROUNDING = 1e-12

# coefficients by row, either one for each row or by the key of the rows that count
Coefficients = Sequence[float] | Floats | Mapping[Hashable, float]


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Labelled combinations of estimates, one row each.

    Attributes
    ----------
    metadata: that of the estimates, with the statistic "contrast of ..." or "function of ..."
    labels: frame of the label columns
    estimate, se, ci_low, ci_high: the combination and its interval at `metadata.level`
    statistic, df, p_value: t test that it is `null`
    null: value under the null hypothesis
    flag: "" or why a number is missing
    """

    metadata: Metadata
    labels: pd.DataFrame
    estimate: Floats
    se: Floats
    ci_low: Floats
    ci_high: Floats
    statistic: Floats
    df: Floats
    p_value: Floats
    null: float
    flag: Sequence[str]
    scores: Scores = field(repr=False)

    def __len__(self) -> int:
        return self.estimate.size

    def to_frame(self) -> pd.DataFrame:
        """One row a contrast: the labels, then the numbers."""
        columns: dict[str, Any] = {str(c): self.labels[c] for c in self.labels.columns}
        for name in (
            *("estimate", "se", "ci_low", "ci_high"),
            *("statistic", "df", "p_value", "flag"),
        ):
            columns[name] = getattr(self, name)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(self)))
        frame.attrs.update(self.metadata.to_dict())
        return frame

    def cov(self) -> Floats:
        """Covariance of the contrasts, in row order."""
        return self.scores.covariance()

    def plot(self, *, ax: Any = None, lang: Language = "sv") -> Any:
        """Points with their intervals and a line at `null`; see `estimate.plot.draw`."""
        from survey_stats.estimate.plot import draw

        return draw(self, ax, lang)

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), self.metadata.caption(), {"df": 0})

    def __repr__(self) -> str:
        frame = self.to_frame()
        shown = frame if (frame["flag"] != "").any() else frame.drop(columns="flag")
        text = shown.to_string(
            index=False, float_format="{:.4g}".format, formatters={"df": "{:.7g}".format}
        )
        return f"Contrasts: {self.metadata.caption()}\n{text}"


def combine(
    metadata: Metadata,
    labels: pd.DataFrame,
    estimate: Floats,
    gradient: sparse.csc_array,
    rows: Floats,
    scores: Scores,
    df: float | None,
    null: float,
) -> Contrasts:
    """Contrasts from their values (C,), their gradients (R, C) and the estimates by row (R,)."""
    unknown = np.isnan(gradient.data)
    slopes = gradient.copy()
    slopes.data = np.where(unknown, 0.0, slopes.data)
    used = scores.combine(slopes)
    variance = used.variance()
    column = np.repeat(np.arange(estimate.size), np.diff(gradient.indptr))
    variance[column[unknown]] = np.nan
    variance[np.isnan(estimate)] = np.nan
    degrees = scores.df_of(gradient) if df is None else np.full(estimate.size, float(df))
    se = np.sqrt(np.maximum(variance, 0.0))
    # less than this is the rounding of a standard error of zero, which says nothing
    size = np.fmax(values(abs(slopes), np.abs(rows)), np.abs(estimate - null))
    still = (se == 0) | (se < ROUNDING * size)
    half = t_quantile(degrees, metadata.level) * np.where(still, np.nan, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (estimate - null) / se
        p = 2 * special.stdtr(np.maximum(degrees, 1e-300), -np.abs(statistic))
    statistic[still] = np.nan
    p = np.where((degrees > 0) & ~still, p, np.nan)
    flag = np.full(estimate.size, "", dtype=object)
    flag[still] = "no test or interval: the standard error is zero"
    flag[degrees <= 0] = "no interval: no df"
    flag[np.isnan(se)] = "no standard error"
    flag[np.isnan(estimate)] = "an estimate is missing"
    return Contrasts(
        metadata,
        labels,
        estimate,
        se,
        estimate - half,
        estimate + half,
        statistic,
        degrees,
        p,
        null,
        flag.tolist(),
        used,
    )


def values(weights: sparse.csc_array, estimate: Floats) -> Floats:
    """Linear combinations (C,) of estimates (R,); one that is missing reaches those it is in."""
    terms = weights.data * estimate[weights.indices]
    column = np.repeat(np.arange(weights.shape[1]), np.diff(weights.indptr))
    return add_up(column, terms, weights.shape[1])


def weights_of(keys: pd.DataFrame, wanted: Mapping[str, Coefficients]) -> sparse.csc_array:
    """Coefficients (R, C) of labelled contrasts over rows with these keys; none of them zero."""
    check_labelled(wanted)
    rows = len(keys)
    if rows and keys.shape[1] == 1:
        index = {k: i for i, k in enumerate(keys.iloc[:, 0].tolist())}
    else:
        index = {k: i for i, k in enumerate(keys.itertuples(index=False, name=None))}
    at: list[Ints] = []
    data: list[Floats] = []
    for label, coefficients in wanted.items():
        if isinstance(coefficients, Mapping):
            for key in coefficients:
                if key not in index:
                    raise UnknownNameError("row", key, index, where=f"contrast {label!r}")
            place = np.array([index[key] for key in coefficients], dtype=np.intp)
            given = np.array(list(coefficients.values()), dtype=np.float64)
        else:
            given = np.asarray(coefficients, dtype=np.float64)
            if given.shape != (rows,):
                raise InputError(
                    f"Contrast {label!r} has {given.size} coefficients for {rows} rows; "
                    "give one for each row, or a mapping from row keys"
                )
            place = np.arange(rows)
        at.append(place[given != 0])
        data.append(given[given != 0])
    ends = np.cumsum([0, *(part.size for part in at)])
    if not at:
        return sparse.csc_array((rows, 0))
    return sparse.csc_array((np.concatenate(data), np.concatenate(at), ends), (rows, len(at)))


def check_labelled(wanted: object) -> None:
    """Raise `InputError` unless contrasts or functions are a mapping from labels."""
    if not isinstance(wanted, Mapping):
        raise InputError(
            f"Contrasts are given with their labels, not as {type(wanted).__name__}; write "
            '{"label": ...}'
        )


def gradient(function: Callable[[Any], Any], at: Floats) -> Floats:
    """Gradient of a scalar function at a point, by complex step where the function allows it.

    The complex step (Squire and Trapp 1998, SIAM Review 40) has no cancellation but is wrong,
    without an error, for functions that are not analytic (abs, a norm, a standard deviation). It
    is taken only where it agrees with fourth-order central differences, which stand otherwise.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact = _complex_step(function, at)
        first: Floats | None = None
        # a smaller step where the function is not defined, or far from straight, within the first
        for relative in (1e-3, 1e-5, 1e-7):
            slope = _central(function, at, relative)
            if not np.isfinite(slope).all():
                continue
            if exact is None:
                return slope
            if np.allclose(exact, slope, rtol=1e-5, atol=1e-8 * float(np.abs(slope).max())):
                return exact
            first = slope if first is None else first
    return np.full(at.size, np.nan) if first is None else first


def _complex_step(function: Callable[[Any], Any], at: Floats) -> Floats | None:
    slope = np.empty(at.size)
    try:
        for i in range(at.size):
            moved = at.astype(np.complex128)
            moved[i] += 1e-30j
            slope[i] = complex(function(moved)).imag / 1e-30
    except (TypeError, ValueError, AttributeError):
        return None
    return slope if np.isfinite(slope).all() else None


def _central(function: Callable[[Any], Any], at: Floats, relative: float) -> Floats:
    slope = np.empty(at.size)
    for i in range(at.size):
        step = relative * float(np.fmax(abs(at[i]), 1e-3))

        def moved_by(k: int, i: int = i, step: float = step) -> float:
            point = at.copy()
            point[i] += k * step
            return float(function(point))

        slope[i] = (8 * (moved_by(1) - moved_by(-1)) - (moved_by(2) - moved_by(-2))) / (12 * step)
    return slope


def differences(
    keys: pd.DataFrame, name: str, reference: object
) -> tuple[pd.DataFrame, sparse.csc_array]:
    """Each level of the column `name` less the `reference` level, within the other columns.

    Without a reference, every pair. Returns labels and coefficients (R, C).
    """
    if name not in keys.columns:
        raise UnknownNameError("key column", name, keys.columns)
    others = [c for c in keys.columns if c != name]
    levels = list(dict.fromkeys(keys[name].tolist()))
    if reference is not None and reference not in levels:
        raise UnknownNameError("level", reference, levels, where=f"column {name!r}")
    rows: dict[tuple[Any, ...], dict[Any, int]] = {}
    group_keys = (
        zip(*(keys[c].tolist() for c in others), strict=True) if others else [()] * len(keys)
    )
    for i, (group, value) in enumerate(zip(group_keys, keys[name].tolist(), strict=True)):
        rows.setdefault(group, {})[value] = i
    place = {level: i for i, level in enumerate(levels)}
    labels: list[tuple[Any, ...]] = []
    pairs: list[tuple[int, int]] = []
    for group, at in rows.items():
        own = sorted(at, key=place.__getitem__)
        lows = own if reference is None else [reference] * (reference in at)
        for i, low in enumerate(lows):
            tops = own[i + 1 :] if reference is None else [v for v in own if v != reference]
            labels += [(*group, f"{top} - {low}") for top in tops]
            pairs += [(at[top], at[low]) for top in tops]
    frame = pd.DataFrame(labels, columns=[*others, "contrast"])
    index = np.array(pairs, dtype=np.intp).reshape(-1)
    ends = np.arange(0, index.size + 1, 2)
    signs = np.tile([1.0, -1.0], len(pairs))
    return frame, sparse.csc_array((signs, index, ends), (len(keys), len(pairs)))
