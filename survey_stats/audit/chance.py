"""The test that two printed figures allow: counts exactly, shares where a base is printed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey_stats.audit.bases import SmallestBase, smallest_base, two_share_p
from survey_stats.audit.tables import Cell
from survey_stats.audit.wording import Num, Say, many, p_text, say
from survey_stats.compare import CountChange, contrast, count_change
from survey_stats.labels import number

Floats = NDArray[np.float64]

COUNT_METHOD = "exact conditional Poisson test of two counts"
RATE_METHOD = "exact conditional Poisson test of two rates"
REST_METHOD = "exact conditional Poisson test of an area against the rest of the whole"
SHARE_METHOD = "pooled two-proportion z test"

# names of a whole that contains the areas it is compared with
WHOLES = frozenset(
    [
        "stockholm",
        "stockholms stad",
        "staden",
        "hela staden",
        "totalt i staden",
        "totalt",
        "city",
        "whole city",
        "the city",
        "riket",
        "sverige",
        "sweden",
        "polisregion stockholm",
    ]
)


def is_events(cell: Cell) -> bool:
    """Whether the figure is a number of events, which chance moves as it moves a Poisson count."""
    return cell.unit == "count" and not cell.bound and cell.value >= 0


def count_test(a: Cell, b: Cell, level: float, per_head: bool = False) -> CountChange | None:
    """The test of two counts, or of two rates whose counts and populations are known."""
    if a.bound or b.bound or a.count is None or b.count is None:
        return None
    rates = (a.unit == "rate" and b.unit == "rate") or per_head
    if not rates and not (is_events(a) and is_events(b)):
        return None
    if rates and (a.population is None or b.population is None):
        return None
    if any(c < 0 or c != math.floor(c) for c in (a.count, b.count)):
        return None
    if rates:
        return count_change(a.count, b.count, a.population, b.population, level=level)
    return count_change(a.count, b.count, level=level)


def rest_of(whole: Cell, part: Cell) -> Cell | None:
    """The whole without the part, where the names say that the one contains the other."""
    if whole.area.lower() not in WHOLES or part.area.lower() in WHOLES:
        return None
    if whole.count is None or part.count is None:
        return None
    if whole.population is None or part.population is None:
        return None
    count, people = whole.count - part.count, whole.population - part.population
    if count < 0 or people <= 0:
        return None
    return Cell(
        value=count / people,
        label=whole.label,
        unit="rate",
        count=count,
        population=people,
        area=whole.area,
    )


def count_dict(c: CountChange, method: str = "") -> dict[str, Any]:
    """A count test for a finding."""
    rates = math.isfinite(c.population_before)
    out: dict[str, Any] = {
        "method": method or (RATE_METHOD if rates else COUNT_METHOD),
        "statistic": c.after,
        "n": c.before + c.after,
        "p_value": c.p_value,
        "p_mid": c.p_mid,
        "ratio": c.ratio,
        "interval": [c.ratio_low, c.ratio_high],
        "level": c.level,
        "verdict": c.verdict,
    }
    if rates:
        out |= {
            "population_before": c.population_before,
            "population_after": c.population_after,
            "rate_ratio_of": [c.before, c.after],
        }
    if c.flag:
        out["flag"] = c.flag
    return out


def count_note(c: CountChange, alpha: float) -> Say:
    """One sentence that sets an arithmetical verdict beside chance."""
    if not math.isfinite(c.p_value) or c.before == c.after:
        return Say("", "")
    if c.p_value <= alpha:
        return say(
            "The change is larger than what chance can reasonably make (exact Poisson test, {p}).",
            "Förändringen är större än vad slumpen rimligen ger (exakt Poissontest, {p}).",
            p=p_text(c.p_value, alpha),
        )
    return say(
        "Whether anything really changed is another matter: the difference may be chance alone "
        "(exact Poisson test, {p}).",
        "Om något verkligen har förändrats är en annan sak: skillnaden kan bero på bara slumpen "
        "(exakt Poissontest, {p}).",
        p=p_text(c.p_value, alpha),
    )


def share_dict(a: Cell, b: Cell, alpha: float) -> tuple[dict[str, Any], SmallestBase | None]:
    """The test of two shares in percent: with their bases, or turned round where there are none."""
    p0, p1 = a.value / 100, b.value / 100
    if not (0 <= p0 <= 1 and 0 <= p1 <= 1):
        return {}, None
    if a.base and b.base:
        d, se, df = share_difference(a, b)
        low, high = contrast.interval(d, se, df, 1 - alpha)
        p = two_share_p(p0, p1, a.base, b.base)
        return {
            "method": SHARE_METHOD,
            "p_value": p,
            "difference_points": 100 * float(d[0]),
            "interval": [100 * float(low[0]), 100 * float(high[0])],
            "bases": [a.base, b.base],
            "assumes": "simple random samples; weights and clusters make p larger",
        }, None
    found = smallest_base(p0, p1, a.rounding / 100, b.rounding / 100, alpha)
    return {
        "method": f"{SHARE_METHOD}, solved for the base",
        "p_value": None,
        "alpha": alpha,
        "assumes": "equal bases in both and simple random samples; a design effect needs more",
        **found.to_dict(),
    }, found


def share_difference(a: Cell, b: Cell) -> tuple[Floats, Floats, Floats]:
    """Difference of two shares with bases, its standard error and df; simple random samples.

    Arrays of one value each, as `compare.contrast` takes them; with infinite df t is normal.
    """
    assert a.base is not None
    assert b.base is not None
    p0, p1 = a.value / 100, b.value / 100
    se = math.sqrt(p0 * (1 - p0) / a.base + p1 * (1 - p1) / b.base)
    return np.array([p1 - p0]), np.array([se]), np.array([np.inf])


def base_note(a: Cell, found: SmallestBase, alpha: float) -> Say:
    """What base the printed change would have needed, with what rounding hides."""
    low, high = 100 * found.change_low, 100 * found.change_high
    small, large = sorted((abs(low), abs(high)))
    if low <= 1e-9 and high >= -1e-9:
        small = 0.0
    decimals = 0 if all(abs(x - round(x)) < 1e-9 for x in (small, large)) else max(1, a.decimals)
    hides = say(
        "With rounding the change lies between {s} and {l} percentage points.",
        "Med avrundningen ligger förändringen mellan {s} och {l} procentenheter.",
        s=Num(small, decimals),
        l=Num(large, decimals),
    )
    if found.as_printed is None:
        return hides
    spread = _spread(found)
    need = say(
        "As printed it would be significant at the {a} percent level from {n} in each of the two "
        "({spread}). Weights and clusters ask for more.",
        "Som den är tryckt vore den säkerställd på {a}-procentsnivån om minst {n} fanns i vardera "
        "({spread}). Är svaren viktade eller insamlade i grupper krävs fler.",
        a=Num(100 * alpha, None),
        n=many(found.as_printed, ("{n} answer", "{n} answers"), ("{n} svar", "{n} svar")),
        spread=spread,
    )
    return hides + need


def _spread(found: SmallestBase) -> Say:
    assert found.least is not None
    if found.most is None:
        return say(
            "at best {a}, at worst no base is enough",
            "i bästa fall {a}, i sämsta fall räcker inget antal svar",
            a=Num(found.least),
        )
    return say(
        "from {a} to {b} depending on the rounding",
        "mellan {a} och {b} beroende på avrundningen",
        a=Num(found.least),
        b=Num(found.most),
    )


def points(difference: float, decimals: int) -> Say:
    """A difference of two percentages, with its unit in the right number."""
    one = round(abs(difference), decimals) == 1
    return say(
        "{d} percentage point" if one else "{d} percentage points",
        "{d} procentenhet" if one else "{d} procentenheter",
        d=Num(difference, decimals, sign=True),
    )


def figure_text(cell: Cell) -> Say:
    """A printed figure as the document prints it, with its unit."""
    mark = {
        ">=": ("at least ", "minst "),
        ">": ("more than ", "mer än "),
        "<=": ("at most ", "högst "),
        "<": ("less than ", "mindre än "),
    }.get(cell.bound)
    en, sv = mark or ("", "")
    end_en, end_sv = (" percent", " procent") if cell.unit == "percent" else ("", "")
    return Say(
        f"{en}{number(cell.value, cell.decimals, 'en')}{end_en}",
        f"{sv}{number(cell.value, cell.decimals, 'sv')}{end_sv}",
    )
