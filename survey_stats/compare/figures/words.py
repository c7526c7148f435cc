"""What stands in and around a figure of changes, in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from survey_stats.compare.figures.cells import VERDICTS, Cells
from survey_stats.compare.figures.sides import sides_of
from survey_stats.compare.in_time import verdict_word
from survey_stats.labels import Language, capital, has_word, heading, number, percent, word

_SIDE = r"(before|after|in the reference|in the group)"
_SIDES = {
    "before": ("före", "before"),
    "after": ("efter", "after"),
    "in the reference": ("i jämförelsegruppen", "in the reference"),
    "in the group": ("i gruppen", "in the group"),
}
# flags as tests and suppression write them -> (Swedish, English)
_REASONS: tuple[tuple[str, str, str], ...] = (
    (r"suppressed: base under (\d+)", "färre än {0} svar", "fewer than {0} answers"),
    (
        r"suppressed: protects another cell",
        "döljs: skyddar annan cell",
        "hidden: protects another cell",
    ),
    (
        r"suppressed: one of the two shares is suppressed",
        "en av de två andelarna visas inte",
        "one of the two shares is not shown",
    ),
    (r"uncertain: base (\d+)-(\d+)", "osäker: {0}–{1} svar", "uncertain: {0}–{1} answers"),
    (rf"only {_SIDE}\b.*", "finns bara {0}", "only {0}"),
    (rf"base under (\d+) {_SIDE}", "färre än {0} svar {1}", "fewer than {0} answers {1}"),
    (r"base under (\d+)", "färre än {0} svar", "fewer than {0} answers"),
    (rf"no answers {_SIDE}", "inga svar {0}", "no answers {0}"),
    (r"no answers", "inga svar", "no answers"),
    (rf"standard error 0 {_SIDE}.*", "alla svarar lika {0}", "all answers are equal {0}"),
    (
        r"standard error 0: the two sides.*",
        "samma svar på båda sidor",
        "the same answers on both sides",
    ),
    (r"standard error 0: all answers.*", "alla svarar lika", "all answers are equal"),
    (
        rf"no standard error {_SIDE}\b.*",
        "osäkerheten kan inte skattas {0}",
        "no standard error {0}",
    ),
    (r"no standard error.*", "osäkerheten kan inte skattas", "no standard error"),
    (r"no degrees of freedom.*", "för få urvalsenheter", "too few sampling units"),
    (
        r"counted by different codings: (.*) before, (.*) after",
        "olika kodning: {0} före, {1} efter",
        "coded differently: {0} before, {1} after",
    ),
    (r"nothing to compare with", "inget att jämföra med", "nothing to compare with"),
    (r"not tested against (.*?): .*", "inte jämförd med {0}", "not compared with {0}"),
)


def reason(flag: str, lang: Language = "sv") -> str:
    """Why a cell has no test, in the reader's words; a flag without an entry is told as it is.

    >>> reason("base under 5 before"), reason("suppressed: base under 30", "en")
    ('färre än 5 svar före', 'fewer than 30 answers')
    """
    for pattern, sv, en in _REASONS:
        if hit := re.fullmatch(pattern, flag):
            told = [_SIDES[g][lang == "en"] if g in _SIDES else g for g in hit.groups()]
            return (sv if lang == "sv" else en).format(*told)
    if flag:
        return flag
    return "inget test" if lang == "sv" else "no test"


def name(value: object, lang: Language) -> str:
    """The reader's word for the value of a key."""
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", lang)
    return word(str(value), lang)


def row_names(cells: Cells, columns: Sequence[str], lang: Language) -> list[str]:
    """One name a cell from some of its key columns."""
    if not columns:
        return [heading("all", lang)] * len(cells)
    told = [[name(v, lang) for v in cells.keys[c].tolist()] for c in columns]
    first = cells.keys[columns[0]].astype(str)
    # a name of the data's own stays as it is
    told[0] = [
        capital(t) if t != v or has_word(v) else t for t, v in zip(told[0], first, strict=True)
    ]
    return [", ".join(parts) for parts in zip(*told, strict=True)]


def title(cells: Cells, lang: Language) -> str:
    """The question where there is one, else what was compared."""
    questions = list(cells.family["question"])
    if len(questions) == 1:
        return heading(questions[0], lang)
    return capital(sides_of(cells, lang).compared(lang))


