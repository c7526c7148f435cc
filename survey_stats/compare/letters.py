"""`ss.letters`: which groups of a result differ, by letters beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from survey_stats.compare import contrast
from survey_stats.compare.align import Pairs, reasons
from survey_stats.compare.change import DfOfChange, compare
from survey_stats.compare.changes import Changes, html_notes
from survey_stats.compare.letter_display import columns_above, letter_columns, letter_names
from survey_stats.compare.multiplicity import adjust_p, check_method
from survey_stats.compare.rows import take_rows
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates
from survey_stats.labels import Language, number, percent, word
from survey_stats.results import html_table

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

Families = Literal["all", "group"]

AGAINST = "against"
_NUMBERS = ("estimate", "ci_low", "ci_high", "n")
_ADDED = ("id", "letters", "above", "flag")


@dataclass(frozen=True, eq=False)
class Letters:
    """Estimates with letters that tell which of them differ; R rows.

    Attributes
    ----------
    column: the key column whose groups are compared, within the cells of the others
    estimates: the result that was compared
    letters: of each row; two rows of a cell share one if and only if their test is not
        significant, and `a` is on the highest. () where the row could not be tested
    ids: the capital letter of each row's group
    above: of each row the ids of the groups that it lies significantly above, as survey
        tabulations print them
    tests: every pair, `against` less than the group named in `column` where it is positive
    families: "all" where the tests of all cells were adjusted together, "group" where those of
        each cell were
    flag: "" or why a row has no letters, or with whom it could not be compared
    """

    column: str
    estimates: Estimates
    letters: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    above: tuple[tuple[str, ...], ...]
    tests: Changes
    families: Families
    flag: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.letters)

    def to_frame(self) -> pd.DataFrame:
        """One row an estimate: the keys, the numbers, then `id`, `letters`, `above` and `flag`."""
        frame = self.estimates.to_frame()
        keys = [str(c) for c in self.estimates.keys.columns]
        frame = frame[[*keys, *_NUMBERS]].copy()
        frame["id"] = self.ids
        frame["letters"] = ["".join(own) for own in self.letters]
        frame["above"] = [" ".join(ids) for ids in self.above]
        frame["flag"] = self.flag
        family = self.tests.family
        frame.attrs.update(
            self.estimates.metadata.to_dict(),
            column=self.column,
            family_size=family.size,
            families=self.families,
            adjust=family.adjust,
            level=family.level,
        )
        return frame

    def note(self, lang: Language = "sv") -> str:
        """How to read the letters, for below a table."""
        family = self.tests.family
        size, alpha = number(family.size, 0, lang), round(1 - family.level, 12)
        decimals = next((d for d in range(3) if round(100 * alpha, d) == round(100 * alpha, 9)), 3)
        risk = percent(alpha, decimals, lang)
        told = word(family.adjust, lang)
        if lang == "sv":
            adjusted = "utan justering" if family.adjust == "none" else f"justerade enligt {told}"
            apart = ", varje rad för sig" if self.families == "group" else ""
            return (
                f"Grupper som delar en bokstav skiljer sig inte säkerställt åt; det betyder inte "
                f"att de är lika. {size} jämförelser {adjusted}{apart}, risknivå {risk}."
            )
        adjusted = "not adjusted" if family.adjust == "none" else f"adjusted by {told}"
        apart = ", each row on its own" if self.families == "group" else ""
        return (
            f"Groups that share a letter do not differ significantly, which does not mean that "
            f"they are equal. {size} comparisons {adjusted}{apart}, at {risk}."
        )

    def _repr_html_(self) -> str:
        caption = f"{self.estimates.metadata.caption()}, by {word(self.column, 'en')}"
        return html_table(self.to_frame(), caption) + html_notes([self.note("en")])

    def __repr__(self) -> str:
        return f"Letters:\n{self.to_frame().to_string(index=False)}\n{self.note('en')}"


def letters(
    estimates: Estimates,
    column: str,
    adjust: str = "holm",
    level: float | None = None,
    *,
    families: Families = "all",
    margin: float = 0.03,
    df: DfOfChange = "effective",
) -> Letters:
    """Compare every pair of groups of a key column, and tell the outcome by letters.

    Parameters
    ----------
    estimates: a result with the groups as rows, such as `survey.share("unsafe", by="district")`
    column: the key column of the groups; they are compared within each cell of the others
    adjust: as in `change`
    level: a pair differs where its adjusted p is at most 1 - level; that of the estimates by
        default
    families: adjust over the pairs of all cells ("all") or of each cell ("group")
    margin, df: as in `change`, for `Letters.tests`

    The tests are those of `change`: their covariance is estimated from the sampling units, so that
    groups that share PSUs are compared rightly. Two groups share a letter if and only if their
    test is not significant, which is not to say that they are equal; no letter is redundant, and
    `a` begins with the highest estimate (insert and absorb, Piepho 2004, J. Computational and
    Graphical Statistics 13:456). The letters do not depend on the order of the rows. A row that
    cannot be tested has none, and its `flag` says why.

    Raises
    ------
    UnknownNameError: there is no such key column or adjustment
    InputError: a level or a kind of families that does not exist

    >>> from survey_stats.estimate import Survey
    >>> yes = [1] * 60 + [0] * 40 + [1] * 50 + [0] * 50 + [1] * 20 + [0] * 80
    >>> frame = pd.DataFrame({"area": ["x"] * 100 + ["y"] * 100 + ["z"] * 100, "yes": yes})
    >>> est = Survey(frame).share("yes", by="area")
    >>> letters(est, "area").to_frame()[["area", "estimate", "letters", "above"]]
      area  estimate letters above
    0    x       0.6       a     C
    1    y       0.5       a     C
    2    z       0.2       b
    """
    check_method(adjust)
    keys = estimates.keys
    if column not in keys.columns:
        raise UnknownNameError("key column", column, keys.columns)
    if families not in get_args(Families):
        raise InputError(f"families={families!r} is neither 'all' nor 'group'")
    level = estimates.metadata.level if level is None else level
    if not 0.5 <= level < 1:
        raise InputError(f"level={level!r} is no confidence level; give one such as 0.95")
    cells = _cells(keys, column)
    first, second = _pairs(cells)
    tests = _tests(estimates, column, first, second, adjust, level, margin, df)
    if families == "group":
        cell_of = np.zeros(len(keys), dtype=np.intp)
        for i, rows in enumerate(cells):
            cell_of[rows] = i
        tests = _adjusted_within(tests, cell_of[first])
    return _told(estimates, column, cells, first, second, tests, families)


def _cells(keys: pd.DataFrame, column: str) -> list[Ints]:
    """Rows of each cell of the other key columns."""
    others = [c for c in keys.columns if c != column]
    if not others:
        return [np.arange(len(keys))] if len(keys) else []
    numbers = keys.groupby(others, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    return [np.flatnonzero(numbers == i) for i in range(int(numbers.max(initial=-1)) + 1)]


def _pairs(cells: Sequence[Ints]) -> tuple[Ints, Ints]:
    """The earlier and the later row of every pair within a cell."""
    found = [(rows[i], rows[j]) for rows in cells for i, j in [np.triu_indices(rows.size, 1)]]
    none = np.zeros(0, dtype=np.intp)
    first = np.concatenate([none, *(pair[0] for pair in found)])
    return first, np.concatenate([none, *(pair[1] for pair in found)])


def _tests(
    estimates: Estimates,
    column: str,
    first: Ints,
    second: Ints,
    adjust: str,
    level: float,
    margin: float,
    df: DfOfChange,
) -> Changes:
    """The later less the earlier row of each pair, by the tests of `change`."""
    keys = estimates.keys.iloc[second].reset_index(drop=True)
    keys[AGAINST] = estimates.keys[column].iloc[first].to_numpy()
    before, after = (
        replace(take_rows(estimates, rows), keys=keys.copy(deep=False)) for rows in (first, second)
    )
    titles = "the other", f"each {column}"
    return compare(before, after, adjust, level, margin, None, titles, df_rule=df)


def _adjusted_within(tests: Changes, cell: Ints) -> Changes:
    """The same tests with the pairs of each cell as a family of their own."""
    p, same = np.full((2, len(tests)), np.nan)
    adjust = tests.family.adjust
    plain = contrast.equivalence_p(tests.difference, tests.se, tests.df, tests.family.margin)
    for i in np.unique(cell):
        mine = cell == i
        p[mine] = adjust_p(tests.p_value[mine], adjust)
        same[mine] = adjust_p(plain[mine], adjust)
    alpha = round(1 - tests.family.level, 12)
    verdict = contrast.verdicts(tests.difference, p, same, alpha)
    return replace(tests, p_adjusted=p, p_equivalence=same, verdict=verdict)


def _told(
    estimates: Estimates,
    column: str,
    cells: Sequence[Ints],
    first: Ints,
    second: Ints,
    tests: Changes,
    families: Families,
) -> Letters:
    R = len(estimates)
    names = estimates.keys[column].astype(str).to_numpy(dtype=object)
    groups = list(dict.fromkeys(names))
    capitals = dict(zip(groups, letter_names(len(groups), upper=True), strict=True))
    ids = tuple(capitals[n] for n in names)
    flags = _own_reasons(estimates)
    tested = np.isfinite(tests.p_adjusted)
    with np.errstate(invalid="ignore"):
        found = tests.p_adjusted <= round(1 - tests.family.level, 12)
    alone = np.bincount(first[tested], minlength=R) + np.bincount(second[tested], minlength=R) == 0
    flags[alone & (flags == "")] = "nothing to compare with"
    for k in np.flatnonzero(~tested).tolist():
        for one, other in ((first[k], second[k]), (second[k], first[k])):
            if not alone[one] and not alone[other]:
                told = f"not tested against {names[other]}: {tests.flag[k]}"
                flags[one] = "; ".join(t for t in (flags[one], told) if t)
    own: list[tuple[str, ...]] = [()] * R
    above: list[tuple[str, ...]] = [()] * R
    differ = {(int(i), int(j)) for i, j in zip(first[found], second[found], strict=True)}
    for rows in cells:
        # rounded, so that the last digit of a sum does not decide between equals
        shown = sorted(
            rows[~alone[rows]].tolist(),
            key=lambda i: (-float(f"{estimates.estimate[i]:.12g}"), names[i]),
        )
        apart = np.array(
            [[(i, j) in differ or (j, i) in differ for j in shown] for i in shown], dtype=bool
        ).reshape(len(shown), len(shown))
        columns = letter_columns(apart)
        small = letter_names(columns.shape[1])
        lower = columns_above(apart, estimates.estimate[shown])
        for at, row in enumerate(shown):
            own[row] = tuple(small[k] for k in np.flatnonzero(columns[at]))
            ids_below = {ids[shown[k]] for k in lower[at]}
            above[row] = tuple(c for c in capitals.values() if c in ids_below)
    return Letters(
        column, estimates, tuple(own), ids, tuple(above), tests, families, tuple(flags.tolist())
    )


def _own_reasons(estimates: Estimates) -> NDArray[np.object_]:
    """Why each row can be in no test, whatever it is compared with."""
    rows = np.arange(len(estimates))
    flags, _ = reasons(estimates, estimates, Pairs(estimates.keys, rows, rows))
    told = [f.replace(" before", "", 1) for f in flags]
    return np.array(told, dtype=object).reshape(len(rows))
