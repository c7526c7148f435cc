"""What an adjustment of the weights does to the errors of whatever is estimated with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Block:
    """Auxiliary variables of which a respondent has at most one: the levels of a margin.

    Respondent i has `value[i]` (1 where there is none) in column `code[i]`, and nothing where the
    code is `size`; both (n,). A numeric variable is a block of one column.
    """

    code: IntArray
    size: int
    value: FloatArray | None = None

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Sums of `amounts` (n,) times the value by column, (size,)."""
        amounts = amounts if self.value is None else amounts * self.value
        sums = np.bincount(self.code, amounts, minlength=self.size + 1)
        return sums[: self.size].astype(np.float64, copy=False)

    def placed(self, rows: slice, n: int) -> Block:
        """The block in a sample of n rows, of which its own are `rows`."""
        code = np.full(n, self.size, dtype=np.intp)
        code[rows] = self.code
        value = None
        if self.value is not None:
            value = np.zeros(n)
            value[rows] = self.value
        return Block(code, self.size, value)

    def spread(self, coefficients: FloatArray) -> FloatArray:
        """The coefficient (size,) of each respondent's column times his value, (n,)."""
        by_row = np.append(coefficients, 0.0)[self.code]
        return by_row if self.value is None else by_row * self.value


@dataclass(frozen=True, eq=False)
class Answering:
    """That answering is a draw of its own, which a finite population correction does not lessen.

    Given who was drawn, an estimate varies by `Σ spread_i e_i²` with e = z - own * X core
    X'(look * z): the second phase (Särndal, Swensson and Wretman 1992, Model Assisted Survey
    Sampling, result 9.3.1, for answers that are given independently).

    Attributes:
        own: shape (n,).
        spread: one less the chance of answering for who answered, 0 for others, (n,).
    """

    own: FloatArray
    spread: FloatArray

    def placed(self, rows: slice, n: int) -> Answering:
        """The same in a sample of n rows, of which its own are `rows`."""
        own, spread = np.zeros(n), np.zeros(n)
        own[rows], spread[rows] = self.own, self.spread
        return Answering(own, spread)


@dataclass(frozen=True, eq=False)
class Influence:
    """The linear map by which a step changes scores: `z - back * X core X' (look * z)`.

    The score z (n,) is what each respondent adds to the error of an estimate: its derivative by
    the logarithm of his weight. Of a chain of steps the last is applied first, as the chain rule
    asks. For a calibration from weights d to w, `look` is d / w, `back` is w and `core` is the
    inverse of X' diag(d) X, so that scores become those of the residuals of a regression on X
    (Deville and Särndal 1992, Journal of the American Statistical Association 87:376, eq. 3.4).

    Attributes:
        blocks: X (n, p) by blocks.
        look, back: shape (n,).
        core: shape (p, p), sparse or dense.
        answering: for a step that makes up for those who did not answer; else None.
    """

    blocks: tuple[Block, ...]
    look: FloatArray
    back: FloatArray
    core: sparse.csc_array | FloatArray
    answering: Answering | None = None

    @property
    def size(self) -> int:
        """p."""
        return sum(b.size for b in self.blocks)

    def apply(self, scores: FloatArray) -> FloatArray:
        """The scores (n,) of one estimate after the step is taken into account."""
        amounts = self.look * scores
        sums = np.concatenate([b.sums(amounts) for b in self.blocks])
        coefficients = np.asarray(self.core @ sums)
        out = scores.copy()
        start = 0
        for block in self.blocks:
            part = coefficients[start : start + block.size]
            out -= self.back * block.spread(part)
            start += block.size
        return out

    def placed(self, rows: slice, n: int) -> Influence:
        """The map in a sample of n rows, of which its own are `rows`."""
        look, back = np.zeros(n), np.zeros(n)
        look[rows], back[rows] = self.look, self.back
        answering = None if self.answering is None else self.answering.placed(rows, n)
        blocks = tuple(b.placed(rows, n) for b in self.blocks)
        return Influence(blocks, look, back, self.core, answering)


class Refit(Protocol):
    """How a step is made again with other weights before it, for replicate weights.

    Respondents of one pattern have the same factor whatever the weights before the step.

    Attributes:
        code: the pattern of each respondent, shape (n,).
        size: the number of patterns, P.
    """

    @property
    def code(self) -> IntArray: ...

    @property
    def size(self) -> int: ...

    def factors(self, weights: FloatArray) -> FloatArray:
        """What weights are multiplied by, (P, R), from their sums by pattern (P, R).

        Raises a `DesignError` naming the replicate (column) in which it cannot be done.
        """
        ...


@runtime_checkable
class RefitAfter(Refit, Protocol):
    """A refit that has to know what the steps before did to a single weight.

    Rows of one of its patterns have one pattern in every step before.
    """

    def factors_after(self, weights: FloatArray, taken: FloatArray) -> FloatArray:
        """As `factors`; `taken` (P, R) is the factor of the steps before over the whole sample's.

        Limits of weights need it: sums of weights alone do not tell a row that is drawn twice from
        one that the steps before have doubled.
        """
        ...


@dataclass(frozen=True, eq=False)
class PlacedRefit:
    """A refit in a larger sample, whose other rows are the last pattern and stay as they are."""

    inner: Refit
    code: IntArray
    size: int

    @classmethod
    def of(cls, inner: Refit, rows: slice, n: int) -> PlacedRefit:
        """`inner` in a sample of n rows, of which its own are `rows`."""
        code = np.full(n, inner.size, dtype=np.intp)
        code[rows] = inner.code
        return cls(inner, code, inner.size + 1)

    def factors(self, weights: FloatArray) -> FloatArray:
        """Those of `inner`, and 1 for the other rows; (size, R)."""
        return self.factors_after(weights, np.ones((self.size, 1)))

    def factors_after(self, weights: FloatArray, taken: FloatArray) -> FloatArray:
        """Those of `inner`, after what the steps before have `taken`; see `RefitAfter`."""
        if isinstance(self.inner, RefitAfter):
            made = self.inner.factors_after(weights[:-1], taken[:-1])
        else:
            made = self.inner.factors(weights[:-1])
        return np.vstack([made, np.ones((1, weights.shape[1]))])
