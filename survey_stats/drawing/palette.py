"""Which colour, marker, line and hatch a thing has, in every figure and document alike.

Nothing is told by colour alone: what has a colour also has a marker, a sign, a line or a hatch of
its own, and colours that stand side by side differ in lightness, so that they keep apart in grey
and for readers who do not tell red from green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INK = "#222222"
SOFT = "#5f5f5f"
FAINT = "#8c8c8c"
EDGE = "#b8b8b8"
GRID = "#e3e3e3"
PALE = "#e9e9e9"
BAND = "#f0f0f0"
PAPER = "#ffffff"

BLUE = "#0b5394"
ORANGE = "#c77700"
BROWN = "#8a5a00"

# of a sample before and after it was weighted, and of what is out of bounds
BEFORE = "#7d7d7d"
AFTER = BLUE
OFF = ORANGE

UP = "significant increase"
DOWN = "significant decrease"
SAME = "unchanged"
OPEN = "cannot be decided"

# of a cell whose number may not be shown, and of one that there is no number for
HIDDEN_HATCH = "////"
HIDDEN_EDGE = "#9a9a9a"


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn: marker, sign in text, and colours of line, cell and letters."""

    marker: str
    sign: str
    colour: str
    fill: str
    text: str


LOOKS: Mapping[str, Look] = {
    UP: Look("^", "▲", ORANGE, "#e8981c", "#000000"),
    DOWN: Look("v", "▼", BLUE, BLUE, "#ffffff"),
    SAME: Look("s", "■", "#3c3c3c", "#d4d4d4", "#000000"),
    OPEN: Look("o", "○", FAINT, PAPER, SOFT),
}
_GROUP_VERDICTS = {"higher": UP, "lower": DOWN, "alike": SAME}


def look(verdict: object) -> Look:
    """The look of a verdict on a change, or on a group against others; else that of no verdict.

    >>> look("significant increase").sign, look("lower").sign, look("")
    ('▲', '▼', Look(marker='o', sign='○', colour='#8c8c8c', fill='#ffffff', text='#5f5f5f'))
    """
    text = str(verdict)
    return LOOKS.get(_GROUP_VERDICTS.get(text, text), LOOKS[OPEN])


@dataclass(frozen=True)
class Series:
    """How a series of points is drawn; `face` is the inside of its marker."""

    colour: str
    marker: str
    line: str
    face: str


def _solid(colour: str, marker: str, line: str = "-") -> Series:
    return Series(colour, marker, line, colour)


def _hollow(colour: str, marker: str, line: str = "--") -> Series:
    return Series(colour, marker, line, PAPER)


# code name -> its look in every document
_KNOWN: Mapping[str, Series] = {
    "district": _solid(BLUE, "o"),
    "city": _hollow(BROWN, "s"),
    "city_safety": _solid("#005a8c", "o"),
    "regional_safety": _hollow("#b3471d", "s"),
    "school_survey": _solid("#d0679d", "^", ":"),
    "women": _solid("#5b2a86", "o"),
    "men": _hollow("#1f8a70", "s"),
    "yes": _solid(BLUE, "o"),
    "no": _hollow(BROWN, "s"),
    "direct": _hollow(ORANGE, "s"),
    "pooled": _solid("#1f8a70", "^"),
    "model": _solid(BLUE, "o"),
    "synthetic": _hollow(BLUE, "o"),
}
_SAME = {"girls": "women", "boys": "men"}
# for groups without a look of their own: light and dark by turns, each with its marker
_OTHERS: Sequence[Series] = (
    _solid(BLUE, "o"),
    _hollow("#b3471d", "s"),
    _solid("#d0679d", "^"),
    _hollow("#3c3c3c", "D"),
    _solid("#1f8a70", "v"),
    _hollow("#a8832a", "P"),
    _solid("#5b2a86", "X"),
    _hollow("#0b7fb0", "p"),
)


def series(code: object, among: Sequence[object] = ()) -> Series:
    """The look of a survey, a gender, a source or an area level; of others by their place.

    Args:
        code: the code name.
        among: all that stand in the figure, in order; those without a look of their own take the
            free ones in turn.

    >>> series("women").colour == series("girls").colour
    True
    >>> series("b", ["a", "b"]).marker, series("a", ["a", "b"]).marker
    ('s', 'o')
    """
    text = _SAME.get(str(code), str(code))
    if text in _KNOWN:
        return _KNOWN[text]
    taken = {_KNOWN[t].colour for t in map(str, among) if t in _KNOWN}
    free = [look for look in _OTHERS if look.colour not in taken]
    others = [str(c) for c in among if str(c) not in _KNOWN]
    at = others.index(text) if text in others else 0
    return free[at % len(free)]


# light to dark, evenly: lightness 95, 83, 69, 52 and 30 of 100
CLASSES: Sequence[str] = ("#e8f1fa", "#b9d3ea", "#82aed6", "#4680ba", "#0b4079")
# away from the middle of a scale of answers, to either side
_BAD: Sequence[str] = ("#7a3b00", "#c77700", "#f0c27b")
_GOOD: Sequence[str] = ("#0b4079", "#4680ba", "#b9d3ea")


def classes(count: int) -> list[str]:
    """Fills of `count` ordered classes, light to dark.

    >>> classes(2), len(classes(5))
    (['#b9d3ea', '#4680ba'], 5)
    """
    picked = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4)}.get(count)
    if picked is not None:
        return [CLASSES[i] for i in picked]
    return ramp(CLASSES, count)


def answers(count: int, diverging: bool) -> list[str]:
    """Fills of the steps of an answer scale, from one end to the other.

    Args:
        count: how many steps.
        diverging: whether the two ends are opposites, so that both are dark; else the first step
            is the darkest.
    """
    if not diverging:
        return classes(count)[::-1] if count <= 5 else ramp(CLASSES, count)[::-1]
    half = count // 2
    middle = ["#dcdcdc"] * (count % 2)
    good = ramp(_GOOD, half) if half > 3 else list(_GOOD[:half])
    bad = ramp(_BAD, half) if half > 3 else list(_BAD[:half])
    return [*bad, *middle, *good[::-1]]


def ramp(stops: Sequence[str], count: int) -> list[str]:
    """`count` colours evenly between the stops.

    >>> ramp(["#000000", "#ffffff"], 3)
    ['#000000', '#808080', '#ffffff']
    """
    out = []
    for k in range(count):
        at = k * (len(stops) - 1) / max(count - 1, 1)
        i = min(int(at), len(stops) - 2)
        pairs = zip(_rgb(stops[i]), _rgb(stops[i + 1]), strict=True)
        mixed = [round(a + (b - a) * (at - i) + 1e-9) for a, b in pairs]
        out.append("#" + "".join(f"{c:02x}" for c in mixed))
    return out


def lightness(colour: str) -> float:
    """CIE L* of a colour, 0 (black) to 100 (white): what is left of it in grey.

    >>> round(lightness("#ffffff")), round(lightness("#000000"))
    (100, 0)
    """
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.1 has it."""
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _rgb(colour))
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def ink_on(fill: str) -> str:
    """The colour of letters on a fill: the one of black and white with the greater contrast.

    >>> ink_on("#0b4079"), ink_on("#e8f1fa")
    ('#ffffff', '#000000')
    """
    y = luminance(fill)
    return "#ffffff" if 1.05 / (y + 0.05) > (y + 0.05) / 0.05 else "#000000"


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
