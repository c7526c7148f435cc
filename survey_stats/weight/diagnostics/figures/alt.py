"""The same as a figure of weights in words, for those who do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from survey_stats.labels import Language, number, percent, word
from survey_stats.weight.diagnostics import names
from survey_stats.weight.diagnostics.figures import love_plot, margin_plot, weight_histogram
from survey_stats.weight.diagnostics.figures.levels import Rows, rows_of

if TYPE_CHECKING:
    from survey_stats.weight.diagnostics.report import WeightingReport


def of_love(report: WeightingReport, lang: Language, group: str | None = None) -> str:
    """Every level with its standardised difference before and after."""
    rows = rows_of(report, group, lang, ("share", "mean"))
    till = "till" if lang == "sv" else "to"
    told = [
        f"{name} "
        + (f"{number(row['smd_before'], 2, lang, sign=True)} {till} " if report.changed else "")
        + number(row["smd_after"], 2, lang, sign=True)
        for name, row in zip(rows.names, rows.frame.to_dict("records"), strict=True)
    ]
    return _whole(
        report,
        [
            love_plot.title(rows, group, lang),
            love_plot.subtitle(report, lang),
            *_by_variable(rows, told, lang),
        ],
        love_plot.foot(rows, lang)[1:],
        lang,
    )


def of_shares(report: WeightingReport, lang: Language, group: str | None = None) -> str:
    """Every level with its share before, in the population and after."""
    rows = rows_of(report, group, lang, ("share",))
    pattern = (
        "{0} i befolkningen {1}, i urvalet {2} före och {3} efter"
        if lang == "sv"
        else "{0} in the population {1}, in the sample {2} before and {3} after"
    )
    if not report.changed:
        pattern = (
            "{0} i befolkningen {1}, i det viktade urvalet {3}"
            if lang == "sv"
            else "{0} in the population {1}, in the weighted sample {3}"
        )
    told = [
        pattern.format(
            name,
            *(percent(float(v), 1, lang) for v in (row["target"], row["before"], row["after"])),
        )
        for name, row in zip(rows.names, rows.frame.to_dict("records"), strict=True)
    ]
    return _whole(
        report,
        [margin_plot.title(rows, group, lang), *_by_variable(rows, told, lang)],
        margin_plot.foot(rows.left_out, lang),
        lang,
    )


def of_histogram(report: WeightingReport, lang: Language) -> str:
    """The quantiles of the weights as multiples of their mean."""
    points = (0.05, 0.25, 0.5, 0.75, 0.95)
    parts = []
    pairs = [(report.before, "före", "before"), (report.after, "efter", "after")]
    for values, sv, en in pairs[0 if report.changed else 1 :]:
        at = np.quantile(values / values.mean(), points).tolist()
        low, first, median, third, high = (number(v, 2, lang) for v in at)
        largest = number(float(values.max() / values.mean()), 1, lang)
        parts.append(
            f"{names.capital(sv)} är hälften av vikterna mellan {first} och {third} gånger "
            f"medelvikten, nio av tio mellan {low} och {high}, medianen {median} och den största "
            f"{largest}"
            if lang == "sv"
            else f"{names.capital(en)}, half of the weights are between {first} and {third} times "
            f"the mean weight, nine in ten between {low} and {high}, the median {median} and the "
            f"largest {largest}"
        )
    return _whole(
        report, [weight_histogram.title(lang), *parts], weight_histogram.foot(report, lang), lang
    )


def _by_variable(rows: Rows, told: list[str], lang: Language) -> list[str]:
    parts: dict[str, list[str]] = {}
    for text, row in zip(told, rows.frame.to_dict("records"), strict=True):
        head = (
            ""
            if row["kind"] == "mean"
            else names.capital(names.variable(str(row["variable"]), lang))
        )
        parts.setdefault(head, []).append(text)
    return [f"{head}: {'; '.join(t)}" if head else "; ".join(t) for head, t in parts.items()]


def _whole(report: WeightingReport, sentences: list[str], notes: list[str], lang: Language) -> str:
    made_up = [word("synthetic", lang)] if report.synthetic else []
    return " ".join([". ".join([*made_up, *sentences]) + ".", *notes])
