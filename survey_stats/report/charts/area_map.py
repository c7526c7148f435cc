"""A real map: the areas of a GeoJSON that the user gives, filled by what they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats import protect
from survey_stats.compare.changes import Changes
from survey_stats.drawing.page import MARGIN, Drawn, Words, sheet, style
from survey_stats.drawing.palette import HIDDEN_EDGE, HIDDEN_HATCH, PAPER, SOFT
from survey_stats.drawing.text import text_width
from survey_stats.errors import InputError
from survey_stats.estimate import Estimates
from survey_stats.labels import Language
from survey_stats.report.charts.frame import PAGE, SMALL
from survey_stats.report.charts.geojson import Shapes, area_and_centre, read_shapes
from survey_stats.report.charts.map_chart import (
    MapChart,
    Placed,
    key_names,
    map_chart,
    placed,
    told_names,
)
from survey_stats.report.charts.map_values import Values, empty_patch, values_of

Floats = npt.NDArray[np.float64]

# points: the highest map, and the finest detail that is kept of a border
_HIGHEST, _DETAIL = 520.0, 0.3


def area_map(
    shown: Estimates | Changes | pd.DataFrame,
    geojson: str | Path | Mapping[str, Any],
    name: str,
    by: str | None = None,
    lang: Language = "sv",
    *,
    property: str | None = None,
    parts: Mapping[str, str] | None = None,
    breaks: Sequence[float] | None = None,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> MapChart:
    """Shares or changes on a map of one's own, with the number where an area has room for it.

    Names are compared without case, accents and hyphens, and by the aliases of the package's own
    map. What could not be placed, in either direction, is in the notes, in `unplaced` and `empty`.

    Args:
        shown: shares or changes after `protect.apply`, or results, which `rule` is applied to.
        geojson: path of a GeoJSON file with polygons, or the parsed object.
        name: short name of the figure.
        by: the column that names the areas; by default the only one.
        lang: the reader's language.
        property: the property of the map with the names; by default the one that most areas are
            found in.
        parts: name on the map -> area, for areas that are several of the map's, such as
            `Geography.load().home`.
        breaks: lower limits of the classes of shares but the first, as proportions; by default at
            most five classes of equal width. Give the same ones where maps are compared.
        caption: instead of the one made from what is shown.
        rule: the profile for a result.

    Raises:
        InputError: no shares or changes, no GeoJSON with polygons, one area twice, or no area that
            the map has.
        UnknownNameError: there is no column `by`, or no property of that name.

    >>> def square(x, name):
    ...     ring = [[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]
    ...     geometry = {"type": "Polygon", "coordinates": [ring]}
    ...     return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
    >>> world = {"type": "FeatureCollection", "features": [square(0, "FARSTA"), square(1, "Årsta")]}
    >>> frame = pd.DataFrame({"neighbourhood": ["Farsta", "Gamla stan"], "estimate": [0.2, 0.4]})
    >>> made = area_map(frame, world, "map", lang="en")
    >>> made.unplaced, made.empty
    (('Gamla stan',), ('Årsta',))
    """
    values = values_of(shown, by, breaks, lang, rule)
    wanted = values.names() if parts is None else [str(k) for k in parts]
    shapes = read_shapes(geojson, wanted, property)
    key_of_place = _keys(shapes, parts)
    where = placed(values.names(), key_of_place)
    if not where.row:
        raise InputError(
            f"None of the areas ({', '.join(values.names()[:5])}, ...) is in the map, which by "
            f"{shapes.property!r} has {', '.join(shapes.names[:5])}, ...; choose another property="
        )
    drawn = _drawn(shapes, values, where, parts is not None, lang)
    figure: Any = drawn.ax.figure
    known = told_names(where.empty)
    told = Placed(where.row, where.unplaced, tuple(known[n] for n in where.empty))
    kind, more = (
        ("Karta", "Siffror står i de områden där de får plats.")
        if lang == "sv"
        else ("Map", "Numbers stand in the areas that have room for them.")
    )
    return map_chart(name, figure, values, told, kind, lang, caption, [more])


def _keys(shapes: Shapes, parts: Mapping[str, str] | None) -> dict[str, str]:
    """Place -> the name that areas are compared with."""
    own = key_names(shapes.names)
    if parts is None:
        return dict(zip(shapes.names, own, strict=True))
    homes = dict(zip(key_names([str(k) for k in parts]), parts.values(), strict=True))
    belongs = [str(homes.get(key, "")) for key in own]
    return {
        place: key if home else f"{place} "
        for place, home, key in zip(shapes.names, belongs, key_names(belongs), strict=True)
    }


def _drawn(shapes: Shapes, values: Values, where: Placed, of_parts: bool, lang: Language) -> Drawn:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import PathPatch

    corners = np.concatenate([ring for area in shapes.polygons for part in area for ring in part])
    low, high = corners.min(axis=0), corners.max(axis=0)
    span = np.maximum(high - low, 1e-12)
    scale = float(min((PAGE - 2 * MARGIN) / span[0], _HIGHEST / span[1]))
    width, height = (span * scale).tolist()
    with style() as plt:
        page = sheet(plt, None, 0, PAGE - 2 * MARGIN - width, 0, 6, bare=True)
        ax = page.ax
        ax.set_axis_off()
        ax.set_xlim(0, width)
        ax.set_ylim(0, height)
        outer: dict[int, list[Floats]] = {}
        for place, polygons in zip(shapes.names, shapes.polygons, strict=True):
            row = where.row.get(place)
            fill = PAPER if row is None else values.fills[row] or PAPER
            hidden = row is not None and values.fills[row] is None
            rings = [[_finer((r - low) * scale) for r in part] for part in polygons]
            patch = PathPatch(
                _path(rings), facecolor=fill, edgecolor=HIDDEN_EDGE if hidden else SOFT,
                linewidth=0.25 if of_parts and row is not None else 0.6,
                hatch=HIDDEN_HATCH if hidden else None, linestyle=":" if row is None else "-",
            )  # fmt: skip
            ax.add_patch(patch)
            if row is None:
                continue
            outer.setdefault(row, []).extend(part[0] for part in rings)
        if of_parts:
            lines = [line for parts in outer.values() for line in _outlines(parts)]
            ax.add_collection(LineCollection(lines, colors=SOFT, linewidths=1.2))
        for row, borders in outer.items():
            _write(ax, values, row, borders)
        handles = list(values.handles)
        if where.empty:
            handles.append(empty_patch(len(where.empty), lang))
        return page.finish(height, Words("", synthetic=values.synthetic), handles, lang)


def _outlines(rings: Sequence[Floats]) -> list[Floats]:
    """The outer border of an area that is several of the map's: lines with a side outside it.

    Borders that two parts share need not have the same points in both, so each line is asked
    whether both of its sides, a point of the page away, lie within the area.
    """
    from matplotlib.path import Path as Outline

    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    along = end - start
    length = np.hypot(*along.T)
    start, end, along = start[length > 0], end[length > 0], along[length > 0]
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[length > 0][:, None]
    outside = np.zeros(len(start), dtype=bool)
    for side in (-1.0, 1.0):
        points = (start + end) / 2 + side * aside
        within = np.zeros(len(start), dtype=bool)
        for ring in rings:
            within |= Outline(ring).contains_points(points)
        outside |= ~within
    return list(np.stack([start, end], axis=1)[outside])


def _finer(ring: Floats) -> Floats:
    """A ring without points that lie closer than can be seen, in hundredths of a point."""
    kept = [0]
    for i in range(1, len(ring) - 1):
        if np.abs(ring[i] - ring[kept[-1]]).max() >= _DETAIL:
            kept.append(i)
    return np.asarray(ring[kept].round(2) if len(kept) > 2 else ring.round(2))


def _path(polygons: Sequence[Sequence[Floats]]) -> Any:
    """One path of all rings; holes run against their outer ring, so that they stay empty."""
    from matplotlib.path import Path as Outline

    vertices, codes = [], []
    for rings in polygons:
        for k, ring in enumerate(rings):
            size, _ = area_and_centre(ring)
            turned = ring if (size >= 0) == (k == 0) else ring[::-1]
            vertices.append(np.concatenate([turned, turned[:1]]))
            middle = [Outline.LINETO] * (len(turned) - 1)
            codes += [Outline.MOVETO, *middle, Outline.CLOSEPOLY]
    return Outline(np.concatenate(vertices), codes)


def _write(ax: Any, values: Values, row: int, rings: Sequence[Floats]) -> None:
    """The number of an area where it has room: at its middle, else that of its largest part."""
    text = values.told[row]
    half = np.array([text_width(text, SMALL, True) / 2, 0.42 * SMALL])
    parts = sorted((area_and_centre(r) for r in rings), key=lambda part: -abs(part[0]))
    sizes = np.abs([size for size, _ in parts])
    centres = np.stack([centre for _, centre in parts])
    middle = (centres * sizes[:, None]).sum(axis=0) / max(float(sizes.sum()), 1e-12)
    for at in (middle, *centres):
        if not _within(at, half, rings):
            continue
        fill = values.fills[row] or PAPER
        over_lines = values.fills[row] is None or len(rings) > 1
        box = {"facecolor": fill, "edgecolor": "none", "pad": 0.6} if over_lines else None
        ax.text(
            *at, text, ha="center", va="center_baseline", fontsize=SMALL, fontweight="bold",
            color=values.inks[row], bbox=box,
        )  # fmt: skip
        return


def _within(at: Floats, half: Floats, rings: Sequence[Floats]) -> bool:
    """Whether a box about a point lies in an area, as far as its corners and middles tell."""
    from matplotlib.path import Path as Outline

    around = [(x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, 0, 1)]
    points = at + half * np.array(around)
    inside = np.zeros(len(points), dtype=bool)
    for ring in rings:
        inside |= Outline(ring).contains_points(points)
    return bool(inside.all())
