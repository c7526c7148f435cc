"""Maps: where areas lie, what they show, what is hidden, and what could not be placed."""

import io
import json
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.drawing.palette import LOOKS, UP
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.harmonise.geography import Geography
from survey_stats.report.charts import area_map, tile_map
from survey_stats.report.charts.geojson import area_and_centre, read_shapes
from survey_stats.report.charts.map_values import class_names, classed
from survey_stats.resources import data_path
from tests.report.charts.looking import every_word, faults, letters, sizes
from tests.report.charts.made import survey

GEOGRAPHY = Geography.load()
REAL = Path(__file__).parents[4] / "shared" / "geo" / "stadsdelar_117_cc0.geo.json"


def shares(areas, column="neighbourhood", **more):
    values = np.round(np.linspace(0.05, 0.55, len(areas)), 3)
    frame = pd.DataFrame({column: list(areas), "estimate": values, "flag": ""})
    frame.attrs.update(question=["unsafe_evening"], survey="city_safety", wave=2023, **more)
    return frame


def square(x, y, name, size=1.0, hole=0.0, **properties):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    rings = [ring]
    if hole:
        a, b = x + hole, x + size - hole
        c, d = y + hole, y + size - hole
        rings.append([[a, c], [a, d], [b, d], [b, c], [a, c]])
    geometry = {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "properties": {"name": name, **properties}, "geometry": geometry}


def world(*features):
    return {"type": "FeatureCollection", "features": list(features)}


# positions


@pytest.mark.parametrize(("file", "level"), [("districts", "district"), ("neighbourhoods", "")])
def test_every_area_has_one_place_of_its_own(file, level):
    tiles = pd.read_csv(data_path("geography", f"tiles_{file}.csv"))
    assert tiles["name"].is_unique
    if level:
        for cut in (2008, 2020, 2023):
            here = tiles[tiles["name"].isin(GEOGRAPHY.districts(cut))]
            assert len(here) == len(GEOGRAPHY.districts(cut))
            places = here[["row", "column"]].to_numpy()
            gaps = np.abs(places[:, None] - places[None]) + 9 * np.eye(len(here))[:, :, None]
            assert (gaps.max(axis=2) >= 1).all(), cut
    else:
        assert set(tiles["name"]) == set(GEOGRAPHY.home)
        assert not tiles.duplicated(["row", "column"]).any()


def test_neighbours_on_the_ground_are_mostly_neighbours_on_the_tiles():
    tiles = pd.read_csv(data_path("geography", "tiles_neighbourhoods.csv")).set_index("name")
    pairs = pd.read_csv(data_path("geography", "neighbours.csv"))
    one, two = (tiles.loc[pairs[c], ["row", "column"]].to_numpy() for c in pairs.columns)
    apart = np.abs(one - two).max(axis=1)
    assert (apart <= 1).mean() > 0.8
    assert apart.max() <= 4
    # north is up and west is left
    home = tiles.index.map(lambda n: GEOGRAPHY.district_of(n, 2023))
    middle = tiles[["row", "column"]].groupby(np.asarray(home)).mean()
    assert middle.loc["Järva", "row"] < middle.loc["Södermalm", "row"] < middle.loc["Farsta", "row"]
    assert middle.loc["Hässelby-Vällingby", "column"] < middle.loc["Bromma", "column"]
    assert middle.loc["Bromma", "column"] < middle.loc["Skarpnäck", "column"]


# tiles


def test_districts_have_name_number_and_class():
    est = survey().share("unsafe_evening", by="district")
    made = tile_map(est, "map")
    told = letters(made)
    assert "Södermalm" in told
    assert "42" in told
    assert told.count("..") == 2
    assert not re.search(r"(?<![\d.])(7[78]|0[.,]7[78])", every_word(made))
    hatched = [p for p in made.figure.axes[0].patches if p.get_hatch()]
    assert len(hatched) == 2
    assert made.empty == made.unplaced == ()
    assert "Bromma färre än 30 svar" in made.alt
    assert "Södermalm 42" in made.alt
    assert faults(made.figure) == []
    assert made.svg() == tile_map(est, "map").svg()


