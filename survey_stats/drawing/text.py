"""Words in a figure: how wide they are, where they break, and how labels keep apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from survey_stats.labels import Language, number

Floats = npt.NDArray[np.float64]

FAMILY = "DejaVu Sans"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Points that the longest line of a text takes, with what hinting adds on a screen."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")
    measure = text_to_path.get_text_width_height_descent
    return 1.04 * max(float(measure(t, font, False)[0]) for t in text.split("\n"))


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """`text` broken at blanks into lines that take at most `room` points."""
    if text_width(text, size, bold) <= room:
        return text
    lines = [""]
    for part in text.split(" "):
        longer = f"{lines[-1]} {part}".strip()
        if lines[-1] and text_width(longer, size, bold) > room:
            lines.append(part)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def shortened(
    text: str, size: float, room: float, bold: bool = False, *, inside: bool = False
) -> str:
    """`text`, cut with an ellipsis where it does not fit; `inside` keeps its end, too.

    >>> shortened("Hässelby villastad", 8, 60), shortened("Skolan nummer 38", 8, 60, inside=True)
    ('Hässelby vil…', 'Skolan…er 38')
    """
    if text_width(text, size, bold) <= room:
        return text
    if inside:
        for kept in range(len(text) - 1, 1, -1):
            told = f"{text[: kept - kept // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"
            if text_width(told, size, bold) <= room:
                return told
    while text and text_width(text + "…", size, bold) > room:
        text = text[:-1].rstrip()
    return text + "…"


def named(text: str, size: float, room: float, lines: int = 2, bold: bool = False) -> str:
    """A name on at most `lines` lines of `room` points, cut with an ellipsis where it is longer."""
    broken = fitted(text, size, room, bold).split("\n")
    if len(broken) > lines:
        broken = [*broken[: lines - 1], " ".join(broken[lines - 1 :])]
    return "\n".join(shortened(line, size, room, bold) for line in broken)


def spread(values: Floats, gap: float | Floats, low: float, high: float) -> Floats:
    """Places for labels of `values`, at least `gap` apart, as near as can be and within the ends.

    Labels that would lie on each other become a block about their mean, as in isotonic regression.
    Where all of them do not fit between `low` and `high` they are spread evenly.

    >>> spread(np.array([1.0, 1.0, 5.0]), 1.0, 0.0, 10.0)
    array([0.5, 1.5, 5. ])
    """
    count = values.size
    if count == 0:
        return np.zeros(0)
    order = np.argsort(values, kind="stable")
    out = np.empty(count)
    gaps = np.broadcast_to(np.asarray(gap, dtype=np.float64), (max(count - 1, 0),))
    # without the gaps the places need only be in order
    steps = np.concatenate([[0.0], np.cumsum(gaps)])
    if steps[-1] >= high - low:
        out[order] = np.linspace(low, high, count)
        return out
    blocks: list[tuple[float, int]] = []
    for value in (values[order] - steps).tolist():
        total, size = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            more, n = blocks.pop()
            total, size = total + more, size + n
        blocks.append((total, size))
    flat = np.concatenate([np.full(n, total / n) for total, n in blocks])
    out[order] = np.clip(flat, low, high - steps[-1]) + steps
    return out


def ticks_told(at: Floats, lang: Language = "sv", least: int = 0, sign: bool = False) -> list[str]:
    """Ticks with as few decimals as tell each of them exactly, `least` at least.

    >>> ticks_told(np.array([0.0, 0.25, 0.5])), ticks_told(np.array([-10.0, 0.0, 10.0]), sign=True)
    (['0,00', '0,25', '0,50'], ['−10', '0', '+10'])
    """
    places = decimals_of(at, least)
    return [number(v, places, lang, sign=sign) for v in np.asarray(at, dtype=np.float64).tolist()]


def decimals_of(at: Floats, least: int = 0, most: int = 8) -> int:
    """Decimals with which every tick is told exactly.

    >>> decimals_of(np.array([0.0, 0.5, 1.0])), decimals_of(np.array([0.0, 20.0]))
    (1, 0)
    """
    values = np.asarray(at, dtype=np.float64)
    step = float(np.diff(values).min()) if values.size > 1 else 1.0
    slack = 1e-3 * abs(step)
    places = range(least, most)
    return next((d for d in places if (np.abs(values - values.round(d)) <= slack).all()), most)
