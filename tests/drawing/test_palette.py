"""Colours: told apart in grey and without red and green, and the same everywhere."""

import itertools

import numpy as np
import pytest

from survey_stats.drawing import palette
from survey_stats.drawing.palette import (
    CLASSES,
    DOWN,
    LOOKS,
    OPEN,
    SAME,
    UP,
    answers,
    classes,
    ink_on,
    lightness,
    look,
    luminance,
    series,
)

# Viénot, Brettel and Mollon 1999, Color Research and Application 24:243: linear RGB as a
# deuteranope sees it
_DEUTERANOPE = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(colour: str) -> np.ndarray:
    v = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def seen(colour: str) -> np.ndarray:
    """CIE Lab of a colour without the difference between red and green."""
    rgb = np.clip(_DEUTERANOPE @ linear(colour), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    f = xyz @ rgb / np.array([0.9505, 1, 1.089])
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_ordered_classes_are_steps_of_lightness():
    for count in range(2, 7):
        light = [lightness(c) for c in classes(count)]
        assert len(set(classes(count))) == count
        steps = -np.diff(light)
        assert steps.min() > 9, count
    assert min(-np.diff([lightness(c) for c in CLASSES])) > 11


def test_verdicts_differ_in_sign_marker_and_lightness():
    assert len({how.sign for how in LOOKS.values()}) == 4
    assert len({how.marker for how in LOOKS.values()}) == 4
    fills = [lightness(how.fill) for how in LOOKS.values()]
    assert min(abs(a - b) for a, b in itertools.combinations(fills, 2)) > 12


_PAIRS = [
    *(("district", "city"), ("women", "men"), (UP, DOWN)),
    *(("direct", "model"), ("direct", "pooled"), ("pooled", "model")),
]


@pytest.mark.parametrize("pair", _PAIRS)
def test_pairs_that_stand_together_differ_for_everybody(pair):
    if pair[0] in LOOKS:
        one, two = (look(p).colour for p in pair)
    else:
        one, two = (series(p).colour for p in pair)
        assert series(pair[0]).marker != series(pair[1]).marker or (
            series(pair[0]).face != series(pair[1]).face
        )
    assert np.linalg.norm(seen(one) - seen(two)) > 25


def test_surveys_have_a_colour_and_marker_each():
    names = ("city_safety", "regional_safety", "school_survey")
    looks = [series(n) for n in names]
    assert len({how.marker for how in looks}) == len({how.line for how in looks}) == 3
    for one, two in itertools.combinations(looks, 2):
        assert np.linalg.norm(seen(one.colour) - seen(two.colour)) > 20


def test_a_known_thing_has_its_look_whatever_stands_beside_it():
    assert series("women", ["men", "women"]) == series("women", ["x", "women", "y"])
    assert series("girls") == series("women")
    groups = [f"g{i}" for i in range(6)]
    drawn = [series(g, groups) for g in groups]
    assert len({(how.colour, how.marker) for how in drawn}) == 6
    among = ["women", "x", "y"]
    assert series("women").colour not in {series(g, among).colour for g in ("x", "y")}


def test_letters_have_contrast_on_every_fill():
    fills = [*CLASSES, *answers(7, True), *answers(9, False), *(h.fill for h in LOOKS.values())]
    for fill in fills:
        light, dark = sorted((luminance(fill), luminance(ink_on(fill))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, fill


def test_lines_and_letters_have_contrast_on_paper():
    for how in palette._KNOWN.values():
        assert 1.05 / (luminance(how.colour) + 0.05) >= 3, how
    for colour in (palette.INK, palette.SOFT):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_verdicts_of_groups_look_like_those_of_changes():
    assert look("higher") is LOOKS[UP]
    assert look("lower") is LOOKS[DOWN]
    assert look("alike") is LOOKS[SAME]
    assert look(None) is look("nonsense") is LOOKS[OPEN]


def test_opposite_answers_are_dark_at_both_ends():
    for count in (2, 3, 4, 5, 6, 8):
        light = [lightness(c) for c in answers(count, True)]
        half = count // 2
        assert (np.diff(light[:half]) > 0).all()
        assert (np.diff(light[-half:]) < 0).all()
        assert len(set(answers(count, True))) == count