@pytest.mark.parametrize("cut", [2008, 2020, 2023])
def test_each_cut_of_the_districts_has_its_map(cut):
    made = tile_map(shares(GEOGRAPHY.districts(cut), "district"), "m", lang="en")
    assert made.empty == made.unplaced == ()
    assert faults(made.figure) == []


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_all_stadsdelar_fit_a_page(lang):
    made = tile_map(shares(GEOGRAPHY.home), "m", lang=lang)
    assert len(made.figure.axes[0].patches) == 117
    assert made.empty == ()
    assert faults(made.figure) == []
    assert sizes(made.figure)[0] == pytest.approx(6.7)
    numbers = [t for t in letters(made) if t.isdigit()]
    assert len(numbers) == 117


def test_one_area_of_many_and_what_could_not_be_placed():
    frame = shares(["Farsta", "gärdet", "Atlantis"])
    made = tile_map(frame, "m", level="neighbourhood")
    assert made.unplaced == ("Atlantis",)
    assert len(made.empty) == 115
    assert "Finns inte på kartan: Atlantis." in made.notes
    assert "På kartan utan uppgift: 115 områden." in made.notes
    assert "Inte på kartan: Atlantis 55" in made.alt
    dotted = [p for p in made.figure.axes[0].patches if p.get_linestyle() == ":"]
    assert len(dotted) == 115
    missing = tile_map(shares(["Farsta", None]), "m", lang="en")
    assert missing.unplaced == ("not known",)


def test_the_stadsdelar_of_one_district():
    made = tile_map(shares(GEOGRAPHY.home), "m", within="hasselby-vallingby")
    assert len(made.figure.axes[0].patches) == 9
    assert made.unplaced == ()
    assert made.data["neighbourhood"].nunique() == 9
    assert "Farsta" not in made.alt
    with pytest.raises(UnknownNameError, match="Farsta"):
        tile_map(shares(GEOGRAPHY.home), "m", within="Frasta")
    with pytest.raises(InputError, match="None of the estimates"):
        tile_map(shares(["Akalla", "Husby"]), "m", within="Farsta")


def test_changes_have_their_verdicts_colours():
    found = ss.change(survey(2020), survey(2023, rise=0.2), "unsafe_evening", by="district")
    made = tile_map(found, "m")
    assert any(t.startswith("▲ +20") for t in letters(made))
    fills = [p.get_facecolor() for p in made.figure.axes[0].patches]
    assert fills.count(mpl.colors.to_rgba(LOOKS[UP].fill)) == 1
    assert "säkerställd ökning" in made.alt
    assert not re.search(r"(?<![\d.])7[78]", every_word(made))
    several = ss.change(
        survey(2020), survey(2023), ["unsafe_evening", "worry_burglary"], by="district"
    )
    with pytest.raises(InputError, match="choose one question"):
        tile_map(several, "m")


def test_classes_are_of_the_printed_numbers():
    at, lows = classed(np.array([9.4, 9.6, 20.0, 49.5, np.nan]), (0.1, 0.2))
    assert (at, lows) == ([0, 1, 2, 2, -1], [0, 10, 20])
    assert class_names(lows, True, "en") == ["under 10%", "10–19%", "20% or more"]
    rng = np.random.default_rng(3)
    for _ in range(50):
        values = rng.random(rng.integers(1, 30)) * rng.choice([5, 30, 100])
        at, lows = classed(values, None)
        assert len(lows) <= 5
        for value, k in zip(values, at, strict=True):
            assert lows[k] <= np.floor(value + 0.5)
            assert k + 1 == len(lows) or np.floor(value + 0.5) < lows[k + 1]
    for wrong in ((), (0.2, 0.1), (0.0, 0.2), (0.5, 1.0), (10, 20), tuple(np.arange(1, 8) / 10)):
        with pytest.raises(InputError):
            classed(values, wrong)


