"""Small areas: what is published of each and from where, and the places that it may have."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from survey_stats.drawing.page import Words, style
from survey_stats.drawing.palette import BLUE, HIDDEN_EDGE, HIDDEN_HATCH, PAPER, series
from survey_stats.drawing.telling import estimate, sentences, till
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.small_areas import words as area_words
from survey_stats.labels import Language, capital, number, percent, word
from survey_stats.report.charts.cells import HIDDEN
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.frame import reach, share_axis
from survey_stats.report.charts.rows import rows_of

if TYPE_CHECKING:
    from survey_stats.explain.small_areas import Publication, Ranks, SmallAreas

_SOURCES = ("direct", "pooled", "model")
_CAUTION = "with caution"


def caterpillar_chart(
    areas: Publication | SmallAreas,
    name: str,
    lang: Language = "sv",
    *,
    choose: Sequence[Hashable] | None = None,
    caption: str | None = None,
) -> Chart:
    """What may be published of each area, highest share first, with its interval and its source.

    The marker tells what a number rests on: the area's own answers, several years', or a model.
    An area of which nothing may be published keeps a hatched row.

    Args:
        areas: a `Publication`, or a `SmallAreas`, of which only what its `publish()` lets through
            is shown.
        name: short name of the figure.
        lang: the reader's language.
        choose: some of the areas, such as those of a district.
        caption: instead of the one made from what the estimates are of.

    Raises:
        InputError: no result for small areas, or more areas than a page holds.
        UnknownNameError: an area that there is not.
    """
    from survey_stats.explain.small_areas import Publication, SmallAreas

    shown = areas.publish() if isinstance(areas, SmallAreas) else areas
    if not isinstance(shown, Publication):
        raise InputError("A caterpillar plot needs a Publication or a SmallAreas")
    rows = _rows(shown, choose)
    named = [capital(word(str(shown.areas[i]), lang)) for i in rows]
    meta = shown.small.metadata
    texts = [_beside(shown, i, lang) for i in rows]
    head = "andel (intervall)" if lang == "sv" else "share (interval)"
    with style() as plt:
        page = rows_of(plt, named, texts, head)
        _points(page.ax, shown, rows, lang)
        page.column(texts, head)
        drawn = page.finish(Words("", synthetic=meta.synthetic), _handles(shown, rows, lang), lang)
    title = area_words.title(meta, lang)
    origin = " ".join(word(str(p), lang) for p in (meta.survey, meta.wave) if p is not None)
    sure = percent(shown.small.level, 0, lang)
    what = (
        f"andel efter {word(shown.column, lang)}, {{}}osäkerhetsintervall {sure}"
        if lang == "sv"
        else f"share by {word(shown.column, lang)}, {{}}{sure} confidence intervals"
    ).format(f"{origin}, " if origin else "")
    told = [f"{n} {_told(shown, i, lang)}" for n, i in zip(named, rows, strict=True)]
    frame = shown.to_frame("en").iloc[rows].reset_index(drop=True)
    return Chart(
        name=name,
        caption=caption or f"{title}: {what}.",
        alt=sentences([f"{title}: {what}", "; ".join(told)], meta.synthetic, lang),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=_notes(shown, rows, named, lang),
        data=frame,
    )


def rank_chart(
    ranks: Ranks, name: str, lang: Language = "sv", *, caption: str | None = None
) -> Chart:
    """The places that each area may have, for all areas at once, highest share first.

    Args:
        ranks: made by `rank_areas` or `SmallAreas.ranks`. It shows no share, only places.
        name: short name of the figure.
        lang: the reader's language.
        caption: instead of the one made from what is ranked.

    Raises:
        InputError: more areas than a page holds.
    """
    frame = ranks.to_frame()
    named = [capital(word(str(a), lang)) for a in frame[ranks.column]]
    low, high = (frame[c].to_numpy(dtype=np.float64) for c in ("rank_low", "rank_high"))
    texts = [
        f"{number(a, 0, lang)} {till(lang)} {number(b, 0, lang)}" if a < b else number(a, 0, lang)
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    ]
    head = "möjliga platser" if lang == "sv" else "possible places"
    with style() as plt:
        page = rows_of(plt, named, texts, head)
        y = np.arange(len(frame), dtype=np.float64)
        page.ax.hlines(y, low, high, color=BLUE, linewidth=4, alpha=0.45, zorder=2)
        page.ax.plot(
            frame["rank"].to_numpy(dtype=np.float64), y, "o", color=BLUE, markersize=5, zorder=3,
            linestyle="",
        )  # fmt: skip
        page.ax.set_xlim(0.5, len(frame) + 0.5)
        step = max(1, round(len(frame) / 10))
        ticks = [1, *range(1 + step, len(frame) + 1, step)]
        page.ax.set_xticks(ticks, [number(t, 0, lang) for t in ticks])
        page.column(texts, head)
        drawn = page.finish(Words("", synthetic=ranks.synthetic), lang=lang)
    sure = percent(ranks.level, 0, lang)
    title = area_words.ranks_title(ranks, lang)
    what = (
        f"möjliga platser (1 = högst andel) med {sure} säkerhet för alla samtidigt"
        if lang == "sv"
        else f"possible places (1 = highest share) with {sure} confidence for all at once"
    )
    told = "; ".join(f"{n} {t}" for n, t in zip(named, texts, strict=True))
    columns = [ranks.column, "rank", "rank_low", "rank_high"]
    return Chart(
        name=name,
        caption=caption or f"{title}: {what}.",
        alt=sentences([f"{title}: {what}", told], ranks.synthetic, lang),
        figure=drawn.ax.figure,  # type: ignore[arg-type]
        lang=lang,
        notes=(ranks.sentence(lang),),
        data=frame[columns],
    )


def _rows(shown: Publication, choose: Sequence[Hashable] | None) -> list[int]:
    order = np.argsort(
        np.where(np.isfinite(shown.estimate), -shown.estimate, np.inf), kind="stable"
    )
    if choose is None:
        return [int(i) for i in order]
    if isinstance(choose, str):
        raise InputError(f"choose= takes a list of areas, not {choose!r}")
    for area in choose:
        if area not in shown.areas:
            raise UnknownNameError(shown.column, area, shown.areas)
    if not choose:
        raise InputError("There is no area to draw; choose some, or leave choose= out")
    return [int(i) for i in order if shown.areas[int(i)] in set(choose)]


def _points(ax: Any, shown: Publication, rows: list[int], lang: Language) -> None:
    estimates, low, high = (100 * v[rows] for v in (shown.estimate, shown.ci_low, shown.ci_high))
    top = reach([estimates, high])
    ax.set_xlim(0, top)
    share_axis(ax.xaxis, top, lang)
    for y, row in enumerate(rows):
        if not np.isfinite(estimates[y]):
            ax.barh(
                y, top, 0.5, color=PAPER, edgecolor=HIDDEN_EDGE, hatch=HIDDEN_HATCH, linewidth=0,
                zorder=1,
            )  # fmt: skip
            continue
        how = series(shown.source[row])
        ax.hlines(
            y, low[y], high[y], color=how.colour, linewidth=1.9, zorder=2,
            linestyle=(0, (2, 1)) if shown.quality[row] == _CAUTION else "-",
        )  # fmt: skip
        ax.plot(
            estimates[y], y, how.marker, color=how.colour, markersize=5.5, zorder=3,
            markerfacecolor=how.face,
        )  # fmt: skip


def _handles(shown: Publication, rows: list[int], lang: Language) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    sources = [shown.source[i] for i in rows]
    handles: list[Any] = []
    for source in _SOURCES:
        if source in sources:
            how = series(source)
            handles.append(
                Line2D(
                    [],
                    [],
                    color=how.colour,
                    marker=how.marker,
                    markerfacecolor=how.face,
                    markersize=5.5,
                    label=_counted(source, sources, lang),
                )
            )
    if "none" in sources:
        handles.append(
            Patch(
                facecolor=PAPER,
                edgecolor=HIDDEN_EDGE,
                hatch=HIDDEN_HATCH,
                label=_counted("none", sources, lang),
            )
        )
    return handles


def _counted(source: str, sources: list[str], lang: Language) -> str:
    return f"{word(f'source: {source}', lang)} ({number(sources.count(source), 0, lang)})"


def _beside(shown: Publication, row: int, lang: Language) -> str:
    if not np.isfinite(shown.estimate[row]):
        return HIDDEN
    low, high = (number(100 * v[row], 0, lang) for v in (shown.ci_low, shown.ci_high))
    star = "*" if shown.quality[row] == _CAUTION else ""
    return f"{percent(shown.estimate[row], 0, lang)}{star} ({low} {till(lang)} {high})"


def _told(shown: Publication, row: int, lang: Language) -> str:
    source = word(f"source: {shown.source[row]}", lang)
    if not np.isfinite(shown.estimate[row]):
        return source
    text = estimate(shown.estimate[row], shown.ci_low[row], shown.ci_high[row], lang)
    caution = word(f"quality: {_CAUTION}", lang)
    more = f", {caution}" if shown.quality[row] == _CAUTION else ""
    return f"{text}, {source}{more}"


def _notes(
    shown: Publication, rows: list[int], named: list[str], lang: Language
) -> tuple[str, ...]:
    out = []
    if any(shown.quality[i] == _CAUTION for i in rows):
        caution = word(f"quality: {_CAUTION}", lang)
        out.append(
            f"* {capital(caution)}; streckat intervall."
            if lang == "sv"
            else f"* {capital(caution)}; dashed interval."
        )
    reasons = shown.reasons(lang)
    by_reason: dict[str, list[str]] = {}
    for n, i in zip(named, rows, strict=True):
        if not np.isfinite(shown.estimate[i]):
            by_reason.setdefault(reasons[i].rstrip("."), []).append(n)
    for why, who in by_reason.items():
        out.append(f"{HIDDEN} {', '.join(who)}: {why}.")
    return tuple(out)
