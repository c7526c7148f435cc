"""From a formula to the columns of the design matrix, evaluated once for each pattern of answers.

Respondents with the same answers to all predictors have the same row of the design matrix, so it
is made for the distinct patterns only. That is right as long as every term looks at one row at a
time; a formula with anything else (`scale(age)`, `bs(age, df=4)`) is evaluated on all rows.
"""

from __future__ import annotations

import ast
import builtins
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from survey_stats.errors import UnknownNameError, enumerate_first
from survey_stats.estimate.columns import Floats
from survey_stats.explain.models.errors import FormulaError
from survey_stats.explain.models.foreign import told_function, why_unreadable
from survey_stats.explain.models.matrix import Factored, Matrix

if TYPE_CHECKING:
    from survey_stats.explain.models.sample import Coarse

INTERCEPT = "Intercept"

# columns of one term up to which a design matrix is made
_MOST_COLUMNS = 2000
# factors of a factored design matrix above which a dense one is as fast
_MOST_FACTORS = 4

# functions that look at one row at a time: by themselves, of numpy, and codings of levels
_ROWWISE = frozenset(
    {
        *("C", "I", "Q", "Treatment", "Sum", "Helmert", "Poly", "Diff"),
        *("log", "log10", "log2", "exp", "exp10", "exp2", "abs"),
    }
)
_ROWWISE_OF = {
    "np": frozenset(
        {
            *("log", "log10", "log2", "log1p", "exp", "exp2", "expm1", "sqrt", "abs"),
            *("where", "maximum", "minimum", "clip", "square", "floor", "ceil", "power", "sign"),
        }
    ),
    "contr": frozenset({"treatment", "sum", "helmert", "poly", "diff", "SAS"}),
}
_QUOTED = re.compile(r"`([^`]+)`")
_NO_LEVEL = re.compile(r"Value `(.*?)` for `\w+\.base` is not among")
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
    rowwise_response: whether the response does
    """

    text: str
    left: str
    response: str | None
    right: Any
    columns: tuple[str, ...]
    response_columns: tuple[str, ...]
    levels_of: frozenset[str]
    rowwise: bool
    rowwise_response: bool


def parse(text: str, known: Iterable[object], extra: str | None = None) -> Parsed:
    """Take a formula apart; `extra` is a further expression (an offset) of the predictors.

    Raises `FormulaError` where it cannot be read, `UnknownNameError` for a column that is not
    among the `known`.
    """
    if not isinstance(text, str):
        raise FormulaError(f"A formula is text, such as 'y ~ a + b', not {type(text).__name__}")
    names = [str(k) for k in known]
    made = _formula(text, names)
    if not hasattr(made, "lhs"):
        raise FormulaError(
            f"The formula {text!r} has no response; write 'response ~ {text.lstrip(' ~')}'"
        )
    left, right = list(made.lhs), made.rhs
    if not hasattr(right, "required_variables"):
        raise FormulaError(
            f"The formula {text!r} has several parts at the right, separated by '|'; join "
            "predictors by + and interactions by :"
        )
    if len(left) != 1:
        raise FormulaError(f"The formula {text!r} has {len(left)} responses; a model has one")
    factors = [
        _Factor.of(f.expr, f.eval_method.value, names, text) for t in right for f in t.factors
    ]
    if extra is not None:
        factors += [
            _Factor.of(f.expr, f.eval_method.value, names, extra)
            for t in _formula(f"0 + {extra}")
            for f in t.factors
        ]
    columns = set().union(*(f.columns for f in factors))
    answers = [_Factor.of(f.expr, f.eval_method.value, names, text) for f in left[0].factors]
    response_columns = set().union(*(f.columns for f in answers))
    plain = [f for f in left[0].factors if f.eval_method.value == "lookup"]
    response = str(left[0]) if len(left[0].factors) == 1 and plain else None
    both = sorted(columns & response_columns)
    if both:
        raise FormulaError(f"{both[0]!r} is on both sides of the formula {text!r}")
    return Parsed(
        text,
        str(left[0]),
        response,
        right,
        tuple(n for n in names if n in columns),
        tuple(n for n in names if n in response_columns),
        frozenset().union(*(f.levels_of for f in factors)),
        all(f.rowwise for f in factors),
        all(f.rowwise for f in answers),
    )


def _formula(text: str, known: Sequence[str] = ()) -> Any:
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    left, tilde, right = text.partition("~")
    if tilde and left.strip() and not right.strip():
        raise FormulaError(why_unreadable(text, known))
    try:
        return Formula(text)
    except (FormulaicError, SyntaxError, ValueError, TypeError) as error:
        told = why_unreadable(text, known)
        if told is None:
            reason = " ".join(_TERMINAL_COLOURS.sub("", str(error)).split())
            told = f"The formula {text!r} cannot be read: {reason}"
        raise FormulaError(told) from error


@dataclass(frozen=True)
class _Factor:
    """What a factor of a term looks at: columns, those whose values are levels, one row or all."""

    columns: frozenset[str]
    levels_of: frozenset[str]
    rowwise: bool

    @classmethod
    def of(cls, expression: str, method: str, known: Sequence[str], text: str) -> _Factor:
        """Read a factor of the formula `text`; `UnknownNameError` for a name that is no column."""
        if method == "literal":
            return cls(frozenset(), frozenset(), True)
        if method == "lookup":
            _known(expression, known, text)
            return cls(frozenset([expression]), frozenset(), True)
        quoted = dict(enumerate(_QUOTED.findall(expression)))
        stands_for = {f"_column_{i}_": name for i, name in quoted.items()}
        plain = expression
        for stand_in, name in stands_for.items():
            plain = plain.replace(f"`{name}`", stand_in, 1)
        try:
            tree = ast.parse(plain.strip(), mode="eval").body
        except SyntaxError as error:
            raise FormulaError(f"{expression!r} in the formula {text!r} cannot be read") from error
        if any(isinstance(n, ast.BitXor) for n in ast.walk(tree)):
            # Python's exclusive or, which of whole numbers is a number that nobody asked for
            power = re.sub(r"\s*\^\s*", "**", expression)
            raise FormulaError(
                f"'^' in {expression!r} is no power inside I() and functions; write {power!r}"
            )
        called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name = node.func.id
                if not _is_function(name):
                    given = ast.unparse(node.args[0]) if node.args else ""
                    for stand_in, column in stands_for.items():
                        given = given.replace(stand_in, f"`{column}`")
                    raise FormulaError(told_function(name, given, text))
        columns = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and id(node) not in called:
                name = stands_for.get(node.id, node.id)
                if name in known or node.id in stands_for or not _is_function(name):
                    columns.add(_known(name, known, text))
        levels_of, rowwise = set(), True
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "")
                rowwise = rowwise and _looks_at_rows(node.func)
                first = node.args[0] if node.args else None
                if name == "Q" and isinstance(first, ast.Constant):
                    columns.add(_known(str(first.value), known, text))
                if name == "C" and isinstance(first, ast.Name):
                    levels_of.add(stands_for.get(first.id, first.id))
                if name == "C" and isinstance(first, ast.Call) and first.args:
                    levels_of.add(str(getattr(first.args[0], "value", "")))
            elif isinstance(node, ast.Attribute):
                inner: ast.expr = node
                while isinstance(inner, ast.Attribute):
                    inner = inner.value
                # a method or property of a column looks at all of it
                own_name = inner.id if isinstance(inner, ast.Name) else ""
                rowwise = rowwise and _is_function(own_name) and own_name not in known
        return cls(frozenset(columns), frozenset(levels_of & columns), rowwise)


def _looks_at_rows(function: ast.expr) -> bool:
    """Whether a function that is called looks at one row at a time."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr in _ROWWISE_OF.get(function.value.id, ())
    return isinstance(function, ast.Name) and function.id in _ROWWISE