def test_two_numbers_of_one_place_are_refused():
    frame = shares(["Farsta", "Farsta"])
    with pytest.raises(InputError, match="'Farsta' has several"):
        tile_map(frame, "m")
    with pytest.raises(InputError, match="are one place"):
        tile_map(shares(["Gärdet", "Ladugårdsgärdet"]), "m")
    with pytest.raises(InputError, match="None of the areas"):
        tile_map(shares(["Atlantis", "Mu"]), "m")
    with pytest.raises(UnknownNameError, match="level"):
        tile_map(shares(["Farsta"]), "m", level="town")


def test_all_hidden():
    frame = shares(GEOGRAPHY.districts(2023), "district")
    frame = frame.assign(estimate=np.nan, flag="suppressed: base under 30")
    made = tile_map(frame, "m")
    assert [t for t in letters(made) if t.isdigit()] == []
    key = [t.get_text() for t in made.figure.axes[0].get_legend().get_texts()]
    assert key == ["redovisas inte (11)"]


# a GeoJSON


def test_names_are_found_by_the_property_that_has_them():
    map_ = world(
        square(0, 0, "x", id=1, label="FARSTA"), square(1, 0, "y", id=2, label="Hasselby  strand")
    )
    made = area_map(shares(["Farsta", "Hässelby strand"]), map_, "m")
    assert made.empty == made.unplaced == ()
    numbered = shares([1, 2], "area")
    assert area_map(numbered, map_, "m").unplaced == ()
    with pytest.raises(UnknownNameError, match="label"):
        area_map(numbered, map_, "m", property="lable")
    with pytest.raises(InputError, match="choose another property="):
        area_map(numbered, map_, "m", property="label")
    with pytest.raises(InputError, match="name its property"):
        area_map(shares(["Atlantis", "Mu"]), map_, "m")


def test_both_directions_are_told():
    map_ = world(square(0, 0, "FARSTA"), square(1, 0, "SKÖNDAL"), square(2, 0, "Utanför"))
    made = area_map(shares(["Farsta", "Gamla stan"]), map_, "m")
    assert made.unplaced == ("Gamla stan",)
    assert made.empty == ("Sköndal", "Utanför")
    assert "Finns inte på kartan: Gamla stan." in made.notes
    assert "På kartan utan uppgift: Sköndal, Utanför." in made.notes


def test_hidden_areas_are_hatched_and_have_no_number():
    frame = shares(["Farsta", "Sköndal"]).assign(estimate=[0.31, None])
    frame["flag"] = ["", "suppressed: base under 30"]
    made = area_map(frame, world(square(0, 0, "Farsta"), square(1, 0, "Sköndal")), "m", lang="en")
    assert {"31", ".."} <= set(letters(made))
    assert [bool(p.get_hatch()) for p in made.figure.axes[0].patches] == [False, True]
    assert "Sköndal fewer than 30 answers" in made.alt


def test_a_number_stands_only_where_it_has_room():
    map_ = world(square(0, 0, "Farsta", 10), square(10, 0, "Sköndal", 0.1))
    told = letters(area_map(shares(["Farsta", "Sköndal"]), map_, "m"))
    assert "5" in told
    assert "55" not in told


@pytest.mark.parametrize("turned", [False, True])
def test_holes_stay_empty_and_parts_are_one_area(turned):
    ring = square(0, 0, "Farsta", 10, hole=3)
    if turned:
        rings = ring["geometry"]["coordinates"]
        ring["geometry"]["coordinates"] = [rings[0], rings[1][::-1]]
    made = area_map(shares(["Farsta"]), world(ring, square(12, 0, "FARSTA", 2)), "m")
    assert made.empty == ()
    picture = plt.imread(io.BytesIO(made.png()))[..., :3]
    axes = made.figure.axes[0]
    # the map is 14 wide and 10 high
    width, height = axes.get_xlim()[1], axes.get_ylim()[1]
    for x, y, filled in ((5, 5, False), (1, 5, True), (13, 1, True), (11, 5, False)):
        at = axes.transAxes.transform((x / 14, y / 10)) / made.figure.dpi * 200
        seen = picture[picture.shape[0] - round(at[1]), round(at[0])]
        assert (seen.min() < 0.99) == filled, (x, y)
    assert width / height == pytest.approx(14 / 10, rel=0.01)


