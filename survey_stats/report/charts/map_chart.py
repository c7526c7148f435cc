"""What maps have in common: which area lies where, what could not be placed, and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey_stats.drawing.telling import sentences
from survey_stats.errors import InputError, fold
from survey_stats.harmonise.geography import Geography
from survey_stats.labels import Language, number
from survey_stats.report.charts.chart import Chart
from survey_stats.report.charts.map_values import Values

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# names in a note; of more the number is told
_LISTED = 12


@dataclass(frozen=True, eq=False)
class MapChart(Chart):
    """A map with the words that belong to it.

    Attributes:
        unplaced: areas of the estimates that the map does not have.
        empty: areas of the map that there are no estimates of.
    """

    unplaced: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """Which row of the estimates each place of a map shows.

    Attributes:
        row: place -> row; a place without one is empty.
        unplaced: areas without a place.
        empty: places without a row.
    """

    row: Mapping[str, int]
    unplaced: tuple[str, ...]
    empty: tuple[str, ...]


def key_names(names: Sequence[str]) -> list[str]:
    """Names under which areas and places are compared: known ones as the package's own map has
    them, others without case, accents and hyphens.

    >>> key_names(["BAGARMOSSEN", "Gärdet", "Sala  kommun"])
    ['Bagarmossen', 'Ladugårdsgärdet', 'sala kommun']
    """
    geography = Geography.load()
    known: dict[str, str] = {}
    for when in reversed(geography.cuts):
        known |= {k: m.name for k, m in geography.match(names, "district", when)[0].items()}
    known |= {k: m.name for k, m in geography.match(names, "neighbourhood")[0].items()}
    return [known.get(n, fold(n)) for n in names]


def told_names(names: Sequence[str]) -> dict[str, str]:
    """Names of a map as a reader knows them: those of the package's own map as it spells them.

    >>> told_names(["BAGARMOSSEN", "XYZ"])
    {'BAGARMOSSEN': 'Bagarmossen', 'XYZ': 'XYZ'}
    """
    return {n: n if key == fold(n) else key for n, key in zip(names, key_names(names), strict=True)}


def placed(areas: Sequence[str], places: Mapping[str, str]) -> Placed:
    """Find the place of every area.

    Args:
        areas: names as the estimates have them; "" where one is missing.
        places: place -> the name that it is compared by (see `key_names`).

    Raises:
        InputError: two areas have one place.
    """
    at: dict[str, int] = {}
    unplaced: list[str] = []
    wanted = set(places.values())
    for row, (name, key) in enumerate(zip(areas, key_names(areas), strict=True)):
        if key not in wanted or not name:
            unplaced.append(name)
        elif key in at:
            raise InputError(
                f"{areas[at[key]]!r} and {name!r} are one place of the map; give one number for it"
            )
        else:
            at[key] = row
    return Placed(
        {place: at[key] for place, key in places.items() if key in at},
        tuple(unplaced),
        tuple(place for place, key in places.items() if key not in at),
    )


def map_chart(
    name: str,
    figure: Figure,
    values: Values,
    where: Placed,
    kind: str,
    lang: Language,
    caption: str | None,
    more: Sequence[str] = (),
) -> MapChart:
    """The chart of a drawn map.

    Args:
        name: short name of the figure.
        figure: as drawn.
        values: what it shows.
        where: which area lies where.
        kind: what the map is, such as "rutkarta".
        lang: the reader's language.
        caption: instead of the one made from the values.
        more: notes of this kind of map.
    """
    missing = "uppgift saknas" if lang == "sv" else "not known"
    unplaced = tuple(n or missing for n in where.unplaced)
    head = ", ".join(p for p in (f"{values.title}: {values.what}", values.source) if p)
    notes = [*values.notes, *more]
    if unplaced:
        absent = "Finns inte på kartan" if lang == "sv" else "Not on the map"
        notes.append(f"{absent}: {_listed(unplaced, lang)}.")
    if where.empty:
        without = "På kartan utan uppgift" if lang == "sv" else "On the map without a figure"
        notes.append(f"{without}: {_listed(where.empty, lang)}.")
    shown = set(where.row.values())
    on_map = [text for row, text in enumerate(values.full) if row in shown]
    off_map = [text for row, text in enumerate(values.full) if row not in shown]
    absent = "Inte på kartan" if lang == "sv" else "Not on the map"
    parts = [f"{kind}, {head}", "; ".join(on_map)]
    parts += [f"{absent}: {'; '.join(off_map)}"] if off_map else []
    return MapChart(
        name=name,
        caption=caption or f"{head}. {kind}.",
        alt=sentences(parts, values.synthetic, lang),
        figure=figure,
        lang=lang,
        notes=tuple(notes),
        data=values.data,
        unplaced=unplaced,
        empty=where.empty,
    )


def _listed(names: Sequence[str], lang: Language) -> str:
    """Names, or how many where they are many."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{number(len(names), 0, lang)} {'områden' if lang == 'sv' else 'areas'}"
