"""What formulas of R have and ours have not, and what to write in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

# functions of R by what stands for them here
_LEVELS = "C({0}), or C({0}, contr.treatment('reference level'))"
INSTEAD = {
    "factor": _LEVELS,
    "as.factor": _LEVELS,
    "as_factor": _LEVELS,
    "relevel": _LEVELS,
    "ordered": _LEVELS,
    "ns": "bs({0}, df=4) or poly({0}, 3)",
    "rcs": "bs({0}, df=4) or poly({0}, 3)",
    "cut": "a column of groups made before, by pandas.cut",
    "ifelse": "I({0}), or a column made before, by numpy.where",
    "offset": "offset='{0}' beside the formula",
    "as.numeric": "a column of numbers made before, by pandas.to_numeric",
    "as.integer": "a column of numbers made before, by pandas.to_numeric",
}
_CALL = re.compile(r"(?<![\w.])([A-Za-z][\w.]*)\s*\(\s*([^(),]*)")
_COMPARED = re.compile(r"(?<![<>=!])(==|!=|<=|>=|<|>)")


def told_function(name: str, argument: str, text: str) -> str:
    """The sentence about a function that formulas do not have."""
    use = INSTEAD.get(name)
    if use is None:
        return (
            f"The function {name!r} in the formula {text!r} is not known; make the column before, "
            "or use a function of numpy as np.name()"
        )
    return f"Formulas have no {name}(), which {text!r} asks for; use {use.format(argument)}"


def why_unreadable(text: str, known: Sequence[str]) -> str | None:
    """What to write in place of a formula that could not be read; None where nobody knows."""
    left, tilde, right = text.partition("~")
    if tilde and not right.strip():
        return f"Nothing stands at the right of {text!r}; write '{left.strip()} ~ 1' for a mean"
    if tilde and re.search(r"(?<![\w.])\.(?![\w.])", right):
        return (
            f"{text!r} asks for all columns by '.'; name the predictors, '{left.strip()} ~ a + b'"
        )
    outside = _without_calls(left)
    if tilde and _COMPARED.search(outside):
        return (
            f"The response {left.strip()!r} compares; write 'I({left.strip()}) ~{right}', or name "
            "the answers that count by of="
        )
    for name, argument in _CALL.findall(text):
        if name in INSTEAD and "." in name:
            return told_function(name, argument.strip(), text)
    spaced = [n for n in known if not n.isidentifier() and n in _without_quotes(text)]
    if spaced:
        longest = max(spaced, key=len)
        return f"The column {longest!r} is written in backticks in a formula: `{longest}`"
    return None


def _without_calls(text: str) -> str:
    """`text` without what stands in parentheses, braces and backticks."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\([^()]*\)|\{[^{}]*\}|`[^`]*`", "", text)
    return text


def _without_quotes(text: str) -> str:
    return re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", " ", text)
