"""The reader's names of variables, levels, cells, steps and tables of benchmarks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from survey_stats.labels import Language, word
from survey_stats.weight.cells import CELL_SEPARATOR
from survey_stats.weight.diagnostics.targets import TIMES

# margins that stand beside each other, and are not crossed
BESIDE = ", "
_AGE = ("age", "ages", "ålder", "alder", "åldersgrupp", "aldersgrupp")
_BAND = re.compile(r"(\d{1,3})\s?[-–]\s?(\d{1,3})")
_OPEN = re.compile(r"(\d{1,3})\s?\+")


def variable(name: str, lang: Language = "sv") -> str:
    """The reader's name of a variable, of several crossed, or of several beside each other.

    >>> variable("district x gender"), variable("district x gender, age_group")
    ('stadsdelsområde × kön', 'stadsdelsområde × kön, ålder')
    """
    return BESIDE.join(
        " × ".join(word(part, lang) for part in each.split(TIMES)) for each in name.split(BESIDE)
    )


def level(name: str, of: str = "", lang: Language = "sv") -> str:
    """The reader's name of a level of the variable `of`.

    All bands of ages of one variable are told in the same way, also those without an entry among
    the words; bands of another variable stay as they are.

    >>> level("women"), level("16-29", "age_group"), level("65+", "age_group", "en")
    ('kvinnor', '16–29 år', '65 years and older')
    >>> level("20-29", "hours_a_week")
    '20-29'
    """
    band, last = _BAND.fullmatch(name), _OPEN.fullmatch(name)
    if not of or (not band and not last):
        return word(name, lang)
    if not set(of.casefold().split("_")) & set(_AGE):
        return name
    if band:
        return f"{band[1]}–{band[2]} {'år' if lang == 'sv' else 'years'}"
    return f"{name.rstrip(' +')} {'år och äldre' if lang == 'sv' else 'years and older'}"


def levels(name: str, of: str = "", lang: Language = "sv") -> str:
    """The reader's name of a level, or of several that are crossed, of the variables `of`.

    >>> levels("Farsta | women | 65+", "district x gender x age_group")
    'Farsta, kvinnor, 65 år och äldre'
    """
    parts, variables = name.split(CELL_SEPARATOR), of.split(TIMES)
    if len(parts) != len(variables):
        variables = [""] * len(parts)
    return ", ".join(level(p, v, lang) for p, v in zip(parts, variables, strict=True))


def cell(of: str, name: str, group: str, lang: Language = "sv", within: str = "") -> str:
    """A cell as one name: its levels, where it is, and the variable where that is not plain.

    >>> cell("gender", "women", "Farsta"), cell("disability", "yes", "")
    ('kvinnor i Farsta', 'funktionsnedsättning: ja')
    """
    told = levels(name, of, lang) if name else word(of, lang)
    if name in ("yes", "no", "True", "False") or name.replace(".", "").isdigit():
        told = f"{word(of, lang)}: {told}"
    if not group:
        return told
    return f"{told} {'i' if lang == 'sv' else 'in'} {levels(group, within, lang)}"


def step(kind: str, lang: Language = "sv") -> str:
    """The reader's name of a kind of step."""
    return word(f"step: {kind}", lang).removeprefix("step: ")


def source(name: str, lang: Language = "sv") -> str:
    """The name of a table of benchmarks in brackets; nothing where it has none."""
    return "" if name == "benchmarks" else f" ({variable(name, lang)})"


def listed(parts: Sequence[str], lang: Language = "sv") -> str:
    """Names in a sentence: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + (" och " if lang == "sv" else " and ") + parts[-1]


def capital(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]
