"""Replicate weights: read and checked, or made from the strata and PSUs of a design."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.errors import DesignError, InputError, enumerate_first
from survey_stats.estimate.columns import Floats, Ints, column, cross
from survey_stats.estimate.design import Design, Stage
from survey_stats.estimate.hadamard import hadamard

ReplicateKind = Literal["brr", "fay", "jk1", "jkn", "jk2", "bootstrap", "sdr", "other"]
MadeKind = Literal["jkn", "bootstrap", "brr", "fay"]
# kinds whose replicate weights may be negative after weighting, as some of the ACS are
SIGNED_KINDS = ("sdr", "other")
# entries of a matrix of replicate factors that still fit comfortably in memory
MOST_ENTRIES = 250_000_000
# entries of products of factors handled at a time
_BLOCK = 1 << 22


@dataclass(frozen=True)
class ReplicateWeights:
    """Replicate weights that came with the data.

    Parameters
    ----------
    columns: the column names, or a prefix: every column named by the prefix and a number
        ("rep" means rep1, rep2 or rep_01, and never rep_flag)
    kind: "brr", "fay" (with `rho`), "jk1", "jkn", "jk2", "bootstrap", "sdr" (successive
        differences, as in the American Community Survey) or "other"; only the last two may
        hold negative weights
    rho: what Fay's method leaves of the dropped halves
    scale, rscales: the variance is scale * sum(rscales * (replicate - centre)^2). Defaults:
        1/R for brr, 1/(R (1 - rho)^2) for fay, (R - 1)/R for jk1, 1 for jk2, 1/(R - 1) for
        bootstrap, 4/R for sdr, with rscales of 1. jkn needs rscales (n_h - 1)/n_h; "other"
        needs both
    mse: centre at the full-sample estimate instead of the mean of the replicates
    combined: False when the columns hold factors to be multiplied with the weights
    df: degrees of freedom; by default the rank of the replicate weights less one
    """

    columns: str | Sequence[str]
    kind: ReplicateKind
    rho: float | None = None
    scale: float | None = None
    rscales: Sequence[float] | None = None
    mse: bool = False
    combined: bool = True
    df: float | None = None


@dataclass(frozen=True, eq=False)
class Factor:
    """What weights are multiplied by in each replicate, by unit: `matrix[u, r]`.

    `code` gives the unit of each row, None where rows are units.
    """

    code: Ints | None
    matrix: Floats

    def units(self, rows: slice | Ints) -> Ints | slice:
        """The units of some rows."""
        return rows if self.code is None else self.code[rows]


@dataclass(frozen=True, eq=False)
class Replicates:
    """Replicate weights ready for use.

    The weight of a row in a replicate is the product of its `factors`: of the draw, and of every
    step of the weighting, made again. It is the weight itself when `combined`, else what the
    weight is multiplied by.
    """

    kind: str
    factors: tuple[Factor, ...]
    combined: bool
    scale: float
    rscales: Floats
    mse: bool
    df: float
    designed: bool

    @property
    def n(self) -> int:
        return int(self.factors[0].matrix.shape[1])

    @cached_property
    def _kinds(self) -> tuple[Ints | None, Ints]:
        """The kind of each row, None where rows are kinds, and a row of each kind, (K,).

        Rows of a kind are in the same unit of every factor.
        """
        first, *more = self.factors
        if not more or first.code is None:
            rows = first.matrix.shape[0]
            return first.code, np.arange(rows)
        codes = [f.code for f in self.factors if f.code is not None]
        code, present = cross(codes, [f.matrix.shape[0] for f in self.factors], complete=True)
        example = np.empty(present.size, dtype=np.intp)
        example[code[::-1]] = np.arange(code.size)[::-1]
        return code, example

    @property
    def unit(self) -> Ints | None:
        """The row of `matrix` of each respondent, (n,); None where they are the same."""
        return self._kinds[0]

    @cached_property
    def matrix(self) -> Floats:
        """The product of the factors by kind of row, (K, R)."""
        return self._block(slice(None))

    def _block(self, kinds: slice) -> Floats:
        first, *more = self.factors
        if not more:
            return first.matrix[kinds]
        rows = self._kinds[1][kinds]
        block: Floats = first.matrix[first.units(rows)]
        for factor in more:
            block = block * factor.matrix[factor.units(rows)]
        return block

    def sums(self, code: Ints, size: int, values: Floats, rows: Ints | None = None) -> Floats:
        """Sums of `values` times the replicate factors by code, (size, R).

        All three are by row, of those numbered `rows` or of all.
        """
        rows = np.arange(code.size) if rows is None else rows
        kind = self._kinds[0]
        width = self._kinds[1].size
        at = rows if kind is None else kind[rows]
        tally = sparse.csc_array(sparse.csr_array((values, (code, at)), shape=(size, width)))
        step = width if len(self.factors) == 1 else max(1, _BLOCK // self.n)
        result = np.zeros((size, self.n))
        for start in range(0, width, step):
            part = slice(start, start + step)
            result += np.asarray(tally[:, part] @ self._block(part))
        return result

    def column(self, r: int, n: int) -> Floats:
        """The replicate factors of all n rows in replicate r."""
        whole = np.ones(n)
        for factor in self.factors:
            whole *= factor.matrix[:, r][factor.units(slice(None))]
        return whole

    def then(self, code: Ints, matrix: Floats) -> Replicates:
        """The replicates with one more factor."""
        return replace(self, factors=(*self.factors, Factor(code, matrix)))

    def deviations(self, thetas: Floats, theta: Floats) -> Floats:
        """Centred and scaled replicates (R, C) whose cross product is the covariance.

        Replicates without an estimate (a domain that they empty) are left out, as in R survey.
        """
        known = ~np.isnan(thetas)
        if self.mse:
            centre = theta
        else:
            used = known & (self.rscales > 0)[:, None]
            with np.errstate(invalid="ignore", divide="ignore"):
                centre = np.where(used, thetas, 0.0).sum(axis=0) / used.sum(axis=0)
        gap = np.where(known, thetas - centre, 0.0)
        gap *= np.sqrt(self.scale * self.rscales)[:, None]
        gap[:, ~known.any(axis=0)] = np.nan
        return gap


def read(frame: pd.DataFrame, given: ReplicateWeights, weights: Floats) -> Replicates:
    """Read replicate weights from `frame`, refusing what does not fit their kind."""
    names = names_of(frame, given)
    n = len(names)
    matrix = np.empty((len(frame), n))
    for j, name in enumerate(names):
        matrix[:, j] = column(frame, name, "replicate weight").to_numpy(np.float64, na_value=np.nan)
    signed = given.kind in SIGNED_KINDS
    bad = ~np.isfinite(matrix) | ((matrix < 0) & (not signed))
    if bad.any():
        rows, cols = np.nonzero(bad)
        what = "missing or infinite" if signed else "missing, infinite or negative"
        raise DesignError(
            f"The replicate weights {enumerate_first([names[j] for j in np.unique(cols)])} are "
            f"{what} in rows {enumerate_first(np.unique(rows).tolist())}"
        )
    scale, rscales = _scales(given, n)
    full = matrix if given.combined else matrix * weights[:, None]
    zero = matrix[weights > 0] == 0
    by_row = zero.sum(axis=1)
    zeros = Zeros(zero.mean(axis=0), int(by_row.min(initial=1)), int(by_row.max(initial=0)))
    check_kind(given, names, full.sum(axis=0) / weights.sum(), zeros)
    df = given.df if given.df is not None else _rank(matrix, weights, given.combined) - 1
    return Replicates(
        given.kind,
        (Factor(None, matrix),),
        given.combined,
        scale,
        rscales,
        given.mse,
        float(df),
        False,
    )


def with_sums(design: Design, given: ReplicateWeights, sums: Floats, df: float) -> Design:
    """`design` with replicate weights that were summed over the respondents of each row, (n, R)."""
    scale, rscales = _scales(given, sums.shape[1])
    factors = (Factor(None, sums),)
    found = Replicates(given.kind, factors, True, scale, rscales, given.mse, df, False)
    return _with(design, found)


def names_of(frame: pd.DataFrame, given: ReplicateWeights) -> list[str]:
    """The columns of `frame` that hold the replicate weights."""
    if given.kind not in get_args(ReplicateKind):
        kinds = ", ".join(get_args(ReplicateKind))
        raise InputError(f"kind={given.kind!r} is no kind of replicate weights; use one of {kinds}")
    return _columns(frame, given.columns)


def _columns(frame: pd.DataFrame, wanted: str | Sequence[str]) -> list[str]:
    if not isinstance(wanted, str):
        names = list(wanted)
        for name in names:
            column(frame, name, "replicate weight")
    else:
        pattern = re.compile(re.escape(wanted) + r"_?(\d+)")
        found = [(int(m[1]), str(c)) for c in frame.columns if (m := pattern.fullmatch(str(c)))]
        found.sort()
        names = [name for _, name in found]
        numbers = [number for number, _ in found]
        if numbers:
            gaps = sorted(set(range(numbers[0], numbers[0] + len(numbers))) - set(numbers))
            if gaps or len(set(numbers)) < len(numbers):
                raise DesignError(
                    f"The replicate weights {wanted!r} run from {numbers[0]} to {numbers[-1]} but "
                    f"there are {len(numbers)} columns; name them in a list if that is right"
                )
    if not names:
        raise DesignError(
            f"No column is named {wanted!r} and a number; give what the names of the replicate "
            "weights begin with ('rep' for rep1, rep2, ...), or a list of the names"
        )
    if len(names) < 2:
        raise DesignError(
            f"There are {len(names)} replicate weights {wanted!r}; a variance needs two or more"
        )
    return names


def _scales(given: ReplicateWeights, n: int) -> tuple[float, Floats]:
    kind, scale, rscales = given.kind, given.scale, given.rscales
    if kind == "fay" and (given.rho is None or not 0 < given.rho < 1):
        raise DesignError(f"Fay's method needs rho between 0 and 1, not {given.rho!r}")
    if kind != "fay" and given.rho is not None:
        raise DesignError(f"rho belongs to kind='fay', not to {kind!r}")
    if kind == "jkn" and rscales is None:
        raise DesignError(
            "kind='jkn' needs rscales, (n_h - 1)/n_h of the stratum of each replicate"
        )
    if kind == "other" and (scale is None or rscales is None):
        raise DesignError("kind='other' needs both scale and rscales")
    if kind in ("brr", "fay", "jk2", "sdr") and (scale is not None or rscales is not None):
        raise DesignError(
            f"The scale of {kind!r} follows from its kind; leave scale and rscales out"
        )
    if rscales is not None and len(rscales) != n:
        raise DesignError(f"rscales has {len(rscales)} values for {n} replicate weights")
    if scale is None:
        rho = given.rho or 0.0
        scale = {
            "brr": 1 / n,
            "fay": 1 / (n * (1 - rho) ** 2),
            "jk1": (n - 1) / n,
            "bootstrap": 1 / (n - 1),
            "sdr": 4 / n,
        }.get(kind, 1.0)
    return scale, np.ones(n) if rscales is None else np.asarray(rscales, dtype=np.float64)


class Zeros(NamedTuple):
    """Where replicate weights are zero among respondents who have a weight.

    `dropped` is the part of them in each replicate (R,), `least` and `most` of how many replicates
    a respondent is dropped.
    """

    dropped: Floats
    least: int
    most: int


def check_kind(given: ReplicateWeights, names: Sequence[str], ratio: Floats, zeros: Zeros) -> None:
    """Refuse replicate weights that cannot come from their kind.

    `ratio` (R,) are their sums over that of the weights. Zeros survive calibration of the
    replicates, exact factors do not, so only they are judged.
    """
    off = np.flatnonzero((ratio < 0.2) | (ratio > 5))
    if off.size:
        hint = "combined=False if they are factors" if given.combined else "combined=True if they"
        hint += "" if given.combined else " already include the weights"
        raise DesignError(
            f"The replicate weights {enumerate_first([names[j] for j in off.tolist()])} sum to "
            f"{ratio[off[0]]:.3g} times the weights; use {hint}"
        )
    dropped, problem = zeros.dropped, None
    if given.kind == "brr" and ((dropped < 0.1) | (dropped > 0.9)).any():
        problem = "each should drop about half of the sample (kind='fay' leaves a part of it)"
    elif given.kind in ("fay", "sdr") and (dropped > 0.1).any():
        problem = "none should drop respondents"
    elif given.kind == "jk1" and (zeros.least, zeros.most) != (1, 1):
        problem = "each respondent should be dropped in exactly one of them"
    elif given.kind == "jkn" and (zeros.most > 1 or (dropped == 0).any()):
        problem = "each should drop one PSU, and each respondent be dropped at most once"
    elif given.kind == "jk2" and (dropped == 0).any():
        problem = "each should drop one PSU of a pair"
    if problem:
        raise DesignError(
            f"The replicate weights {names[0]} ... {names[-1]} do not match kind={given.kind!r}: "
            f"{problem}"
        )


def _rank(matrix: Floats, weights: Floats, combined: bool) -> int:
    full = matrix if combined else matrix * weights[:, None]
    return rank_of(full.T @ full)


def rank_of(products: Floats) -> int:
    """The rank of replicate weights from the sums of their products, (R, R)."""
    norms = np.sqrt(np.diag(products))
    scale = np.where(norms > 0, norms, 1.0)
    values = np.linalg.eigvalsh(products / np.outer(scale, scale))
    return int((values > 1e-10 * values[-1]).sum())


def with_given(design: Design, frame: pd.DataFrame, given: ReplicateWeights) -> Design:
    """`design` with the replicate weights of `frame` in place of strata and clusters."""
    return _with(design, read(frame, given, design.weights))


def _with(design: Design, found: Replicates) -> Design:
    inside = design.weights > 0
    if found.combined:
        # the weight of a replicate may stand where that of the sample is zero
        inside = inside | (found.matrix != 0).any(axis=1)
    return replace(
        design,
        replicates=found,
        inside=None if inside.all() else inside,
        text=f"{design.text}, {found.n} {found.kind} replicates",
    )


def make(
    kind: MadeKind, stage: Stage, design: Design, replicates: int, seed: int, rho: float
) -> Replicates:
    """Replicate factors of the first stage of a design.

    "jkn" drops each PSU in turn (JK1 when there is one stratum); "bootstrap" is Rao and Wu's
    (1988, JASA 83) rescaled bootstrap with n_h - 1 draws, with the finite population correction;
    "brr" and "fay" need two PSUs in every stratum (McCarthy 1969; Judkins 1990, J. Official
    Statistics 6).
    """
    if kind not in get_args(MadeKind):
        raise InputError(
            f"kind={kind!r} cannot be made; use one of {', '.join(get_args(MadeKind))}"
        )
    unit = stage.unit
    if kind == "jkn":
        matrix, rscales, scale = _jackknife(stage, design.lonely_psu)
    elif kind == "bootstrap":
        if replicates < 2:
            raise InputError(f"replicates={replicates}; a bootstrap needs two or more")
        _check_size(stage.n_units, replicates)
        matrix = _bootstrap(stage, replicates, seed)
        rscales, scale = np.ones(replicates), 1 / (replicates - 1)
    else:
        left = rho if kind == "fay" else 0.0
        if kind == "fay" and not 0 < rho < 1:
            raise DesignError(f"Fay's method needs rho between 0 and 1, not {rho!r}")
        matrix = _half_samples(stage, left)
        rscales = np.ones(matrix.shape[1])
        scale = 1 / (matrix.shape[1] * (1 - left) ** 2)
    if unit is None:
        # units of a directly drawn sample are its rows, which need not be sorted by stratum
        order = np.argsort(stage.stratum, kind="stable")
        unsorted = np.ones((design.n, matrix.shape[1]))
        unsorted[order[design.weights[order] > 0]] = matrix
        matrix = unsorted
    df = min(stage.n_units - stage.n_strata, matrix.shape[1] - 1)
    return Replicates(kind, (Factor(unit, matrix),), False, scale, rscales, False, float(df), True)


def _check_size(units: int, replicates: int) -> None:
    if units * replicates > MOST_ENTRIES:
        raise DesignError(
            f"{replicates} replicates of {units} units do not fit in memory; "
            "use linearisation, or fewer bootstrap replicates"
        )


def _jackknife(stage: Stage, lonely_psu: str) -> tuple[Floats, Floats, float]:
    units, size = stage.n_units, stage.size
    _check_size(units, units)
    unit_stratum = np.repeat(np.arange(stage.n_strata), size)
    grown = size / np.maximum(size - 1, 1)
    same = unit_stratum[:, None] == unit_stratum[None, :]
    matrix = np.where(same, grown[unit_stratum][None, :], 1.0)
    np.fill_diagonal(matrix, 0.0)
    rscales = (1 / grown * (1 - stage.fraction))[unit_stratum]
    lonely = (size == 1)[unit_stratum]
    if not lonely.any():
        return matrix, rscales, 1.0
    scale = 1.0
    if lonely_psu == "adjust":
        strata = stage.n_strata
        open_ = lonely & stage.lonely[unit_stratum]
        matrix[:, open_] = np.where(same[:, open_], 0.0, strata / (strata - 1))
        rscales[open_] = (strata - 1) / strata
        lonely = lonely & ~open_
    elif lonely_psu == "average":
        scale = units / (units - int((lonely & stage.lonely[unit_stratum]).sum()))
    return matrix[:, ~lonely], rscales[~lonely], scale


def _bootstrap(stage: Stage, replicates: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    matrix = np.ones((stage.n_units, replicates))
    for start, size, fraction in zip(
        stage.starts.tolist(), stage.size.tolist(), stage.fraction.tolist(), strict=True
    ):
        if size < 2:
            continue
        draws = rng.multinomial(size - 1, np.full(size, 1 / size), size=replicates).T
        shrink = np.sqrt(1 - fraction)
        matrix[start : start + size] = 1 - shrink + shrink * draws * (size / (size - 1))
    return matrix


def _half_samples(stage: Stage, rho: float) -> Floats:
    wrong = np.flatnonzero(stage.size != 2)
    if wrong.size:
        raise DesignError(
            f"Balanced half-samples need two PSUs in every stratum; {wrong.size} strata have "
            f"another number (strata number {enumerate_first((wrong + 1).tolist())}); "
            "use kind='jkn' or 'bootstrap'"
        )
    signs = hadamard(stage.n_strata + 1)[1 : stage.n_strata + 1]
    matrix = np.empty((stage.n_units, signs.shape[1]))
    matrix[0::2] = 1 + signs * (1 - rho)
    matrix[1::2] = 1 - signs * (1 - rho)
    return matrix