def _known(name: str, known: Sequence[str], text: str) -> str:
    if name not in known:
        raise UnknownNameError("column", name, known, where=f"the frame (formula {text!r})")
    return name


def _is_function(name: str) -> bool:
    """Whether a name in an expression is formulaic's, numpy or Python's, and no column."""
    from formulaic.transforms import TRANSFORMS

    return name in TRANSFORMS or name == "np" or hasattr(builtins, name)


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


def design(
    parsed: Parsed, frame: pd.DataFrame, coarse: Coarse | None = None
) -> tuple[Terms, Matrix]:
    """Terms and design matrix of the patterns in `frame`.

    With `coarse` patterns of its rows the matrix is factored where it can be.
    """
    _refuse_too_many(parsed, frame)
    if coarse is not None:
        found = _factored(parsed, frame, coarse)
        if found is not None:
            return found
    made = _evaluated(parsed.right, frame)
    terms = _terms(parsed, frame, made)
    return terms, _finite(made, terms.names, terms.slices)


def _factored(parsed: Parsed, frame: pd.DataFrame, coarse: Coarse) -> tuple[Terms, Factored] | None:
    """A factored design matrix; None where its terms are no levels times numbers."""
    from formulaic import Formula
    from formulaic.parser.types import Factor, Term

    known = [str(c) for c in frame.columns]
    numbers: dict[str, Floats] = {}
    held: list[frozenset[str]] = []
    terms = []
    for term in parsed.right:
        kinds, own = [], []
        for f in term.factors:
            looks = _Factor.of(f.expr, f.eval_method.value, known, parsed.text).columns
            if looks.isdisjoint(coarse.numbers):
                kinds.append(f)
                continue
            if f.expr not in numbers:
                try:
                    plain = f.eval_method.value == "lookup"
                    numbers[f.expr] = (
                        frame[f.expr].to_numpy(np.float64) if plain else evaluate(f.expr, frame)
                    )
                except FormulaError:
                    return None
                if not np.isfinite(numbers[f.expr]).all():
                    return None
            own.append(f.expr)
            kinds.append(Factor(_stand_in(f.expr, numbers), eval_method="lookup"))
        held.append(frozenset(own))
        terms.append(Term(kinds))
    products = list(dict.fromkeys([frozenset(), *held]))
    if len(products) > _MOST_FACTORS:
        return None
    few = frame.iloc[coarse.first].reset_index(drop=True)
    real = _evaluated(parsed.right, few)
    ones = few.assign(**{_stand_in(e, numbers): 1.0 for e in numbers})
    alone = _evaluated(Formula(terms), ones)
    matrix, levels = np.asarray(real, dtype=np.float64), np.asarray(alone, dtype=np.float64)
    slices = [alone.model_spec.term_slices.get(t) for t in terms]
    if matrix.shape != levels.shape or None in slices or not np.isfinite(matrix).all():
        return None
    factors = np.ones((len(products), len(frame)))
    parts = np.zeros((len(products), *levels.shape))
    for q, product in enumerate(products):
        for expression in sorted(product):
            factors[q] *= numbers[expression]
        for inside, part in zip(held, slices, strict=True):
            if inside == product:
                parts[q][:, part] = levels[:, part]
    X = Factored(coarse.code, factors, parts)
    # what formulaic makes of the rows that stand for their patterns
    if not np.allclose(X[coarse.first], matrix, rtol=1e-12, atol=0.0):
        return None
    return _terms(parsed, frame, real), X


