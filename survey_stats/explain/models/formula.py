"""From a formula to the columns of the design matrix, evaluated once for each pattern of answers.

Respondents with the same answers to all predictors have the same row of the design matrix, so it
is made for the distinct patterns only. That is right as long as every term looks at one row at a
time; a formula with anything else (`scale(age)`, `bs(age, df=4)`) is evaluated on all rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import UnknownNameError, enumerate_first
from survey_stats.estimate.columns import Floats
from survey_stats.explain.models.errors import FormulaError

INTERCEPT = "Intercept"

# functions that look at one row at a time
_ROWWISE = frozenset(
    {
        *("C", "I", "Q", "Treatment", "Sum", "Helmert", "Poly", "Diff"),
        *("log", "log10", "log2", "log1p", "exp", "exp10", "exp2", "sqrt", "abs"),
        *("where", "maximum", "minimum", "clip", "square", "floor", "ceil", "power", "sign"),
        *("treatment", "sum", "helmert", "poly", "diff"),
    }
)
_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m|\u29db|\u29da")


@dataclass(frozen=True, eq=False)
class Parsed:
    """A formula taken apart.

    Attributes
    ----------
    text: as written
    left: the response as written
    response: its column, None where the response is an expression
    right: the terms, as formulaic holds them
    columns: the predictors' columns, without those of the response
    levels_of: columns that stand in `C(...)`, so that their values are levels
    rowwise: whether every term looks at one row at a time
    """

    text: str
    left: str
    response: str | None
    right: Any
    columns: tuple[str, ...]
    response_columns: tuple[str, ...]
    levels_of: frozenset[str]
    rowwise: bool


def parse(text: str, known: Iterable[object], extra: str | None = None) -> Parsed:
    """Take a formula apart; `extra` is a further expression (an offset) of the predictors.

    Raises `FormulaError` where it cannot be read, `UnknownNameError` for a column that is not
    among the `known`.
    """
    if not isinstance(text, str):
        raise FormulaError(f"A formula is text, such as 'y ~ a + b', not {type(text).__name__}")
    made = _formula(text)
    if not hasattr(made, "lhs"):
        raise FormulaError(f"The formula {text!r} has no response; write 'response ~ {text}'")
    left, right = list(made.lhs), made.rhs
    if len(left) != 1 or not hasattr(right, "required_variables"):
        raise FormulaError(f"The formula {text!r} has {len(left)} responses; a model has one")
    names = [str(k) for k in known]
    columns = sorted(map(str, right.required_variables))
    if extra is not None:
        columns = sorted({*columns, *map(str, _formula(f"0 + {extra}").required_variables)})
    response_columns = sorted(map(str, made.lhs.required_variables))
    for name in (*response_columns, *columns):
        if name not in names:
            raise UnknownNameError("column", name, names, where=f"the frame (formula {text!r})")
    plain = [f for f in left[0].factors if f.eval_method.value == "lookup"]
    response = str(left[0]) if len(left[0].factors) == 1 and plain else None
    both = sorted(set(columns) & set(response_columns))
    if both:
        raise FormulaError(f"{both[0]!r} is on both sides of the formula {text!r}")
    expressions = [f.expr for term in right for f in term.factors]
    if extra is not None:
        expressions.append(extra)
    return Parsed(
        text,
        str(left[0]),
        response,
        right,
        tuple(n for n in names if n in set(columns)),
        tuple(response_columns),
        frozenset().union(*(_levels_of(e, columns) for e in expressions)),
        all(_is_rowwise(e, columns) for e in expressions),
    )


def _formula(text: str) -> Any:
    from formulaic import Formula  # type: ignore[import-untyped]
    from formulaic.errors import FormulaicError  # type: ignore[import-untyped]

    try:
        return Formula(text)
    except (FormulaicError, SyntaxError, ValueError, TypeError) as error:
        reason = " ".join(_TERMINAL_COLOURS.sub("", str(error)).split())
        raise FormulaError(f"The formula {text!r} cannot be read: {reason}") from error


def _tree(expression: str, columns: Iterable[str]) -> ast.expr | None:
    text = expression
    for i, name in enumerate(columns):
        text = text.replace(f"`{name}`", f"_column_{i}_")
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _is_rowwise(expression: str, columns: Iterable[str]) -> bool:
    if expression in set(columns):
        return True
    tree = _tree(expression, columns)
    if tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name not in _ROWWISE or _on_column(called, columns):
                return False
        elif isinstance(node, ast.Attribute) and _on_column(node, columns):
            return False
    return True


def _on_column(node: ast.expr, columns: Iterable[str]) -> bool:
    """Whether an attribute is one of a column, such as `x.sum`."""
    if not isinstance(node, ast.Attribute):
        return False
    inner = node.value
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    known = {*columns, *(f"_column_{i}_" for i, _ in enumerate(columns))}
    return not isinstance(inner, ast.Name) or inner.id in known


def _levels_of(expression: str, columns: Iterable[str]) -> frozenset[str]:
    tree = _tree(expression, columns)
    stands_for = {f"_column_{i}_": name for i, name in enumerate(columns)}
    found = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "C" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Name):
                found.add(stands_for.get(first.id, first.id))
    return frozenset(found)


@dataclass(frozen=True, eq=False)
class Terms:
    """A design matrix that can be made again for other rows.

    Attributes
    ----------
    spec: formulaic's record of levels and codings
    names: of the p columns
    slices: columns of each term, in the order of the formula
    variables: of each term, the columns of the frame that it is made of
    """

    spec: Any = field(repr=False)
    names: tuple[str, ...]
    slices: Mapping[str, slice]
    variables: Mapping[str, frozenset[str]]

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """The design matrix of the rows of `frame`, (rows, p); `FormulaError` where not finite."""
        return _finite(_evaluated(self.spec, frame), self.names, self.slices)


def design(parsed: Parsed, frame: pd.DataFrame) -> tuple[Terms, Floats]:
    """Terms and design matrix of the patterns in `frame`."""
    made = _evaluated(parsed.right, frame)
    spec = made.model_spec
    names = tuple(map(str, spec.column_names))
    slices = {str(term): part for term, part in spec.term_slices.items()}
    if INTERCEPT in names and "1" in slices:
        slices = {INTERCEPT: slices.pop("1"), **slices}
    known = set(map(str, frame.columns))
    variables = {
        INTERCEPT if str(term) == "1" else str(term): frozenset(
            map(str, spec.term_variables.get(term, ()))
        )
        & known
        for term in spec.term_slices
    }
    if not names:
        raise FormulaError(f"The formula {parsed.text!r} has no terms; write at least '~ 1'")
    return Terms(spec, names, slices, variables), _finite(made, names, slices)


def evaluate(expression: str, frame: pd.DataFrame) -> Floats:
    """A numeric expression of the columns of `frame`, (rows,)."""
    made = np.asarray(_evaluated(_formula(f"0 + {expression}"), frame), dtype=np.float64)
    if made.shape[1] != 1:
        raise FormulaError(f"{expression!r} has {made.shape[1]} columns where one is needed")
    return made[:, 0]


def _evaluated(formula: Any, frame: pd.DataFrame) -> Any:
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            return formula.get_model_matrix(
                frame, context={"np": np}, na_action="ignore", output="pandas"
            )
    except (FormulaicError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(_TERMINAL_COLOURS.sub("", str(error)).split())
        raise FormulaError(f"The formula cannot be evaluated: {reason}") from error


def _finite(made: Any, names: tuple[str, ...], slices: Mapping[str, slice]) -> Floats:
    matrix: Floats = np.ascontiguousarray(np.asarray(made, dtype=np.float64))
    bad = ~np.isfinite(matrix)
    if bad.any():
        columns = np.flatnonzero(bad.any(axis=0))
        terms = [t for t, part in slices.items() if bad[:, part].any()]
        raise FormulaError(
            f"The term {terms[0] if terms else names[columns[0]]!r} is missing or infinite in "
            f"{int(bad.any(axis=1).sum())} rows (columns "
            f"{enumerate_first([names[j] for j in columns])}); transform other values, or leave "
            "them out with where="
        )
    return matrix
