"""A map of tiles, one an area and all of one size, roughly where the areas lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from survey_stats import protect
from survey_stats.compare.changes import Changes
from survey_stats.drawing.page import MARGIN, Drawn, Words, sheet, style
from survey_stats.drawing.palette import EDGE, HIDDEN_EDGE, HIDDEN_HATCH, PAPER, SOFT
from survey_stats.drawing.text import fitted, text_width
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.estimate import Estimates
from survey_stats.harmonise.geography import Geography
from survey_stats.labels import Language
from survey_stats.report.charts.frame import FONT, PAGE
from survey_stats.report.charts.map_chart import MapChart, Placed, key_names, map_chart, placed
from survey_stats.report.charts.map_values import Values, empty_patch, values_of
from survey_stats.resources import data_path, has_data

Level = Literal["district", "neighbourhood"]

# points: of a tile, and between tiles
_WIDEST, _HIGHEST, _LOWEST, _BETWEEN = 104.0, 52.0, 34.0, 1.5
# points for all rows: a page holds the map and the figure after it
_ALL_ROWS = 160.0
_SMALLEST, _LEAST = 7.0, 5.5


@dataclass(frozen=True)
class _Tile:
    name: str
    lines: tuple[str, ...]
    row: float
    column: float


def tile_map(
    shown: Estimates | Changes | pd.DataFrame,
    name: str,
    by: str | None = None,
    lang: Language = "sv",
    *,
    level: Level | None = None,
    within: str | None = None,
    breaks: Sequence[float] | None = None,
    caption: str | None = None,
    rule: protect.Rule = protect.DEFAULT,
) -> MapChart:
    """Shares or changes of districts or stadsdelar as a map of tiles, with name and number.

    Districts may be in any of their cuts. Areas that may not be shown are hatched; areas of the
    map without a number are dotted, and areas that the map does not have are told in the notes.

    Args:
        shown: shares or changes after `protect.apply`, or results, which `rule` is applied to.
        name: short name of the figure.
        by: the column that names the areas; by default the only one.
        lang: the reader's language.
        level: what the areas are; by default what most of their names are.
        within: only the stadsdelar of this district.
        breaks: lower limits of the classes of shares but the first, as proportions; by default at
            most five classes of equal width. Give the same ones where maps are compared.
        caption: instead of the one made from what is shown.
        rule: the profile for a result.

    Raises:
        InputError: no shares or changes, one area twice, or no area that the map knows.
        UnknownNameError: there is no column `by`, or no district `within`.

    >>> frame = pd.DataFrame({"district": ["Farsta", "Bromma"], "estimate": [0.31, None],
    ...     "flag": ["", "suppressed: base under 30"]})
    >>> made = tile_map(frame, "map", lang="en")
    >>> made.alt
    'Tile map, Share: percent by district. Farsta 31%; Bromma fewer than 30 answers.'
    >>> made.empty[:2], made.unplaced
    (('Järva', 'Hässelby-Vällingby'), ())
    """
    inside = None if within is None else _within(Geography.load(), within)
    keep = None if inside is None else _keeper(inside)
    values = values_of(shown, by, breaks, lang, rule, keep)
    tiles = inside or _tiles_for(values.names(), level)
    where = placed(values.names(), {t.name: t.name for t in tiles})
    if not where.row:
        raise InputError(
            f"None of the areas ({', '.join(values.names()[:5])}, ...) is on the tile map of "
            f"{tiles[0].name}, {tiles[1].name} and others; give level=, or use area_map with a "
            "GeoJSON of your own"
        )
    drawn = _drawn(tiles, values, where, lang)
    kind = "Rutkarta" if lang == "sv" else "Tile map"
    more = (
        "Varje ruta är ett område, ungefär där det ligger; rutans storlek säger ingenting."
        if lang == "sv"
        else "Each tile is an area, roughly where it lies; its size says nothing."
    )
    figure: Any = drawn.ax.figure
    return map_chart(name, figure, values, where, kind, lang, caption, [more])


def _keeper(tiles: list[_Tile]) -> Callable[[Sequence[str]], list[bool]]:
    """Tells which areas have one of the tiles."""
    names = {t.name for t in tiles}
    return lambda areas: [key in names for key in key_names(areas)]


def _tiles_for(areas: Sequence[str], level: Level | None) -> list[_Tile]:
    """The tiles of the level, and of districts the cut, that most of the areas have."""
    geography = Geography.load()
    best: tuple[int, list[_Tile]] = (-1, [])
    if level in (None, "district"):
        for cut in reversed(geography.cuts):
            names = set(geography.districts(cut))
            found = geography.match(areas, "district", cut)[0]
            tiles = [t for t in _load("districts") if t.name in names]
            if len(found) > best[0]:
                best = len(found), tiles
    if level in (None, "neighbourhood"):
        found = geography.match(areas, "neighbourhood")[0]
        # a name of both is a district's
        if len(found) > best[0]:
            best = len(found), list(_load("neighbourhoods"))
    if not best[1]:
        raise UnknownNameError("level", level, ("district", "neighbourhood"))
    return best[1]


def _within(geography: Geography, district: str) -> list[_Tile]:
    for cut in reversed(geography.cuts):
        found = geography.match([district], "district", cut)[0]
        if district in found:
            home = found[district].name
            inside = {n for n in geography.home if geography.district_of(n, cut) == home}
            return _closer([t for t in _load("neighbourhoods") if t.name in inside])
    raise UnknownNameError("district", district, geography.names("district"))


def _closer(tiles: list[_Tile]) -> list[_Tile]:
    """The tiles without empty rows and columns between them."""
    rows = {r: i for i, r in enumerate(sorted({t.row for t in tiles}))}
    columns = {c: i for i, c in enumerate(sorted({t.column for t in tiles}))}
    return [_Tile(t.name, t.lines, rows[t.row], columns[t.column]) for t in tiles]


@cache
def _load(level: str) -> tuple[_Tile, ...]:
    if not has_data("geography", f"tiles_{level}.csv"):
        raise InputError(
            f"There are no tiles of the {level}; add geography/tiles_{level}.csv with the columns "
            "name, short, row and column, or give the map a GeoJSON"
        )
    frame = pd.read_csv(data_path("geography", f"tiles_{level}.csv"))
    return tuple(
        _Tile(str(n), tuple(str(s).split(" ")), float(r), float(c))
        for n, s, r, c in zip(
            frame["name"], frame["short"], frame["row"], frame["column"], strict=True
        )
    )


def _drawn(tiles: list[_Tile], values: Values, where: Placed, lang: Language) -> Drawn:
    from matplotlib.patches import Rectangle

    left = min(t.column for t in tiles)
    across = max(t.column for t in tiles) - left + 1
    top = min(t.row for t in tiles)
    down = max(t.row for t in tiles) - top + 1
    width = min((PAGE - 2 * MARGIN) / across, _WIDEST)
    height = min(width, _HIGHEST, max(_ALL_ROWS / down, _LOWEST))
    texts = {t.name: values.told[where.row[t.name]] for t in tiles if t.name in where.row}
    room = width - 3 * _BETWEEN
    tiles = [_in_full(t, room) for t in tiles]
    name_font, font = _fonts(tiles, list(texts.values()), room)
    with style() as plt:
        # maps that are narrower than the page keep to the left
        page = sheet(plt, None, 0, PAGE - 2 * MARGIN - across * width, 0, 4, bare=True)
        ax = page.ax
        ax.set_axis_off()
        ax.set_xlim(0, across * width)
        ax.set_ylim(down * height, 0)
        for tile in tiles:
            row = where.row.get(tile.name)
            x, y = (tile.column - left) * width, (tile.row - top) * height
            fill = PAPER if row is None else values.fills[row] or PAPER
            hidden = row is not None and values.fills[row] is None
            box = Rectangle(
                (x + _BETWEEN, y + _BETWEEN), width - 2 * _BETWEEN, height - 2 * _BETWEEN,
                facecolor=fill, edgecolor=HIDDEN_EDGE if hidden else EDGE, linewidth=0.7,
                hatch=HIDDEN_HATCH if hidden else None, linestyle=":" if row is None else "-",
            )  # fmt: skip
            ax.add_patch(box)
            ink = SOFT if row is None else values.inks[row]
            number = "" if row is None else texts[tile.name]
            _write(ax, tile, number, (x + width / 2, y), height, (name_font, font), ink, hidden)
        handles = list(values.handles)
        if where.empty:
            handles.append(empty_patch(len(where.empty), lang))
        return page.finish(down * height, Words("", synthetic=values.synthetic), handles, lang)


def _write(
    ax: Any,
    tile: _Tile,
    number: str,
    at: tuple[float, float],
    height: float,
    fonts: tuple[float, float],
    ink: str,
    hidden: bool,
) -> None:
    """The name on one line or two, and the number under it."""
    small, large = fonts
    lines = tile.lines
    block = 1.12 * small * len(lines) + (1.2 * large if number else 0)
    y = at[1] + (height - block) / 2
    how: dict[str, Any] = {"ha": "center", "va": "center", "color": ink}
    if hidden:
        how["bbox"] = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
    for line in lines:
        ax.text(at[0], y + 0.56 * small, line, fontsize=small, **how)
        y += 1.12 * small
    if number:
        ax.text(at[0], y + 0.6 * large, number, fontsize=large, fontweight="bold", **how)


def _in_full(tile: _Tile, room: float) -> _Tile:
    """The tile with its whole name where there is room for it on two lines."""
    lines = tuple(fitted(tile.name, FONT, room).split("\n"))
    fits = len(lines) <= 2 and all(text_width(line, FONT) <= room for line in lines)
    return replace(tile, lines=lines) if fits else tile


def _fonts(tiles: list[_Tile], numbers: list[str], room: float) -> tuple[float, float]:
    """Points of names and numbers, so that the widest of each is within a tile."""
    widest = max(text_width(line, 10) for t in tiles for line in t.lines) / 10
    name_font = float(np.clip(room / widest, _LEAST, FONT))
    longest = max((text_width(n, 10, True) for n in numbers), default=1.0) / 10
    return name_font, float(np.clip(room / longest, _SMALLEST, FONT + 1))
