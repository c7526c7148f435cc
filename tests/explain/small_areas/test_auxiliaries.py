"""Columns of the model, and helpers that make them."""

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError
from survey_stats.explain.small_areas import earlier_shares, neighbour_mean, small_areas
from survey_stats.explain.small_areas.auxiliaries import area_names, columns_of

AREAS = list("abcdefghij")
EVERY = np.ones(10, dtype=bool)


def table(**columns):
    return pd.DataFrame(columns, index=AREAS)


def good():
    return table(crime=np.arange(10.0) ** 2, income=np.cos(np.arange(10)))


def survey(yes=3, n=10):
    frame = pd.DataFrame({"area": np.repeat(AREAS, n), "yes": np.tile(np.arange(n) < yes, 10)})
    return ss.Survey(frame)


def test_columns_are_standardised_and_aligned():
    extra = pd.concat([good(), pd.DataFrame({"crime": [9.0], "income": [0.5]}, index=["new"])])
    found = columns_of(AREAS, EVERY, extra.sample(frac=1, random_state=1), "area")
    assert found.names == ("constant", "crime", "income")
    assert found.other_areas == ("new",)
    np.testing.assert_allclose(found.own[:, 1:].mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(found.own[:, 1:].std(axis=0), 1)
    back = found.own * found.spread + found.centre
    np.testing.assert_allclose(back[:, 1], good()["crime"])
    np.testing.assert_allclose((found.others * found.spread + found.centre)[0], [1, 9, 0.5])


def test_area_may_be_a_column_and_dtypes_may_be_odd():
    frame = good().reset_index(names="area")
    frame["crime"] = frame["crime"].astype("Int64")
    frame["flag"] = [True, False] * 5
    found = columns_of(AREAS, EVERY, frame.assign(area=frame["area"].astype("category")), "area")
    assert found.own.shape == (10, 4)
    one = columns_of(AREAS, EVERY, good()["crime"], "area")
    np.testing.assert_allclose(one.own, found.own[:, :2])


def test_without_auxiliaries_there_is_a_constant():
    found = columns_of(AREAS, EVERY, None, "area")
    np.testing.assert_array_equal(found.own, np.ones((10, 1)))
    assert found.others.shape == (0, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.drop("c"), "no row for c"),
        (lambda f: f.rename(index={"c": "C"}), "they name C instead"),
        (lambda f: pd.concat([f, f.loc[["a"]]]), "several rows for a"),
        (lambda f: f.assign(crime=5.0), "'crime' is the same in all"),
        (lambda f: f.assign(twice=2 * f.crime + 1), "'twice' follows exactly from crime, income"),
        (lambda f: f.assign(crime=f.crime.where(f.crime > 1)), "no number for a, b"),
        (lambda f: f.assign(crime=np.inf), "no number for"),
        (lambda f: f.assign(crime="high"), "is text"),
        (lambda f: f.assign(constant=1.0), "constant"),
        (lambda f: f.assign(**{f"x{i}": np.sin(i + np.arange(10) ** 2) for i in range(5)}),
         "10 areas with respondents are too few for a model with 8 coefficients"),
        (lambda f: f.to_numpy(), "ndarray"),
    ],
)  # fmt: skip
def test_refused(change, told):
    with pytest.raises(InputError, match=told):
        columns_of(AREAS, EVERY, change(good()), "area")


def test_names_of_another_type_are_said():
    frame = pd.DataFrame({"x": np.arange(10.0)}, index=[str(i) for i in range(10)])
    with pytest.raises(InputError, match="there the names are of type str, in the survey int"):
        columns_of(list(range(10)), EVERY, frame, "area")


def test_auxiliary_constant_among_areas_with_respondents():
    answered = np.arange(10) < 9
    with pytest.raises(InputError, match="'only' is the same"):
        columns_of(AREAS, answered, good().assign(only=[0.0] * 9 + [1.0]), "area")


def test_neighbour_mean_of_both_sides_without_oneself():
    borders = pd.DataFrame({"one": ["a", "b", "a"], "other": ["b", "c", "b"], "length": [1, 2, 3]})
    found = neighbour_mean({"a": 1.0, "b": 2.0, "c": 6.0, "alone": 11.0}, borders)
    assert found.to_dict() == {"a": 2.0, "b": 3.5, "c": 2.0, "alone": 5.0}
    same = neighbour_mean(pd.Series({"a": 1.0, "b": 2.0, "c": 6.0, "alone": 11.0}),
                          {"a": ["b"], "b": ["c"]})  # fmt: skip
    pd.testing.assert_series_equal(found, same)


