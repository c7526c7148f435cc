"""Which rows a `where` chooses."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.estimate.columns import Bools
from survey_stats.estimate.where_help import reason, unknown

Where = str | Sequence[bool] | Bools | pd.Series | Callable[[pd.DataFrame], Any] | None

# an expression with one of these says itself what happens to missing values
MISSING_TESTS = frozenset({"isna", "isnull", "notna", "notnull", "fillna"})
# what else an expression may ask of a column without looking at more than one value
BY_ROW = MISSING_TESTS | {"isin", "between", "str", "dt", "abs", "round", "astype"}
_TEXT = "contains endswith fullmatch isdigit len lower match slice startswith strip upper"
_TIME = "date day dayofweek dayofyear hour minute month quarter second weekday year"
BY_ROW_WITHIN = {("str", n) for n in _TEXT.split()} | {("dt", n) for n in _TIME.split()}
CONSTANTS = frozenset({"True", "False", "None"})


def domain(frame: pd.DataFrame, where: Where) -> Bools:
    """`where` as a boolean array over the rows of `frame`; missing is outside.

    In an expression a comparison with a missing value is neither true nor false, whatever the
    type of its column, as in `subset` of R: the row is outside unless the other side of an `or`
    takes it in. Write `k.isna()` to ask for missing values.

    >>> frame = pd.DataFrame({"k": [1.0, 2.0, np.nan]})
    >>> domain(frame, "k != 2").tolist(), domain(frame, "k != 2 or k.isna()").tolist()
    ([True, False, False], [True, False, True])
    """
    chosen: Any = where
    if isinstance(where, str):
        chosen = _evaluate(frame, where)
    elif callable(where):
        chosen = where(frame)
    if isinstance(chosen, pd.Series):
        if not chosen.index.equals(frame.index):
            raise InputError("where has another index than the frame; make it from the same frame")
        chosen = chosen.array
    if np.shape(chosen) != (len(frame),):
        raise InputError(f"where has shape {np.shape(chosen)} for {len(frame)} rows")
    if isinstance(chosen, np.ndarray) and chosen.dtype == np.bool_:
        return chosen
    try:
        mask: Bools = pd.array(chosen, dtype="boolean").to_numpy(dtype=bool, na_value=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"where={where!r} is not true or false for each row") from error
    return mask


def _evaluate(frame: pd.DataFrame, where: str) -> Any:
    """The value of an expression, with its comparisons missing where what they compare is."""
    try:
        text, quoted = _plain(where)
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, tokenize.TokenError):
        return _pandas(frame, where, where)
    names = _named(frame.columns, tree, quoted)
    if not any(frame[name].isna().to_numpy().any() for name in names):
        return _pandas(frame, where, where)
    return _three_valued(frame, tree, quoted, where)


def row_parts(where: object, known: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The parts that an expression joins by `and`, each with the columns among `known` it names.

    Raises `InputError` for what is no expression, and for one that asks for something of a whole
    column, such as its mean: the rows of a table that is scanned are never together.

    >>> row_parts("age >= 65 and `live alone` == 1", ["age", "gender", "live alone"])
    [('age >= 65', ['age']), ('`live alone` == 1', ['live alone'])]
    """
    if not isinstance(where, str):
        raise InputError(
            "where= of a table that is scanned is an expression over its columns, such as "
            '"age >= 65"'
        )
    try:
        text, quoted = _plain(where)
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, tokenize.TokenError) as error:
        told = reason(where, error, known)
        raise InputError(f"where={where!r} cannot be evaluated: {told}") from error
    columns = {*known, *quoted}
    _refuse_unknown(tree, columns | CONSTANTS | {"index"}, where, known)
    for node in ast.walk(tree):
        if not _by_row(node, columns):
            raise InputError(
                f"where={where!r} has {_text(node, quoted)!r}, which may look at other rows; of a "
                "table that is scanned compare each respondent with fixed values"
            )
    joined = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    parts: list[ast.expr] = getattr(tree, "values", []) if joined else [tree]
    return [(_text(part, quoted), _named(known, part, quoted)) for part in parts]