def test_districts_may_be_several_areas_of_the_map():
    map_ = world(square(0, 0, "Farsta", 5), square(5, 0, "Sköndal", 5), square(10, 0, "Akalla", 5))
    parts = {n: GEOGRAPHY.district_of(n, 2023) for n in GEOGRAPHY.home}
    made = area_map(shares(["Farsta", "Järva"], "district"), map_, "m", parts=parts)
    fills = [p.get_facecolor() for p in made.figure.axes[0].patches]
    assert fills[0] == fills[1] != fills[2]
    assert letters(made).count("5") == 1
    # the border that both share is no border of the district
    (outline,) = made.figure.axes[0].collections
    lengths = [float(np.hypot(*(s[1] - s[0]))) for s in outline.get_segments()]
    assert len(lengths) == 6 + 4


def test_projected_metres_are_drawn_as_they_are():
    map_ = world(square(674000, 6580000, "Farsta", 1000), square(675000, 6580000, "Sköndal", 1000))
    shapes = read_shapes(map_, ["Farsta"])
    assert np.ptp(shapes.polygons[0][0][0], axis=0).tolist() == [1000, 1000]
    degrees = read_shapes(world(square(18, 59, "Farsta")), ["Farsta"]).polygons[0][0][0]
    width, height = np.ptp(degrees, axis=0)
    assert width / height == pytest.approx(np.cos(np.radians(59.5)))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "no GeoJSON"),
        ('{"type": "Topology"}', "TopoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "no polygons"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": null, '
         '"geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "no polygons"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
         '{"name": "Farsta"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1]]]}}]}',
         "'Farsta'"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
         '{"name": "Farsta"}, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]'
         "}}]}",
         "'Farsta'"),
    ],
)  # fmt: skip
def test_files_that_are_no_map(tmp_path, content, told):
    path = tmp_path / "map.geojson"
    path.write_text(content)
    with pytest.raises(InputError, match=told):
        area_map(shares(["Farsta"]), path, "m")
    with pytest.raises(InputError, match=r"there\.geojson cannot be read"):
        area_map(shares(["Farsta"]), tmp_path / "not" / "there.geojson", "m")


def test_geometry_collections_and_properties_that_lack(tmp_path):
    one = square(0, 0, "Farsta")
    one["geometry"] = {"type": "GeometryCollection", "geometries": [one["geometry"]]}
    nameless = square(3, 0, None)
    path = tmp_path / "map.geojson"
    path.write_text("\ufeff" + json.dumps(world(one, nameless)), encoding="utf-8")
    assert area_map(shares(["Farsta"]), path, "m").empty == ()


def test_centroids():
    ring = np.array([[0.0, 0], [4, 0], [4, 2], [0, 2], [0, 0]])
    for turned, sign in ((ring, 1), (ring[::-1], -1)):
        size, centre = area_and_centre(turned + 1e6)
        assert size == pytest.approx(8 * sign)
        np.testing.assert_allclose(centre, [1e6 + 2, 1e6 + 1])


@pytest.mark.skipif(not REAL.is_file(), reason="the shared map is not here")
def test_the_real_map_with_the_names_of_the_package():
    made = area_map(shares(GEOGRAPHY.home), REAL, "m")
    assert made.empty == made.unplaced == ()
    assert len(made.figure.axes[0].patches) == 117
    assert sizes(made.figure)[0] == pytest.approx(6.7)
    assert len(made.svg()) < 400_000
    # statistical stadsdelar divide the inner city otherwise
    inner = shares(["Norrmalm", "Hornstull", "Vasastan", "Klara", "Fredhäll"])
    told = area_map(inner, REAL, "m")
    assert told.unplaced == ("Hornstull", "Klara")
    assert len(told.empty) == 114
    assert "Bagarmossen" in told.empty


def test_a_map_of_many_rows_leaves_room_for_the_next_figure():
    # the city has five rows of districts
    made = tile_map(shares(GEOGRAPHY.districts(2023), "district"), "m")
    assert float(made.figure.get_size_inches()[1]) < 3.0
