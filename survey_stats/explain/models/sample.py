"""Who is in a model: the domain, the answers, and the patterns of predictors that occur."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError, UnknownNameError, enumerate_first
from survey_stats.estimate import Survey, columns
from survey_stats.estimate.columns import Bools, Coded, Floats, Ints
from survey_stats.estimate.where import Where
from survey_stats.explain.models.errors import FormulaError
from survey_stats.explain.models.formula import Parsed, evaluate

# more patterns than this part of the rows are not worth finding
_COLLAPSED = 0.5
# as many patterns without the numbers of many values are not worth it
_COARSE = 0.1
# values of a number up to which they can be the steps of a scale
_MOST_STEPS = 20
# what a column of all the answers to a question is called by, as in `explain.scales.answers`
PREFIX = "answer_"
_MOST_COMBINATIONS = 2**60
# rows from which it is worth not to look up the values of a number
_MANY = 2000


@dataclass(frozen=True, eq=False)
class Response:
    """The answers explained.

    Attributes
    ----------
    values: numbers (n,), NaN where missing, or codes of outcomes (n,), -1 where missing
    outcomes: the outcomes of an ordinal or multinomial answer, None for numbers
    unused: sentences about answers that were given and are no outcome, with their rows, (n,)
    """

    values: Floats | Ints
    outcomes: pd.Index[Any] | None
    unused: tuple[tuple[str, Bools], ...] = ()

    @property
    def missing(self) -> Bools:
        """Rows without an answer, (n,)."""
        values: Any = self.values
        missing: Bools = np.isnan(values) if self.outcomes is None else values < 0
        return missing


@dataclass(frozen=True, eq=False)
class Coarse:
    """Patterns of the predictors other than numbers of many values, where no two rows are alike.

    Attributes
    ----------
    code: of each row of the sample, (m,), below C
    first: a row of the sample with each code, (C,)
    numbers: the predictors left out
    """

    code: Ints
    first: Ints
    numbers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Sample:
    """Respondents by pattern.

    Attributes
    ----------
    rows: rows of the survey's frame that are in the model, (m,)
    pattern: pattern of each of them, (m,)
    patterns: the predictors of each pattern, P rows
    values: the response of each row of `rows`, (m,); codes where there are `outcomes`
    outcomes: see `Response`
    left_out: respondents in the domain without a value, by column
    n_domain: respondents in the domain
    unused: sentences about answers that were given and are no outcome, with how many gave them
    coarse: coarser patterns, where every row is a pattern of its own
    count: respondents of each row, (m,), where rows stand for several
    """

    rows: Ints
    pattern: Ints
    patterns: pd.DataFrame
    values: Any
    outcomes: pd.Index[Any] | None
    left_out: Mapping[str, int]
    n_domain: int
    unused: Mapping[str, int]
    coarse: Coarse | None = None
    count: Ints | None = None

    @property
    def n(self) -> int:
        """Respondents."""
        return int(self.rows.size if self.count is None else self.count.sum())

    def counted(self, codes: Ints, size: int, held: Bools | slice = slice(None)) -> Ints:
        """Respondents by code below `size`; `codes` are those of the rows `held`. Shape (size,)."""
        if self.count is None:
            return np.bincount(codes, minlength=size)[:size]
        sums = np.bincount(codes, self.count[held], minlength=size)[:size]
        return np.rint(sums).astype(np.int64)


def draw(survey: Survey, parsed: Parsed, response: Response, where: Where) -> Sample:
    """The respondents in the domain with all answers, and their patterns.

    Raises `InputError` where nobody is left, or a categorical predictor has one level.
    """
    groups, _ = survey.groups(None, where)
    inside = groups.codes == 0
    number = survey.design.number
    n_domain = number(inside)
    coded = {name: _coded(survey, name, name in parsed.levels_of) for name in parsed.columns}
    gaps = {parsed.left: response.missing, **{n: c.missing for n, c in coded.items()}}
    used = inside
    for gap in gaps.values():
        used = used & ~gap
    left_out = {name: count for name, gap in gaps.items() if (count := number(gap & inside))}
    rows = np.flatnonzero(used)
    if rows.size == 0:
        lost = f" ({_told(left_out)} have none)" if left_out else ""
        raise InputError(
            f"None of the {n_domain} respondents in the domain has an answer to every variable "
            f"of {parsed.text!r}{lost}; widen where= or leave variables out"
        )
    codes = [c.codes if rows.size == len(survey) else c.codes[rows] for c in coded.values()]
    sizes = [len(c.labels) for c in coded.values()]
    pattern, parts = _patterns(codes, sizes, rows.size, parsed.rowwise)
    coarse = None
    if parsed.rowwise and len(parts) and parts[0] is codes[0]:
        numbers = [
            _numeric(survey.frame[name], c.labels) and name not in parsed.levels_of
            for name, c in coded.items()
        ]
        coarse = _coarse(list(coded), codes, sizes, numbers)
    frame = _frame(survey, parsed, coded, parts, max(1, _count(pattern)))
    values = response.values if rows.size == len(survey) else response.values[rows]
    outcomes = response.outcomes
    if outcomes is not None:
        present = np.unique(values)
        if present.size < 2:
            raise InputError(_constant(parsed.left, outcomes.tolist()[int(present[0])]))
        table = np.full(len(outcomes), -1)
        table[present] = np.arange(present.size)
        values, outcomes = table[values], outcomes[present]
    unused = {told: count for told, given in response.unused if (count := number(given & inside))}
    alike = survey.design.alike
    each = None if alike is None else alike.count[rows]
    return Sample(rows, pattern, frame, values, outcomes, left_out, n_domain, unused, coarse, each)


def refuse_constant(sample: Sample, name: str, yes_no: bool) -> None:
    """Raise `InputError` where all answers are zero, or all are yes."""
    if not sample.values.any():
        raise InputError(_constant(name, "no" if yes_no else 0))
    if yes_no and sample.values.all():
        raise InputError(_constant(name, "yes"))


def _constant(name: str, answer: object) -> str:
    return (
        f"All respondents in the model answered {answer!r} to {name!r}; there is nothing to "
        "explain: widen where="
    )


def _count(pattern: Ints) -> int:
    return int(pattern.max()) + 1


def _told(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{count} without {name!r}" for name, count in left_out.items())


def _patterns(
    codes: Sequence[Ints], sizes: Sequence[int], n: int, rowwise: bool
) -> tuple[Ints, list[Ints]]:
    """Pattern of each row, and the code of every column in each pattern."""
    if not codes:
        return np.zeros(n, dtype=np.int32), []
    total = 1
    for size in sizes:
        total *= max(size, 1)
    if rowwise and total < _MOST_COMBINATIONS and max(sizes) <= _COLLAPSED * n + 1:
        pattern, present = columns.cross(codes, sizes, complete=True)
        if present.size <= _COLLAPSED * n + 1:
            return pattern, list(columns.split(present, sizes))
    return np.arange(n, dtype=np.int32), list(codes)


def _coarse(
    names: Sequence[str], codes: Sequence[Ints], sizes: Sequence[int], numbers: Sequence[bool]
) -> Coarse | None:
    """Patterns without the numbers of most values, or None where there are nearly as many."""
    n = codes[0].size
    kept = list(range(len(names)))
    for j in sorted((j for j in kept if numbers[j]), key=lambda j: -sizes[j]):
        kept.remove(j)
        if not kept:
            code, first = np.zeros(n, dtype=np.intp), np.zeros(1, dtype=np.intp)
            return Coarse(code, first, tuple(names))
        total = math.prod(max(sizes[k], 1) for k in kept)
        if total >= _MOST_COMBINATIONS or max(sizes[k] for k in kept) > _COARSE * n + 1:
            continue
        code, present = columns.cross(
            [codes[k] for k in kept], [sizes[k] for k in kept], complete=True
        )
        if present.size <= _COARSE * n + 1:
            first = np.empty(present.size, dtype=np.intp)
            first[code[::-1]] = np.arange(n - 1, -1, -1)
            left = tuple(name for k, name in enumerate(names) if k not in kept)
            return Coarse(code.astype(np.intp), first, left)
    return None


def _coded(survey: Survey, name: str, levels: bool) -> Coded:
    """A predictor as codes; `InputError` for what is neither number nor category."""
    series = columns.column(survey.frame, name, "predictor")
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or series.dtype.kind in "mc":
        raise InputError(
            f"The predictor {name!r} holds {series.dtype}; make it a number (such as the year) or "
            "text"
        )
    coded = None if levels else _of_many_values(series)
    coded = coded or survey.coded(name)
    if _numeric(series, coded.labels):
        labels = coded.labels.to_numpy(np.float64)
        if np.isinf(labels).any():
            raise InputError(
                f"The predictor {name!r} is infinite in some rows; make it missing or finite"
            )
    return coded


def _of_many_values(series: pd.Series[Any]) -> Coded | None:
    """A number that hardly two rows share, every row with a code of its own; else None.

    Its values are told by the first rows; nothing is looked up or sorted.
    """
    if series.dtype != np.float64 or len(series) < _MANY:
        return None
    values = series.to_numpy()
    few = values[: columns.FIRST_ROWS]
    if np.unique(few[~np.isnan(few)]).size <= _COLLAPSED * few.size:
        return None
    codes = np.arange(values.size, dtype=np.int32)
    codes[np.isnan(values)] = -1
    return Coded(codes, pd.Index(values))


def _numeric(series: pd.Series[Any], labels: pd.Index[Any]) -> bool:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return False
    if pd.api.types.is_numeric_dtype(dtype):
        return True
    kinds = ("integer", "floating", "mixed-integer-float", "decimal")
    return bool(len(labels)) and pd.api.types.infer_dtype(labels, skipna=True) in kinds


def _frame(
    survey: Survey, parsed: Parsed, coded: Mapping[str, Coded], parts: Sequence[Ints], size: int
) -> pd.DataFrame:
    """The predictors by pattern: numbers as numbers, everything else with its used levels."""
    found: dict[str, Any] = {}
    for (name, column), part in zip(coded.items(), parts, strict=True):
        if _numeric(survey.frame[name], column.labels):
            labels = column.labels
            whole = pd.api.types.is_integer_dtype(labels.dtype)
            found[name] = labels.to_numpy(np.int64 if whole else np.float64)[part]
            if name in parsed.levels_of and np.unique(part).size < 2:
                raise InputError(_one_level(name, found[name][0].item()))
            continue
        present = np.unique(part)
        if present.size < 2:
            raise InputError(_one_level(name, column.labels.tolist()[int(present[0])]))
        table = np.full(len(column.labels), -1)
        table[present] = np.arange(present.size)
        levels = column.labels[present]
        if isinstance(levels, pd.CategoricalIndex):
            levels = pd.Index(levels.tolist())
        found[name] = pd.Categorical.from_codes(table[part], categories=levels)
    return pd.DataFrame(found, index=pd.RangeIndex(size))


def _one_level(name: str, level: object) -> str:
    return (
        f"{name!r} is {level!r} for all respondents in the model, so that it explains nothing; "
        "leave it out of the formula, or widen where="
    )


def read_response(
    survey: Survey,
    parsed: Parsed,
    family: str,
    of: object,
    levels: Sequence[object] | None,
    where: Where = None,
) -> Response:
    """The response as the family needs it.

    Raises `InputError` for answers that the family cannot explain.
    """
    if family in ("ordinal", "multinomial"):
        if of is not None:
            raise InputError(f"of= is for yes/no questions; name the order by levels= for {family}")
        return _outcomes(survey, parsed, family, levels)
    if levels is not None:
        raise InputError(f"levels= is for ordinal and multinomial families, not for {family!r}")
    if parsed.response is None:
        rows = survey.frame[list(parsed.response_columns)]
        if parsed.rowwise_response:
            values = evaluate(parsed.left, rows)
        else:
            # what looks at all rows looks at those of the domain
            inside = survey.groups(None, where)[0].codes == 0
            values = np.full(len(rows), np.nan)
            values[inside] = evaluate(parsed.left, rows[inside].reset_index(drop=True))
        if np.isinf(values).any():
            at = enumerate_first(np.flatnonzero(np.isinf(values)).tolist())
            raise FormulaError(f"The response {parsed.left!r} is infinite in rows {at}")
        if family == "binomial" and not np.isin(values[~np.isnan(values)], (0, 1)).all():
            raise InputError(f"{parsed.left!r} is not yes or no; a binomial family needs 0 and 1")
    else:
        series = columns.column(survey.frame, parsed.response, "response")
        if family == "binomial":
            answer = columns.answers(series, of)
            if answer.labels is not None:
                raise InputError(
                    f"{parsed.response!r} has the levels "
                    f"{enumerate_first(answer.labels.tolist())}; say with of= which of them count "
                    "as yes, or use family='ordinal' or 'multinomial'"
                )
            values = (answer.codes == answer.targets[0]).astype(np.float64)
            values[answer.codes < 0] = np.nan
        elif of is not None:
            raise InputError(f"of= is for family='binomial', not for {family!r}")
        else:
            values = columns.numbers(series)
    known = values[~np.isnan(values)]
    wrong = known[~_possible(family, known)]
    if wrong.size:
        raise InputError(
            f"{parsed.left!r} is {wrong[0]:g} in {wrong.size} rows, which the family {family!r} "
            f"cannot hold; a {family} answer is {'above zero' if family == 'gamma' else '>= 0'}"
        )
    return Response(values, None)


def _possible(family: str, values: Floats) -> Bools:
    if family == "poisson":
        return values >= 0
    return values > 0 if family == "gamma" else np.ones(values.size, dtype=bool)


def _outcomes(
    survey: Survey, parsed: Parsed, family: str, levels: Sequence[object] | None
) -> Response:
    name = parsed.response
    if name is None:
        raise InputError(f"The response of family={family!r} is a column, not {parsed.left!r}")
    series = columns.column(survey.frame, name, "response")
    coded = survey.coded(name)
    if levels is None:
        text = not pd.api.types.is_numeric_dtype(series.dtype) and not getattr(
            series.dtype, "ordered", False
        )
        if family == "ordinal" and text:
            raise InputError(
                f"The answers to {name!r} ({enumerate_first(coded.labels.tolist())}) have no "
                "order; give it as levels=[lowest, ..., highest], or make the column an ordered "
                "categorical"
            )
        if family == "ordinal" and not text and len(coded.labels) > _MOST_STEPS:
            raise InputError(
                f"{name!r} has {len(coded.labels)} values, too many for the steps of a scale; use "
                "family='gaussian', or make groups of them"
            )
        unused = _no_step(survey, name, coded.codes < 0)
        return Response(coded.codes, pd.Index(coded.labels.tolist()), unused)
    order = list(levels)
    if len(set(order)) < len(order):
        raise InputError(f"levels={order} names a level twice")
    known = coded.labels.tolist()
    for level in order:
        if level not in known:
            raise UnknownNameError("level", level, known, where=f"question {name!r}")
    # answers that levels= leaves out are no answers, and are counted as left out
    table = np.full(len(known) + 1, -1)
    for place, level in enumerate(order):
        table[known.index(level)] = place
    unused = _no_step(survey, name, coded.codes < 0)
    unused += tuple(
        (f"answered {label!r}, which levels= does not name", coded.codes == code)
        for code, label in enumerate(known)
        if table[code] < 0
    )
    return Response(table[coded.codes], pd.Index(order), unused)


def _no_step(survey: Survey, name: str, missing: Bools) -> tuple[tuple[str, Bools], ...]:
    """Who answered the question behind an item by something that is no step of its scale."""
    stem = name.removeprefix(PREFIX)
    behind = [c for c in map(str, survey.frame.columns) if c.split("__")[0] == stem]
    if stem == name or not behind:
        return ()
    answered = survey.frame[behind].notna().any(axis=1).to_numpy(dtype=bool)
    told = f"gave an answer to {stem!r} that is no step of its scale, such as not going out"
    return ((told, missing & answered),)