def _refuse_unknown(
    tree: ast.expr, names: Collection[str], where: str, known: Sequence[str]
) -> None:
    """Raise `InputError` for a name, other than of a function, that is not among `names`."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in names and id(node) not in called:
            told = unknown(node.id, where, known)
            raise InputError(f"where={where!r} cannot be evaluated: {told}")


def _text(node: ast.AST, quoted: dict[str, str]) -> str:
    text = ast.unparse(node)
    for stand_in, name in quoted.items():
        text = text.replace(stand_in, f"`{name}`")
    return text


def _by_row(node: ast.AST, columns: Collection[str]) -> bool:
    """Whether a part of an expression looks at one row at a time."""
    if isinstance(node, ast.Name):
        return node.id in columns or node.id in CONSTANTS
    if isinstance(node, ast.Attribute):
        below = node.value
        if isinstance(below, ast.Attribute):
            return (below.attr, node.attr) in BY_ROW_WITHIN
        return node.attr in BY_ROW
    if isinstance(node, ast.Call):
        given = [*node.args, *(k.value for k in node.keywords)]
        return isinstance(node.func, ast.Attribute) and not any(map(_names, given))
    if isinstance(node, ast.Compare):
        within = zip(node.ops, node.comparators, strict=True)
        return not any(isinstance(op, (ast.In, ast.NotIn)) and _names(c) for op, c in within)
    return not isinstance(node, ast.Subscript)


def _names(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Name) and n.id not in CONSTANTS for n in ast.walk(node))


def _three_valued(frame: pd.DataFrame, node: ast.expr, quoted: dict[str, str], where: str) -> Any:
    """`node` as a Series of booleans that can be missing, by Kleene's logic; (n,)."""
    if isinstance(node, ast.BoolOp):
        parts = [_three_valued(frame, v, quoted, where) for v in node.values]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if isinstance(node.op, ast.And) else result | part
        return result
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        return ~_three_valued(frame, node.operand, quoted, where)
    value = _pandas(frame, _text(node, quoted), where)
    if np.shape(value) not in ((), (len(frame),)):
        raise InputError(f"where has shape {np.shape(value)} for {len(frame)} rows")
    try:
        if np.shape(value) == ():
            value = np.full(len(frame), value)
        truth = pd.Series(pd.array(value, dtype="boolean"), index=frame.index)
    except (TypeError, ValueError) as error:
        raise InputError(f"where={where!r} is not true or false for each row") from error
    used = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    if used & MISSING_TESTS:
        return truth
    missing = np.zeros(len(frame), dtype=bool)
    for name in _named(frame.columns, node, quoted):
        missing |= frame[name].isna().to_numpy()
    return truth.mask(missing)


def _pandas(frame: pd.DataFrame, text: str, where: str) -> Any:
    try:
        value = frame.eval(text)
    except Exception as error:
        told = reason(where, error, frame.columns)
        raise InputError(f"where={where!r} cannot be evaluated: {told}") from error
    if isinstance(value, pd.DataFrame):
        told = reason(where, SyntaxError("it gives a table"), frame.columns)
        raise InputError(f"where={where!r} cannot be evaluated: {told}")
    return value


def _plain(where: str) -> tuple[str, dict[str, str]]:
    """`where` in Python's grammar, and the names that its stand-ins for quoted names mean.

    As `DataFrame.eval` reads it: `&` and `|` bind as `and` and `or`.
    """
    quoted: dict[str, str] = {}
    pieces = where.split("`")
    for i in range(1, len(pieces), 2):
        stand_in = f"_quoted_column_{i}_"
        quoted[stand_in] = pieces[i]
        pieces[i] = stand_in
    words = {"&": "and", "|": "or"}
    text = " ".join("".join(pieces).split("\n")).strip()
    tokens = [
        (tokenize.NAME, words[token.string]) if token.string in words else token[:2]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    ]
    return tokenize.untokenize(tokens).strip(), quoted


def _named(known: Iterable[Any], node: ast.expr, quoted: dict[str, str]) -> list[Any]:
    """The columns among `known` that an expression names."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names = {quoted.get(name, name) for name in found}
    return [name for name in known if name in names]
