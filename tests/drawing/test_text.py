"""Words in figures: widths, breaks, and labels that keep apart."""

import numpy as np
import pytest

from survey_stats.drawing.text import (
    decimals_of,
    fitted,
    named,
    shortened,
    spread,
    text_width,
    ticks_told,
)


def test_a_text_is_broken_where_it_must_be_and_loses_nothing():
    text = "otrygg ute ensam sent en kväll i det egna bostadsområdet"
    broken = fitted(text, 9, 120)
    assert broken.replace("\n", " ") == text
    assert all(text_width(line, 9) <= 120 for line in broken.split("\n"))
    assert fitted(text, 9, 1000) == text
    # one word that is too long stays whole
    assert fitted("Stadsdelsnämndsordföranden", 9, 20) == "Stadsdelsnämndsordföranden"


def test_shortened_fits_and_keeps_its_end_when_asked():
    text = "Stadsdelen med ett långt namn nummer 38"
    for inside in (False, True):
        cut = shortened(text, 9, 100, inside=inside)
        assert text_width(cut, 9) <= 100
        assert "…" in cut
    assert shortened(text, 9, 100, inside=True).endswith("38")
    assert shortened("kort", 9, 100) == "kort"
    assert shortened("x", 9, 0.1) == "…"


def test_a_name_has_at_most_the_lines_it_may():
    told = named("Enskede gård med omnejd och de södra delarna av Gullmarsplan", 9, 90)
    assert told.count("\n") == 1
    assert told.endswith("…")


@pytest.mark.parametrize("seed", range(20))
def test_labels_keep_their_distance_and_order(seed):
    rng = np.random.default_rng(seed)
    values = rng.random(rng.integers(1, 12)) * 10
    gaps = rng.random(values.size - 1) * 0.6
    at = spread(values, gaps, 0.0, 10.0)
    order = np.argsort(values, kind="stable")
    assert (np.diff(at[order]) >= gaps - 1e-9).all()
    assert at.min() >= -1e-9
    assert at.max() <= 10 + 1e-9


def test_labels_that_do_not_collide_stay_where_they_are():
    np.testing.assert_allclose(spread(np.array([1.0, 5.0, 9.0]), 1.0, 0, 10), [1, 5, 9])
    np.testing.assert_allclose(spread(np.array([0.0, 0.0]), 2.0, 0, 10), [0, 2])
    assert spread(np.array([]), 1.0, 0, 1).size == 0


def test_ticks_are_told_exactly_and_no_two_alike():
    for ticks in ([0, 0.02, 0.04], [0, 2.5, 5], [0, 1e-4, 2e-4], [-20, 0, 20], [3.0]):
        told = ticks_told(np.array(ticks))
        assert len(set(told)) == len(ticks)
        values = [float(t.replace("−", "-").replace(",", ".")) for t in told]
        np.testing.assert_allclose(values, ticks, atol=1e-9)
    assert decimals_of(np.array([0.0, 1.0]), least=1) == 1
