"""Areas from a GeoJSON file (RFC 7946): their polygons on a plane, and what they are called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from survey_stats.errors import InputError, UnknownNameError
from survey_stats.report.charts.map_chart import key_names

Floats = npt.NDArray[np.float64]
# an outer ring, then its holes; each (points, 2)
Polygon = tuple[Floats, ...]

_POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, eq=False)
class Shapes:
    """Areas of a map on a plane, in any unit, y upwards.

    Attributes:
        names: of the areas, in the order of the file; an area may have several polygons.
        polygons: of each area.
        property: what the names were read from.
    """

    names: tuple[str, ...]
    polygons: tuple[tuple[Polygon, ...], ...]
    property: str


def read_shapes(
    source: str | Path | Mapping[str, Any], areas: Sequence[str], name: str | None = None
) -> Shapes:
    """The areas of a GeoJSON.

    Longitudes and latitudes are drawn so that a kilometre is as long in all directions at the
    middle of the map (an equidistant cylindrical projection); other coordinates are taken as
    metres of a plane.

    Args:
        source: a path, or the parsed object.
        areas: names that are looked for, to find the property that has them.
        name: the property with the names; by default the one that most of `areas` are found in.

    Raises:
        InputError: no GeoJSON, no polygons, coordinates that are no numbers, or no property with
            any of the areas.
        UnknownNameError: there is no property `name`.

    >>> square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    >>> feature = {"type": "Feature", "properties": {"id": 1, "label": "FARSTA"},
    ...            "geometry": square}
    >>> read_shapes({"type": "FeatureCollection", "features": [feature]}, ["Farsta"]).property
    'label'
    """
    features = _features(source)
    chosen = _property(features, areas, name)
    polygons: dict[str, list[Polygon]] = {}
    for feature in features:
        value = feature["properties"].get(chosen)
        if value is None:
            continue
        for part in _polygons(feature["geometry"]):
            polygons.setdefault(str(value), []).append(_rings(part, str(value)))
    every = [ring for parts in polygons.values() for part in parts for ring in part]
    project = _projection(np.concatenate(every))
    return Shapes(
        tuple(polygons),
        tuple(
            tuple(tuple(project(ring) for ring in part) for part in parts)
            for parts in polygons.values()
        ),
        chosen,
    )


def _features(source: str | Path | Mapping[str, Any]) -> list[dict[str, Any]]:
    """The features with polygons, each with `properties` and `geometry`."""
    where = "the map" if isinstance(source, Mapping) else str(Path(source).name)
    if isinstance(source, Mapping):
        found: Any = source
    else:
        try:
            found = json.loads(Path(source).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{where} cannot be read as GeoJSON: {error}") from error
    kind = found.get("type") if isinstance(found, Mapping) else None
    if kind == "Topology":
        raise InputError(f"{where} is TopoJSON; save it as GeoJSON (a FeatureCollection)")
    if kind == "Feature":
        found = {"features": [found]}
    elif kind != "FeatureCollection":
        raise InputError(f"{where} is no GeoJSON: it has to be a FeatureCollection of polygons")
    features = [
        {"properties": f.get("properties") or {}, "geometry": f["geometry"]}
        for f in found.get("features") or []
        if isinstance(f, Mapping) and _polygons(f.get("geometry"))
    ]
    if not features:
        raise InputError(f"{where} has no polygons; a map needs areas, not points or lines")
    return features


def _polygons(geometry: Any) -> list[Any]:
    """The coordinates of every polygon of a geometry."""
    if not isinstance(geometry, Mapping):
        return []
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return [p for part in geometry.get("geometries") or [] for p in _polygons(part)]
    coordinates = geometry.get("coordinates")
    if kind not in _POLYGONS or not coordinates:
        return []
    return [coordinates] if kind == "Polygon" else list(coordinates)


def _rings(polygon: Any, name: str) -> Polygon:
    out = []
    for ring in polygon:
        try:
            points = np.array([point[:2] for point in ring], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The polygon of {name!r} has coordinates that are no pairs"
            ) from error
        if points.ndim != 2 or len(points) < 3 or not np.isfinite(points).all():
            raise InputError(f"The polygon of {name!r} has a ring that is no line around an area")
        out.append(points)
    return tuple(out)


def _property(features: list[dict[str, Any]], areas: Sequence[str], name: str | None) -> str:
    known = list(dict.fromkeys(k for f in features for k in f["properties"]))
    if name is not None:
        if name not in known:
            raise UnknownNameError("property", name, known, "the map")
        return name
    wanted = set(key_names([a for a in areas if a]))
    best, most = "", 0
    for key in known:
        values = {str(v) for f in features if (v := f["properties"].get(key)) is not None}
        hits = len(wanted & set(key_names(sorted(values))))
        if hits > most:
            best, most = key, hits
    if not most:
        first = {k: features[0]["properties"].get(k) for k in known[:3]}
        raise InputError(
            f"None of the areas ({', '.join(list(areas)[:5])}, ...) is in the map, whose first "
            f"area has {first}; name its property by property=, or what its areas are parts of by "
            "parts="
        )
    return best


def _projection(points: Floats) -> Any:
    """Degrees become kilometres in proportion; anything else stays as it is."""
    degrees = (np.abs(points[:, 0]) <= 180).all() and (np.abs(points[:, 1]) <= 90).all()
    middle = np.radians((points[:, 1].min() + points[:, 1].max()) / 2)
    factor = float(np.cos(middle)) if degrees else 1.0

    def project(ring: Floats) -> Floats:
        return np.asarray(ring * np.array([factor, 1.0]), dtype=np.float64)

    return project


def area_and_centre(ring: Floats) -> tuple[float, Floats]:
    """The area of a ring (positive counter-clockwise) and its centroid.

    >>> size, centre = area_and_centre(np.array([[0.0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]))
    >>> size, centre.tolist()
    (4.0, [1.0, 1.0])
    """
    shifted = ring - ring[0]
    x, y = shifted.T
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    cross = x * y1 - x1 * y
    area = float(cross.sum()) / 2
    if abs(area) < 1e-12 * max(float(np.ptp(ring, axis=0).prod()), 1e-300):
        return area, ring.mean(axis=0)
    centre = np.array([((x + x1) * cross).sum(), ((y + y1) * cross).sum()]) / (6 * area)
    return area, ring[0] + centre
