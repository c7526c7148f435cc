"""Answers that a model foretells with certainty, which make its coefficients infinite.

Data are separated when some direction of the parameters makes no observed answer less likely and
one more likely (Albert and Anderson 1984, Biometrika 71:1; for Poisson models Santos Silva and
Tenreyro 2010, Economics Letters 107:310). Such a direction is found by linear programming (Konis
2007, thesis, Oxford), one row a pattern and answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from survey_stats.errors import enumerate_first
from survey_stats.estimate.columns import Bools, Floats
from survey_stats.explain.models.errors import ConvergenceError, SeparationError

# shares nearer to 0 or 1 than this are looked into
SUSPECT = 1e-7
# entries of the programme up to which a direction is looked for
_MOST_ENTRIES = 40_000_000


def constraints(
    family: str, X: Floats, sums: Floats, values_zero: Bools | None
) -> sparse.csr_array | None:
    """Rows a with `a d >= 0` for every direction d that lowers no likelihood.

    `values_zero` (P,) says for a Poisson family where all answers are zero. None where the family
    knows no separation.
    """
    p = X.shape[1]
    if family == "binomial":
        weight, total = sums.T
        yes, no = total > 0, weight - total > 1e-12 * weight
        return sparse.csr_array(np.vstack([X[yes], -X[no]]))
    if family == "poisson":
        assert values_zero is not None
        return sparse.csr_array(np.vstack([X[~values_zero], -X]))
    if family == "multinomial":
        C = sums.shape[1]
        rows = []
        for c in range(C):
            held = X[sums[:, c] > 0]
            for k in range(C):
                if k == c:
                    continue
                block = np.zeros((held.shape[0], C - 1, p))
                if c > 0:
                    block[:, c - 1] = held
                if k > 0:
                    block[:, k - 1] = -held
                rows.append(sparse.csr_array(block.reshape(held.shape[0], -1)))
        return sparse.csr_array(sparse.vstack(rows, "csr"))
    if family == "ordinal":
        q = sums.shape[1] - 1
        rows = []
        for c in range(q + 1):
            held = X[sums[:, c] > 0]
            for place, sign in ((c, 1.0), (c - 1, -1.0)):
                if 0 <= place < q:
                    threshold = np.zeros((held.shape[0], q))
                    threshold[:, place] = sign
                    rows.append(sparse.csr_array(np.hstack([-sign * held, threshold])))
        return sparse.csr_array(sparse.vstack(rows, "csr"))
    return None


def direction(rows: sparse.csr_array) -> Floats | None:
    """A direction of separation (K,), or None where there is none."""
    scale = np.asarray(abs(rows).max(axis=0).toarray()).ravel()
    scale = np.where(scale > 0, scale, 1.0)
    scaled = sparse.csr_array(rows.multiply(1 / scale[None, :]))
    total = np.asarray(scaled.sum(axis=0)).ravel()
    found: Any = optimize.linprog(  # type: ignore[call-overload]
        -total / max(1.0, float(np.abs(total).max())),
        A_ub=-scaled,
        b_ub=np.zeros(scaled.shape[0]),
        bounds=(-1, 1),
        method="highs",
    )
    if found.x is None or float((scaled @ found.x).max()) < 1e-6:
        return None
    x: Floats = found.x / scale
    return x


def explain(
    family: str,
    X: Floats,
    sums: Floats,
    values_zero: Bools | None,
    patterns: pd.DataFrame,
    counts: Floats,
    names: Sequence[str],
    response: str,
    converged: bool,
) -> None:
    """Raise `SeparationError` where the answers are separated, naming what does it.

    `counts` (P,) are respondents by pattern, `names` (K,) those of the parameters. Without a
    separation raises `ConvergenceError` unless `converged`.
    """
    found = None
    if family in ("binomial", "poisson", "multinomial", "ordinal"):
        entries = X.size * sums.shape[1] ** 2
        if entries <= _MOST_ENTRIES:
            rows = constraints(family, X, sums, values_zero)
            found = direction(rows) if rows is not None else None
    if found is not None:
        moved = np.abs(found) > 1e-6 * np.abs(found).max()
        told = _levels(family, sums, values_zero, patterns, counts, response)
        if not told:
            which = enumerate_first([repr(names[j]) for j in np.flatnonzero(moved).tolist()])
            told = f"a combination of {which} tells {response!r} without error"
        linear = ", or use family='gaussian' (a linear model of the share)"
        raise SeparationError(
            f"The model foretells some answers with certainty, so that coefficients are infinite: "
            f"{told}. Merge these levels with others, leave the term out, or leave these "
            f"respondents out with where={linear if family == 'binomial' else ''}"
        )
    if not converged:
        raise ConvergenceError(
            f"No estimates of the {family} model were found; simplify the formula, or scale "
            "numeric predictors so that they vary by about one"
        )


def _levels(
    family: str,
    sums: Floats,
    values_zero: Bools | None,
    patterns: pd.DataFrame,
    counts: Floats,
    response: str,
) -> str:
    """The first levels, or combinations of two, whose respondents all answered alike."""
    if family == "binomial":
        weight, total = sums.T
        seen = np.stack([weight - total > 1e-12 * weight, total > 0], axis=1)
        words = ["no", "yes"]
    elif family == "poisson":
        assert values_zero is not None
        seen = np.stack([values_zero, ~values_zero], axis=1)
        words = ["0", ""]
    else:
        # only who gives an extreme answer is foretold by an ordinal model
        seen = sums > 0
        words = [f"answer {c + 1}" for c in range(sums.shape[1])]
    columns = [c for c in patterns.columns if isinstance(patterns[c].dtype, pd.CategoricalDtype)]
    for size in (1, 2):
        told = []
        for chosen in combinations(columns, size):
            frame = patterns[list(chosen)].astype(object)
            key = pd.MultiIndex.from_frame(frame) if size > 1 else pd.Index(frame[chosen[0]])
            code, levels = pd.factorize(key)
            for i, level in enumerate(levels):
                inside = code == i
                answers = seen[inside].any(axis=0)
                if answers.sum() != 1 or not words[int(np.argmax(answers))]:
                    continue
                values = level if size > 1 else (level,)
                where = " and ".join(f"{c} = {v!r}" for c, v in zip(chosen, values, strict=True))
                n = int(counts[inside].sum())
                told.append(
                    f"all {n} respondents with {where} have {words[int(np.argmax(answers))]!r} "
                    f"for {response!r}"
                )
        if told:
            return enumerate_first(told, 3)
    return ""