def test_neighbours_without_a_value_are_left_out():
    found = neighbour_mean({"a": 1.0, "b": np.nan, "c": 3.0}, {"a": ["b", "c"], "c": ["b"]})
    assert found.to_dict() == {"a": 3.0, "b": 2.0, "c": 1.0}


def test_neighbour_mean_of_estimates_weighs_by_effective_base():
    cells = [("a", 10, 5), ("b", 30, 6), ("c", 10, 8)]
    rows = [(area, i < yes) for area, n, yes in cells for i in range(n)]
    frame = pd.DataFrame(rows, columns=["area", "yes"])
    est = ss.Survey(frame).share("yes", by="area")
    found = neighbour_mean(est, {"c": ["a", "b"]})
    weight = est.n_effective[:2]
    assert found["c"] == pytest.approx(float(weight @ [0.5, 0.2] / weight.sum()))


def test_neighbours_refused():
    with pytest.raises(InputError, match="own neighbour"):
        neighbour_mean({"a": 1.0}, {"a": ["a"]})
    with pytest.raises(InputError, match="one column"):
        neighbour_mean({"a": 1.0}, pd.DataFrame({"a": ["b"]}))
    with pytest.raises(InputError, match="'a' is 'high'"):
        neighbour_mean({"a": "high", "b": 1.0}, {"a": ["b"]})
    with pytest.raises(InputError, match="has none"):
        neighbour_mean({"a": np.nan}, {"a": ["b"]})


def test_earlier_shares():
    est = survey().share("yes", by="area")
    found = earlier_shares(est)
    assert found.name == "earlier"
    assert list(found.index) == AREAS
    size = est.n_effective[0]
    share = 0.5 + (0.3 - 0.5) * np.exp(-0.5 / size)
    np.testing.assert_allclose(found, np.arcsin(np.sqrt(share)))


def test_area_names_refuses_other_results():
    s = survey()
    frame = s.frame.assign(sex="w", level3=[["low", "mid", "high"][i % 3] for i in range(100)])
    s = ss.Survey(frame)
    with pytest.raises(InputError, match="not for a mean"):
        area_names(s.mean("yes", by="area"))
    with pytest.raises(InputError, match="by area, sex"):
        area_names(s.share("yes", by=["area", "sex"]))
    with pytest.raises(InputError, match="level"):
        area_names(s.share("level3", by="area"))
    with pytest.raises(InputError, match="not DataFrame"):
        area_names(s.share("yes", by="area").to_frame())
    with pytest.raises(InputError, match="margin"):
        area_names(s.share("yes", by="area", margins=True))
    with pytest.raises(InputError, match="by nothing"):
        area_names(s.share("yes"))


def test_earlier_shares_on_another_scale_are_noted():
    names = list("abcdefghij")
    rows = [(a, i < 5 + 3 * j) for j, a in enumerate(names) for i in range(50)]
    est = ss.Survey(pd.DataFrame(rows, columns=["area", "yes"])).share("yes", by="area")
    now = [(a, i < 6 + 2 * j + 4 * (j % 3)) for j, a in enumerate(names) for i in range(50)]
    new = ss.Survey(pd.DataFrame(now, columns=["area", "yes"])).share("yes", by="area")
    for own in ("arcsine", "logit", "none"):
        known = earlier_shares(est, scale=own)
        beside = pd.Series(np.cos(np.arange(10.0)), index=names, name="crime")
        for given in (known, pd.concat([known, beside], axis=1), known.to_frame()):
            for scale in ("arcsine", "logit", "none"):
                notes = [n for n in small_areas(new, given, scale=scale).notes if "earlier" in n]
                assert len(notes) == (own != scale)
                if notes:
                    assert f"shares on the {own} scale" in notes[0]
                    assert f"earlier_shares(..., scale='{scale}')" in notes[0]
    named = earlier_shares(est, name="before")
    assert any("'before'" in n for n in small_areas(new, named, scale="logit").notes)
    assert not any("'before'" in n for n in small_areas(new, named).notes)


def test_neighbour_mean_says_what_it_takes():
    with pytest.raises(InputError, match=r"neighbour_mean takes a Series .* not DataFrame"):
        neighbour_mean(pd.DataFrame({"x": [1.0]}), {"a": ["b"]})
    with pytest.raises(InputError, match=r"neighbour_mean takes a Series .* not list"):
        neighbour_mean([1.0, 2.0], {"a": ["b"]})
    with pytest.raises(InputError, match=r"neighbours= takes a table of pairs .* not list"):
        neighbour_mean({"a": 1.0}, [("a", "b")])
    with pytest.raises(InputError, match="The neighbours of 'a' are 'bc'; give a list"):
        neighbour_mean({"a": 1.0}, {"a": "bc"})
