"""The logistic model of who answers: its columns, its fit, and fits to many replicates at once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, sparse
from scipy.special import expit

from survey_stats.errors import DesignError, InputError, UnknownNameError, enumerate_first
from survey_stats.weight.calibration.normal import gram, independent
from survey_stats.weight.cells import FloatArray, IntArray
from survey_stats.weight.frames import BoolArray, add_up, column, names_of

_COLOURS = re.compile(r"\x1b\[[0-9;]*m|⧛|⧚")
_WHAT = "the response model"
# a linear predictor beyond this looks like a maximum at infinity, and is then proved to be one
_FAR = 12.0
_MOST = 60
_EXACT = 1e-12
_ENTRIES = 1 << 23


@dataclass(frozen=True, eq=False)
class Design:
    """The model's matrix, by groups of rows that have the same values in all columns used.

    Attributes:
        x: the matrix by group, (G, k), with columns scaled to a largest size of 1.
        code: the group of each row that counts.
        size: what the columns were divided by, (k,).
        names: of the k columns.
        on: the frame's columns that they are made of.
    """

    x: FloatArray
    code: IntArray
    size: FloatArray
    names: tuple[str, ...]
    on: tuple[str, ...]

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Sums by group of amounts by row that counts, (G,)."""
        return add_up(self.code, amounts, len(self.x))


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of the scaled columns (k,), robust errors, and chances by group (G,)."""

    coefficients: FloatArray
    errors: FloatArray
    chance: FloatArray


def design_matrix(
    frame: pd.DataFrame, model: str | Sequence[str], responded: str, counted: BoolArray
) -> Design:
    """The columns of a formula's right side, or of main effects of the columns named.

    Raises:
        InputError: the formula cannot be read or evaluated, or a column is missing somewhere.
        UnknownNameError: the frame has no such column.
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    if isinstance(model, str):
        left, _, right = model.rpartition("~")
        if left.strip().strip("`") not in ("", responded):
            raise InputError(
                f"The left side of {model!r} is not {responded!r}, the column that says who "
                "answered; write the right side only"
            )
        text = right.strip()
    else:
        text = " + ".join(f"`{name}`" for name in names_of(model, _WHAT))
    if not text:
        raise InputError("The response model is empty; name at least one column, or write '1'")
    try:
        formula = Formula(text)
        needed = sorted(map(str, formula.required_variables))
    except (FormulaicError, SyntaxError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"The response model {text!r} cannot be read: {_plain(error)}") from error
    if responded in needed:
        raise InputError(f"{responded!r} says who answered and cannot explain it; leave it out")
    columns = {}
    for name in needed:
        if name not in frame.columns:
            raise UnknownNameError("column", name, frame.columns, "the frame (response model)")
        columns[name] = _plain_column(column(frame, name, counted, _WHAT)[counted])
    rows = pd.DataFrame(columns, index=pd.RangeIndex(int(counted.sum())))
    try:
        with np.errstate(all="ignore"):
            made: Any = formula.get_model_matrix(
                rows, context={"np": np}, na_action="ignore", output="pandas"
            )
    except (FormulaicError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The response model {text!r} cannot be evaluated: {_plain(error)}"
        ) from error
    matrix = np.asarray(made, dtype=np.float64)
    names = tuple(map(str, made.columns))
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
    if bad.size:
        raise InputError(
            f"The terms {enumerate_first([names[j] for j in bad])} of the response model are "
            "missing or infinite in some rows; transform other values"
        )
    code = np.zeros(len(rows), dtype=np.intp)
    if needed:
        found = rows.groupby(needed, observed=True, sort=True).ngroup()
        code = np.asarray(found, dtype=np.intp)
    first = np.unique(code, return_index=True)[1]
    size = np.abs(matrix).max(axis=0, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    on = tuple(n for n in map(str, frame.columns) if n in needed)
    return Design(matrix[first] / size, code, size, names, on)


def _plain(error: Exception) -> str:
    return " ".join(_COLOURS.sub("", str(error)).split())


def _plain_column(values: pd.Series) -> pd.Series:
    """Levels that nobody has are no columns; nullable numbers are plain ones."""
    kind = values.dtype
    plain: pd.Series = values.astype(object).map(str)
    if isinstance(kind, pd.CategoricalDtype):
        plain = values.cat.remove_unused_categories()
    elif pd.api.types.is_bool_dtype(kind):
        plain = values.astype(bool)
    elif pd.api.types.is_numeric_dtype(kind):
        plain = values.astype(np.float64)
    return plain.reset_index(drop=True)


def fit(design: Design, answered: BoolArray, amount: FloatArray) -> Fit:
    """Maximum (pseudo) likelihood with the weights `amount`, all (rows that count,).

    Raises:
        DesignError: columns are redundant, or the likelihood has no maximum because some group
            answered without exception, or not at all.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    if answered.all() or not answered.any():
        who = "Everybody" if answered.all() else "Nobody"
        raise DesignError(
            f"{who} answered, so there is no chance of answering to estimate; keep the rows of "
            "who was drawn and did not answer, and name the column that tells them apart"
        )
    all_of, yes = design.sums(amount), design.sums(amount * answered)
    kept = independent(gram(design.x, all_of))
    redundant = np.setdiff1d(np.arange(len(design.names)), kept)
    if redundant.size:
        raise DesignError(
            f"The terms {enumerate_first([design.names[j] for j in redundant])} of the response "
            "model are 0 in all rows or follow from the others; leave them out"
        )
    x, scale = design.x, amount.mean()
    all_of, yes = all_of / scale, yes / scale
    with warnings.catch_warnings():
        # whether the fit is one is found out below
        warnings.simplefilter("ignore")
        try:
            model = sm.GLM(yes / all_of, x, family=sm.families.Binomial(), var_weights=all_of)
            result = model.fit(maxiter=_MOST, tol=_EXACT)
        except (PerfectSeparationError, np.linalg.LinAlgError):
            _refuse_separation(design, all_of, yes)
            raise DesignError(
                "The response model cannot be fitted; scale its numeric columns or use fewer terms"
            ) from None
    coefficients = np.asarray(result.params, dtype=np.float64)
    score = x.T @ (yes - all_of * expit(x @ coefficients))
    size = np.abs(x).T @ all_of
    settled = bool(np.isfinite(coefficients).all() and (np.abs(score) <= 1e-7 * size).all())
    if not settled or np.abs(x @ coefficients).max() > _FAR:
        _refuse_separation(design, all_of, yes)
    if not settled:
        raise DesignError(
            "The fit of the response model does not converge; scale its numeric columns or use "
            "fewer terms"
        )
    # one more step, so that the score equations that the variance rests on hold to rounding
    chance = expit(x @ coefficients)
    inverse = np.linalg.inv(gram(x, all_of * chance * (1 - chance)))
    coefficients = coefficients + inverse @ (x.T @ (yes - all_of * chance))
    chance = expit(x @ coefficients)
    squares = np.square(amount / scale * (answered - chance[design.code]))
    meat = gram(x, design.sums(squares))
    return Fit(coefficients, np.sqrt(np.diag(inverse @ meat @ inverse)), chance)


def _refuse_separation(design: Design, all_of: FloatArray, yes: FloatArray) -> None:
    """Refuse a likelihood without a maximum.

    There is none where a direction β has x'β >= 0 for all who answered, <= 0 for all who did not,
    and not 0 for all (Albert and Anderson 1984, Biometrika 71(1)); found by a linear programme
    (Konis 2007, Linear Programming Algorithms for Detecting Separated Data, Oxford).
    """
    toward = np.vstack([design.x[yes > 0], -design.x[yes < all_of]])
    found = optimize.linprog(
        -toward.sum(axis=0), A_ub=-toward, b_ub=np.zeros(len(toward)), bounds=(-1, 1)
    )
    if found.x is None or (toward @ found.x).max() < 1e-6:
        return
    terms = [design.names[j] for j in np.flatnonzero(np.abs(found.x) > 1e-6)]
    raise DesignError(
        "The response model has no finite fit: some group answered without exception, or not at "
        f"all (terms {enumerate_first(terms)}); merge levels or use fewer terms"
    )


def fit_many(x: FloatArray, all_of: FloatArray, yes: FloatArray, start: FloatArray) -> FloatArray:
    """Coefficients (k, R) of R weighted logistic fits to the same groups, by Newton's method.

    Args:
        x: the model's matrix by group, (G, k).
        all_of, yes: sums of weights by group of everybody and of who answered, (G, R).
        start: coefficients to begin from, (k,).

    A fit whose maximum lies at infinity stops where its score is 0 to rounding; chances of
    answering have then reached their limit, though coefficients have not.

    Raises:
        DesignError: a fit does not converge; the text names the replicate.
    """
    k, R = start.size, all_of.shape[1]
    beta = np.repeat(start[:, None], R, axis=1)
    size = np.abs(x).T @ all_of
    size[size == 0] = 1.0
    first, second = np.triu_indices(k)
    open_ = np.arange(R)
    for _ in range(_MOST):
        b, n, y = beta[:, open_], all_of[:, open_], yes[:, open_]
        p = expit(x @ b)
        score = x.T @ (y - n * p)
        moving = np.flatnonzero((np.abs(score) > _EXACT * size[:, open_]).any(axis=0))
        if not moving.size:
            return beta
        open_, b, n, y, p = open_[moving], b[:, moving], n[:, moving], y[:, moving], p[:, moving]
        bend = n * p * (1 - p)
        packed = np.zeros((first.size, open_.size))
        step_rows = max(1, _ENTRIES // first.size)
        for begin in range(0, len(x), step_rows):
            rows = slice(begin, begin + step_rows)
            packed += (x[rows, first] * x[rows, second]).T @ bend[rows]
        hessian = np.zeros((open_.size, k, k))
        hessian[:, first, second] = packed.T
        hessian[:, second, first] = packed.T
        diagonal = np.einsum("rii->ri", hessian)
        diagonal += 1e-13 * np.where(diagonal > 0, diagonal, 1.0)
        beta[:, open_] = _climb(x, b, _solve(hessian, score[:, moving]), n, y)
        rounding = np.abs(beta[:, open_] - b).max(axis=0) <= 1e-13 * np.abs(b).max(axis=0)
        open_ = open_[~rounding]
        if not open_.size:
            return beta
    raise DesignError(
        f"The response model cannot be fitted in replicate {int(open_[0]) + 1}; use fewer terms, "
        "or replicates that drop nobody (kind='fay')"
    )


def _solve(hessian: FloatArray, score: FloatArray) -> FloatArray:
    """H⁻¹ times the score, (k, R), for H (R, k, k); the shortest where H is singular."""
    try:
        step = np.linalg.solve(hessian, score.T[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        step = (np.linalg.pinv(hessian, hermitian=True) @ score.T[:, :, None])[:, :, 0]
    return step.T.astype(np.float64, copy=False)


def _climb(
    x: FloatArray, beta: FloatArray, step: FloatArray, n: FloatArray, y: FloatArray
) -> FloatArray:
    """Newton steps, halved where the likelihood falls; (k, R)."""

    def likelihood(b: FloatArray, part: IntArray) -> FloatArray:
        eta = x @ b
        value: FloatArray = (y[:, part] * eta - n[:, part] * np.logaddexp(0.0, eta)).sum(axis=0)
        return value

    every = np.arange(beta.shape[1])
    before = likelihood(beta, every)
    length = np.ones(every.size)
    left = every
    for _ in range(40):
        after = likelihood(beta[:, left] + length[left] * step[:, left], left)
        fell = ~(after >= before[left] - 1e-12 * np.abs(before[left]))
        left = left[fell]
        if not left.size:
            break
        length[left] *= 0.5
    length[left] = 0.0
    return np.asarray(beta + length * step)


@dataclass(frozen=True, eq=False)
class LogitRefit:
    """The response model fitted again; patterns are group x answered (x weight, if unweighted).

    Attributes:
        code, size: the pattern of each row, and how many there are.
        x: the model's matrix by group, (G, k).
        group: the group of each pattern, (P,); G for rows that the step leaves alone.
        answered: whether the pattern's people answered, (P,).
        unit: the weight that counts as one, (P,); 1 where the fit is weighted.
        start: the coefficients of the whole sample, (k,).
    """

    code: IntArray
    size: int
    x: FloatArray
    group: IntArray
    answered: BoolArray
    unit: FloatArray
    start: FloatArray

    def factors(self, weights: FloatArray) -> FloatArray:
        """The inverse of the chance of answering of who did, 0 for who did not, (P, R)."""
        inside = self.group < len(self.x)
        gather = sparse.csr_array(
            (1 / self.unit[inside], (self.group[inside], np.flatnonzero(inside))),
            shape=(len(self.x), self.size),
        )
        all_of = np.asarray(gather @ weights)
        yes = np.asarray(gather @ (weights * self.answered[:, None]))
        beta = fit_many(self.x, all_of, yes, self.start)
        with np.errstate(over="ignore"):
            inverse = 1 + np.exp(-(self.x @ beta))[self.group[inside]]
        out = np.ones_like(weights)
        out[inside] = np.where(self.answered[inside, None], inverse, 0.0)
        # who is not in the replicate may have any chance there, even none
        out[(weights == 0) & ~np.isfinite(out)] = 1.0
        return out