def subtitle(cells: Cells, lang: Language) -> str:
    """The survey, what was compared, how many questions, and the unit; without the title."""
    count = len(cells.family["question"])
    questions = f"{count} frågor" if lang == "sv" else f"{count} questions"
    sides = sides_of(cells, lang)
    parts = [
        sides.about,
        sides.compared(lang) if count == 1 else questions,
        *(name(v, lang) for v in cells.fixed.values()),
        unit(cells, lang) if cells.is_share else "",
    ]
    return capital(", ".join(p for p in parts if p))


def unit(cells: Cells, lang: Language) -> str:
    """The unit of a difference; that of a mean is the question's own."""
    if not cells.is_share:
        return "skillnad" if lang == "sv" else "difference"
    return "procentenheter" if lang == "sv" else "percentage points"


def family(cells: Cells, lang: Language) -> str:
    """How many tests share the risk of a false finding.

    The number and the adjustment are those of the whole family, also where some rows are drawn.
    """
    size = int(cells.family["family_size"])
    if lang == "sv":
        text = "1 jämförelse" if size == 1 else f"{number(size, 0, lang)} jämförelser"
        none = "utan justering"
    else:
        text = "1 comparison" if size == 1 else f"{number(size, 0, lang)} comparisons"
        none = "not adjusted"
    how = str(cells.family["adjust"])
    if size < 2:
        return text
    return f"{text}, {none if how == 'none' else word(how, lang)}"


def foot(cells: Cells, lang: Language, intervals: bool = True) -> str:
    """The family, and of what the intervals are."""
    text = family(cells, lang)
    if not intervals:
        return text
    level = percent(float(cells.family["level"]), 0, lang)
    several = int(cells.family["family_size"]) > 1 and cells.family["adjust"] != "none"
    if lang == "sv":
        judged = ": bedömningen tar hänsyn till alla" if several else ""
        return f"{text}{judged}. Strecken är varje rads eget osäkerhetsintervall ({level})."
    judged = ": the verdicts allow for all of them" if several else ""
    return f"{text}{judged}. Lines are each row's own {level} confidence interval."


def size(value: float, cells: Cells, lang: Language, sign: bool = True) -> str:
    """A difference (with its sign), or a limit of one, as it is printed."""
    return number(value, cells.decimals, lang, sign=sign)


def amount(value: float, cells: Cells, lang: Language) -> str:
    """The estimate of one side."""
    if cells.is_share:
        return percent(value / 100, 0, lang)
    return number(value, cells.decimals, lang)


def legend(cells: Cells, lang: Language) -> dict[str, str]:
    """What each verdict is called, with the number of cells."""
    counts = {v: int(((cells.verdict == v) & cells.drawn).sum()) for v in VERDICTS}
    return {v: f"{verdict(v, cells, lang)} ({number(counts[v], 0, lang)})" for v in VERDICTS}


def verdict(code: str, cells: Cells, lang: Language) -> str:
    """The reader's word for a verdict: one group is higher than another, it has not increased."""
    return verdict_word(code, sides_of(cells, lang).waves, lang)


def mark(cells: Cells, row: int) -> str:
    """A star on a cell that `doubts` explains."""
    return "*" if cells.doubtful[row] else ""


def doubts(cells: Cells, lang: Language) -> list[str]:
    """What the stars stand for; no line where there are none."""
    told = dict.fromkeys(reason(str(flag), lang) for flag in cells.flag[cells.doubtful])
    return [f"* {', '.join(told)}."] if told else []


def untested(cells: Cells, names: Sequence[str], rows: Iterable[int], lang: Language) -> str:
    """The reasons why cells have no test, each with the cells."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(reason(str(cells.flag[row]), lang), []).append(names[row])
    return ", ".join(f"{why} ({'; '.join(n)})" for why, n in by_reason.items())


def margin(cells: Cells, lang: Language) -> str:
    """The largest difference that counts as none."""
    decimals = 0 if cells.margin == round(cells.margin) else 1 if cells.is_share else 2
    return f"±{number(cells.margin, decimals, lang)}"


def tick(value: float, lang: Language) -> str:
    """A difference on an axis, with as many decimals as it needs."""
    decimals = next((d for d in range(3) if abs(value - round(value, d)) < 1e-9), 3)
    return number(value, decimals, lang, sign=True)