def _stand_in(expression: str, numbers: Mapping[str, Floats]) -> str:
    """The name of a column that stands for a number of many values."""
    return f"_number_{list(numbers).index(expression)}_"


def _terms(parsed: Parsed, frame: pd.DataFrame, made: Any) -> Terms:
    """What formulaic recorded of a matrix that it made; `FormulaError` where it is empty."""
    spec = made.model_spec
    names = tuple(map(str, spec.column_names))
    slices = {str(term): part for term, part in spec.term_slices.items()}
    if INTERCEPT in names and "1" in slices:
        slices = {INTERCEPT: slices.pop("1"), **slices}
    known = [str(c) for c in frame.columns]
    variables = {
        INTERCEPT if str(term) == "1" else str(term): frozenset().union(
            *(
                _Factor.of(f.expr, f.eval_method.value, known, parsed.text).columns
                for f in term.factors
            )
        )
        for term in spec.term_slices
    }
    if not names:
        raise FormulaError(f"The formula {parsed.text!r} has no terms; write at least '~ 1'")
    return Terms(spec, names, slices, variables)


def _refuse_too_many(parsed: Parsed, frame: pd.DataFrame) -> None:
    """Raise `FormulaError` before a matrix is made that no sample can tell anything about."""
    names = [str(c) for c in frame.columns]
    sizes = {}
    for name in names:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            sizes[name] = len(column.cat.categories)
        elif name in parsed.levels_of:
            sizes[name] = int(column.nunique())
    for term in parsed.right:
        held = frozenset().union(
            *(
                _Factor.of(f.expr, f.eval_method.value, names, parsed.text).columns
                for f in term.factors
            )
        )
        count = math.prod(sizes.get(name, 1) for name in held)
        if count > _MOST_COLUMNS:
            raise FormulaError(
                f"The term {str(term)!r} has {count} combinations of levels, of which a model can "
                f"hold {_MOST_COLUMNS} at most; use coarser groups"
            )


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
                frame, context={"np": np}, na_action="ignore", output="numpy"
            )
    except (FormulaicError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(_TERMINAL_COLOURS.sub("", str(error)).split())
        base = _NO_LEVEL.search(reason)
        if base:
            raise FormulaError(
                f"The reference level {base.group(1)} of a contrast is no level of its column; "
                "write one that is among the answers of the respondents in the model"
            ) from error
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
