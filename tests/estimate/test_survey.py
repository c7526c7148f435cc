"""What a Survey takes, what it refuses, and that it cannot be changed."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import DesignError, InputError, UnknownNameError
from survey_stats.estimate import Survey

CONTRACT = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff", "flag"]


@pytest.fixture
def survey(frame) -> Survey:
    return Survey(frame, weights="weight", strata="stratum", clusters="psu", name="city", wave=2023)


def test_the_contract_columns(survey):
    assert list(survey.share("yes", by=["area", "sex"]).to_frame()) == ["area", "sex", *CONTRACT]
    assert list(survey.share("grade", by="area").to_frame()) == ["area", "level", *CONTRACT]
    assert list(survey.share("yes").to_frame()) == CONTRACT
    assert list(survey.mean("income", by="area").to_frame()) == ["area", *CONTRACT]
    assert list(survey.quantile("income", [0.5, 0.9]).to_frame()) == ["quantile", *CONTRACT]
    several = survey.share(["yes", "grade"], by="area").to_frame()
    assert list(several) == ["question", "area", "level", *CONTRACT]
    assert several["level"].isna().sum() == 3
    assert ss.Survey is Survey


def test_a_question_may_be_told_in_many_types(frame):
    answer = frame["yes"]
    versions = {
        "float": answer,
        "nullable boolean": answer.astype("boolean"),
        "nullable integer": answer.astype("Int8"),
        "object": answer.map({1.0: True, 0.0: False}).astype(object).where(answer.notna(), None),
        "arrow": answer.map({1.0: True, 0.0: False}).astype("bool[pyarrow]"),
    }
    want = Survey(frame, weights="weight").share("yes", by="area").to_frame()
    for values in versions.values():
        got = Survey(frame.assign(yes=values), weights="weight").share("yes", by="area")
        pd.testing.assert_frame_equal(got.to_frame(), want)
    for cast in ("category", object, "string", "string[pyarrow]"):
        words = frame.assign(grade=frame["grade"].astype(cast))
        got = Survey(words, weights="weight").share("grade", by="sex").to_frame()
        assert got["level"].tolist()[:3] == ["high", "low", "mid"]
        want = Survey(frame, weights="weight").share("grade", by="sex").to_frame()
        np.testing.assert_array_equal(got["estimate"], want["estimate"])
    plain = frame.assign(yes=frame["yes"].fillna(0) == 1)
    assert Survey(plain).share("yes").n[0] == len(frame)


def test_declared_categories_keep_their_order_and_their_zero():
    answers = pd.Categorical(["b", "a", "b", "b"], categories=["b", "a", "never"])
    est = Survey(pd.DataFrame({"q": answers})).share("q").to_frame()
    assert est["level"].tolist() == ["b", "a", "never"]
    assert est["estimate"].tolist() == [0.75, 0.25, 0.0]
    assert est["ci_low"][2] == 0.0
    assert 0.1 < est["ci_high"][2] < 1


def test_whole_numbers_with_gaps_are_levels_and_continuous_numbers_are_not():
    frame = pd.DataFrame({"code": [1, 5, 5, np.nan], "height": [1.2, 3.4, 5.6, 7.8]})
    assert Survey(frame).share("code").to_frame()["level"].tolist() == [1, 5]
    with pytest.raises(InputError, match=r"continuous numbers.*mean"):
        Survey(frame).share("height")


def test_of_groups_levels(survey):
    low = survey.share("grade", of="low").estimate[0]
    both = survey.share("grade", of=["low", "mid"])
    high = survey.share("grade", of="high")
    assert both.estimate[0] == pytest.approx(1 - high.estimate[0])
    assert both.se[0] == pytest.approx(high.se[0])
    named = survey.share(
        "grade", of={"not high": ["low", "mid"], "low alone": []} | {"low alone": "high"}
    )
    assert named.to_frame()["level"].tolist() == ["not high", "low alone"]
    assert named.estimate[0] == pytest.approx(both.estimate[0])
    assert 0 < low < both.estimate[0]
    with pytest.raises(UnknownNameError, match=r"no level 'lwo'.*did you mean 'low'"):
        survey.share("grade", of=["lwo"])
    with pytest.raises(InputError, match="more than one group"):
        survey.share("grade", of={"a": ["low"], "b": ["low", "mid"]})


def test_where_takes_an_expression_a_series_an_array_and_a_function(survey, frame):
    mask = (frame["area"] == "q") & (frame["income"] > 20)
    forms = [
        "area == 'q' and income > 20",
        mask,
        mask.to_numpy(),
        mask.astype("boolean"),
        mask.tolist(),
        lambda f: (f["area"] == "q") & (f["income"] > 20),
    ]
    results = [survey.share("yes", by="sex", where=w).to_frame() for w in forms]
    for result in results[1:]:
        pd.testing.assert_frame_equal(result, results[0], check_exact=True)
    nothing = survey.share("yes", where=mask.astype("boolean").mask(mask, pd.NA))
    assert nothing.to_frame()["flag"].tolist() == ["no answers"]
    assert survey.share("yes", by="area", where=mask & ~mask).to_frame().empty


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("arae == 'q'", "arae"),
        ([True, False], "shape"),
        (np.arange(3.0), "shape"),
        (pd.Series([True, False], index=[7, 8]), "another index"),
    ],
)
def test_a_where_that_does_not_fit_is_refused(survey, where, message):
    with pytest.raises(InputError, match=message):
        survey.share("yes", where=where)
    with pytest.raises(InputError, match="true or false"):
        survey.share("yes", where=np.full(len(survey), "x"))


def test_groups_with_missing_keys_or_answers_do_not_break_the_table(frame):
    broken = frame.copy()
    broken.loc[broken["area"] == "r", "yes"] = np.nan
    survey = Survey(broken, weights="weight", strata="stratum", clusters="psu")
    est = survey.share("yes", by="area").to_frame().set_index("area")
    whole = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    want = whole.share("yes", by="area").to_frame().set_index("area")
    pd.testing.assert_frame_equal(est.loc[["p", "q"]], want.loc[["p", "q"]])
    gone = est.loc["r"]
    assert gone["flag"] == "no answers"
    assert gone[["estimate", "se", "ci_low", "ci_high", "n_effective", "deff"]].isna().all()
    assert gone["n"] == 0
    assert survey.share("yes", by="sex").to_frame()["sex"].tolist() == ["u", "v"]
    assert np.isfinite(np.diag(survey.share("yes", by="area").cov())[:2]).all()


def test_by_columns_keep_their_type():
    frame = pd.DataFrame(
        {
            "y": [1, 0, 1, 0, 1, 1],
            "year": [2020, 2020, 2023, 2023, 2023, 2020],
            "size": pd.Categorical(list("SMLSML"), categories=list("SML"), ordered=True),
            "ok": [True, False, True, False, True, False],
        }
    )
    est = Survey(frame).share("y", by=["year", "size", "ok"]).to_frame()
    assert est["year"].dtype == np.int64
    assert isinstance(est["size"].dtype, pd.CategoricalDtype)
    assert est["ok"].dtype == bool
    assert est.loc[est["year"] == 2023, "size"].tolist() == ["S", "M", "L"]
    assert est["year"].is_monotonic_increasing


def test_negative_and_sparse_integers_are_groups_like_any_other():
    frame = pd.DataFrame({"y": [1, 0, 1, 0], "g": [-5, 10**12, -5, 0]})
    est = Survey(frame).share("y", by="g").to_frame()
    assert est["g"].tolist() == [-5, 0, 10**12]
    assert est["estimate"].tolist() == [1.0, 0.0, 0.0]


def test_level_is_used_also_in_groups(survey):
    narrow, wide = (survey.share("yes", by="area", level=v) for v in (0.5, 0.99))
    assert ((wide.ci_high - wide.ci_low) > 1.5 * (narrow.ci_high - narrow.ci_low)).all()
    for method in (survey.mean, survey.total, survey.quantile):
        a, b = method("income", by="area", level=0.5), method("income", by="area", level=0.99)
        assert ((b.ci_high - b.ci_low) > (a.ci_high - a.ci_low)).all()
    with pytest.raises(InputError, match="confidence level"):
        survey.share("yes", level=95)


def test_margins_are_the_tables_of_fewer_columns(survey):
    est = survey.share("yes", by=["area", "sex"], margins=True)
    table = est.to_frame()
    assert len(table) == 6 + 3 + 2 + 1
    part = table[(table["sex"] == "all") & (table["area"] != "all")].drop(columns="sex")
    want = survey.share("yes", by="area").to_frame()
    pd.testing.assert_frame_equal(
        part.reset_index(drop=True), want, check_dtype=False, check_exact=True
    )
    assert table.iloc[-1][["area", "sex"]].tolist() == ["all", "all"]
    assert table["estimate"].iloc[-1] == survey.share("yes").estimate[0]
    np.testing.assert_allclose(np.sqrt(np.diag(est.cov())), est.se, rtol=1e-10)
    kinds = survey.frame.assign(area=survey.frame["area"].astype("category"))
    again = Survey(kinds, weights="weight").share("yes", by="area", margins=True).to_frame()
    assert list(again["area"].cat.categories) == ["p", "q", "r", "all"]


def test_many_questions_in_one_call_equal_one_call_each(survey):
    est = survey.share(["yes", "grade"], by="area")
    table = est.to_frame()
    one = survey.share("grade", by="area").to_frame()
    rest = table[table["question"] == "grade"].drop(columns="question").reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, one, check_exact=True)
    assert est.metadata.question == ("yes", "grade")


def test_metadata_follows_the_numbers(survey):
    est = survey.share("yes", by="area", where="income > 5", level=0.9)
    meta = est.metadata
    assert (meta.survey, meta.wave, meta.question) == ("city", 2023, ("yes",))
    assert (meta.by, meta.where, meta.level) == (("area",), "income > 5", 0.9)
    assert "strata (stratum)" in meta.design
    assert est.to_frame().attrs["survey"] == "city"
    assert est.contrast({"p - q": {"p": 1, "q": -1}}).metadata.wave == 2023
    assert "Taylor" in est._repr_html_()
    assert "city 2023" in repr(est)
    assert "replicates" in survey.with_replicates("jkn").share("yes").metadata.method


def test_a_survey_cannot_be_changed(frame, survey):
    before = survey.share("yes").estimate[0]
    with pytest.raises(AttributeError, match="cannot be changed"):
        survey.name = "other"
    with pytest.raises(AttributeError):
        del survey.design
    frame.loc[:, "yes"] = 1.0
    frame["weight"] = 1.0
    assert survey.share("yes").estimate[0] == before
    est = survey.share("yes")
    with pytest.raises(AttributeError):
        est.se = 0


def test_surveys_and_results_can_be_pickled(survey):
    again = pickle.loads(pickle.dumps(survey))
    assert repr(again) == repr(survey)
    for make in (
        lambda s: s.share("yes", by="area"),
        lambda s: s.median("income"),
        lambda s: s.with_replicates("jkn").median("income", interval="replicates"),
    ):
        est = make(survey)
        copy = pickle.loads(pickle.dumps(est))
        pd.testing.assert_frame_equal(copy.to_frame(), make(again).to_frame(), check_exact=True)
        np.testing.assert_array_equal(copy.cov(), est.cov())


def test_repr_says_what_it_is(survey):
    text = repr(survey)
    for part in ("city 2023", "respondents", "5 strata (stratum)", "PSUs (psu)", "df"):
        assert part in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({3: np.nan}, r"weights 'weight' are missing in 1 rows \(rows 3\)"),
        ({3: -1.0, 8: -2.0}, r"negative in 2 rows \(rows 3, 8\)"),
        ({0: np.inf}, r"infinite in 1 rows"),
    ],
)
def test_impossible_weights_name_their_rows(frame, change, message):
    for row, value in change.items():
        frame.loc[row, "weight"] = value
    with pytest.raises(DesignError, match=message):
        Survey(frame, weights="weight")


def test_weights_that_are_zero_in_a_stratum_or_everywhere(frame):
    zero = frame.assign(weight=frame["weight"].where(frame["stratum"] != "s2", 0.0))
    with pytest.raises(DesignError, match=r"zero in 1 strata \(s2\)"):
        Survey(zero, weights="weight", strata="stratum")
    with pytest.raises(DesignError, match="all zero"):
        Survey(frame.assign(weight=0.0), weights="weight")
    with pytest.raises(DesignError, match="not numbers"):
        Survey(frame.assign(weight="heavy"), weights="weight")


def test_missing_strata_and_clusters(frame):
    frame.loc[[2, 5], "stratum"] = None
    with pytest.raises(DesignError, match=r"stratum column 'stratum' is missing in 2 rows.*2, 5"):
        Survey(frame, strata="stratum")
    with pytest.raises(DesignError, match="cluster column"):
        Survey(frame.assign(psu=np.nan), clusters="psu")


def test_psu_codes_reused_between_strata_are_different_units(frame):
    reused = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    unique = frame.assign(psu=frame["stratum"] + frame["psu"].astype(str))
    other = Survey(unique, weights="weight", strata="stratum", clusters="psu", nest=False)
    pd.testing.assert_frame_equal(
        reused.share("yes").to_frame(), other.share("yes").to_frame(), check_exact=True
    )
    with pytest.raises(DesignError, match=r"lie in more than one stratum, 0 in s0 and s4"):
        Survey(frame, weights="weight", strata="stratum", clusters="psu", nest=False)


def test_strata_read_as_floats_and_crossed_strata(frame):
    codes = frame.assign(stratum=frame["stratum"].str[1].astype(float))
    a = Survey(codes, weights="weight", strata="stratum", clusters="psu")
    b = Survey(frame, weights="weight", strata="stratum", clusters="psu")
    assert a.share("yes").se[0] == b.share("yes").se[0]
    crossed = Survey(frame, weights="weight", strata=["stratum", "area"])
    joined = Survey(
        frame.assign(both=frame["stratum"] + frame["area"]), weights="weight", strata="both"
    )
    assert crossed.design.stages[0].n_strata == 15
    assert crossed.share("yes").se[0] == joined.share("yes").se[0]


def test_fpc(frame):
    ratio = frame.groupby("stratum")["psu"].transform("nunique") / frame["psus"]
    kwargs = {"weights": "weight", "strata": "stratum", "clusters": "psu"}
    sizes = Survey(frame, fpc="psus", **kwargs)
    fractions = Survey(frame.assign(psus=ratio), fpc="psus", **kwargs)
    assert sizes.share("yes").se[0] == pytest.approx(fractions.share("yes").se[0], rel=1e-12)
    assert sizes.share("yes").se[0] < Survey(frame, **kwargs).share("yes").se[0]
    with pytest.raises(DesignError, match=r"smaller than the sample in .* strata \(s0: 1 < "):
        Survey(
            frame.assign(psus=frame["psus"].where(frame["stratum"] != "s0", 1)),
            fpc="psus",
            **kwargs,
        )
    with pytest.raises(DesignError, match="mixes sizes"):
        Survey(frame.assign(psus=np.where(frame.index < 5, 0.5, 20)), fpc="psus", **kwargs)
    with pytest.raises(DesignError, match=r"varies within .*; make it constant$"):
        Survey(frame.assign(psus=np.arange(len(frame)) + 50), fpc="psus", **kwargs)
    chances = frame.assign(psus=np.linspace(0.1, 0.9, len(frame)))
    with pytest.raises(DesignError, match=r"1 over the chance and no fpc, .* with replacement"):
        Survey(chances, fpc="psus", **kwargs)
    with pytest.raises(DesignError, match="missing or not positive"):
        Survey(frame.assign(psus=np.nan), fpc="psus", **kwargs)
    with pytest.raises(DesignError, match="one a stage"):
        Survey(frame, fpc=["psus", "ssus"], **kwargs)


def test_without_weights_the_chances_of_the_fpc_are_to_be_alike():
    rows = pd.DataFrame({"h": [0] * 3 + [1] * 7, "yes": [1, 0, 1] + [0, 1] * 3 + [0]})
    unequal = rows.assign(N=np.where(rows["h"] == 0, 60, 70), one=1.0, w=[20.0] * 3 + [10.0] * 7)
    with pytest.raises(DesignError, match=r"chances between 0\.05 and 0\.1 .* name the weights"):
        Survey(unequal, strata="h", fpc="N")
    with pytest.raises(DesignError, match=r"chances between 0\.05 and 0\.1 "):
        Survey(unequal.assign(N=1 / unequal["w"]), strata="h", fpc="N")
    with pytest.raises(DesignError, match=r"chances between 0\.05 and 0\.1 "):
        Survey.scan(unequal, strata="h", fpc="N").share("yes")
    assert Survey(unequal, "one", "h", fpc="N").share("yes").estimate[0] == 0.5
    assert Survey(unequal, "w", "h", fpc="N").share("yes").estimate[0] == 7 / 13
    # 3 of 61 and 7 of 139 are as near to a twentieth as whole numbers can be
    near = rows.assign(N=np.where(rows["h"] == 0, 61, 139))
    assert Survey(near, strata="h", fpc="N").share("yes").estimate[0] == 0.5


def test_a_census_has_no_sampling_error(frame):
    whole = frame.assign(all=frame.groupby("stratum")["yes"].transform("size"))
    survey = Survey(whole.assign(one=1.0), weights="one", strata="stratum", fpc="all")
    row = survey.share("yes", by="area").to_frame().iloc[0]
    assert row["se"] == 0
    assert row["ci_low"] == pytest.approx(row["estimate"])
    assert row["ci_high"] == pytest.approx(row["estimate"])


def test_names_that_do_not_exist(frame, survey):
    with pytest.raises(UnknownNameError, match=r"no weight column 'wieght'.*'weight'"):
        Survey(frame, weights="wieght")
    with pytest.raises(UnknownNameError, match=r"no by column 'aera'"):
        survey.share("yes", by="aera")
    with pytest.raises(UnknownNameError, match=r"no question 'yess'"):
        survey.share("yess")
    with pytest.raises(InputError, match="twice"):
        survey.share("yes", by=["area", "area"])
    with pytest.raises(InputError, match="not numbers"):
        survey.mean("grade")
    with pytest.raises(InputError, match="lonely_psu='guess'"):
        Survey(frame, lonely_psu="guess")
    with pytest.raises(InputError, match="interval='normal'"):
        survey.share("yes", interval="normal")
    with pytest.raises(InputError, match="no rows"):
        Survey(frame.iloc[:0])
    with pytest.raises(InputError, match="takes a frame"):
        Survey(frame.to_dict())
    with pytest.raises(DesignError, match="one primary sampling unit"):
        Survey(frame.assign(psu=1), clusters="psu")


def test_total_of_people(frame, survey):
    people = survey.total(by="area").to_frame().set_index("area")
    assert people.loc["q", "estimate"] == pytest.approx(
        frame.loc[frame["area"] == "q", "weight"].sum()
    )
    yes = survey.total("yes", by="area").to_frame().set_index("area")
    boolean = Survey(
        frame.assign(yes=frame["yes"].astype("boolean")),
        weights="weight",
        strata="stratum",
        clusters="psu",
    )
    want = boolean.total("yes", by="area").to_frame().set_index("area")
    np.testing.assert_allclose(yes[["estimate", "se"]], want[["estimate", "se"]], rtol=1e-12)
    levels = survey.total("grade").to_frame()
    assert levels["level"].tolist() == ["high", "low", "mid"]
    assert levels["estimate"].sum() == pytest.approx(
        frame.loc[frame["grade"].notna(), "weight"].sum()
    )


def test_a_domain_in_one_psu_has_no_interval_and_says_why(frame, survey):
    where = (frame["stratum"] == "s1") & (frame["psu"] == 0)
    row = survey.share("yes", where=where).to_frame().iloc[0]
    assert row["df"] == 0
    assert np.isnan(row["ci_low"])
    assert np.isnan(row["ci_high"])
    assert "1 PSUs in 1 strata leave no df" in row["flag"]
    mean = survey.mean("income", where=where).to_frame().iloc[0]
    assert np.isnan(mean["ci_low"])
    assert mean["flag"]


def test_ten_thousand_cells_do_not_make_a_matrix_of_cells():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "y": rng.random(30_000) < 0.4,
            "g": rng.integers(0, 10_000, 30_000),
            "p": rng.integers(0, 300, 30_000),
        }
    )
    survey = Survey(frame, clusters="p")
    est = survey.share("y", by="g").to_frame().set_index("g")
    assert len(est) == frame["g"].nunique() > 9000
    one = survey.share("y", where=frame["g"] == 77).to_frame().iloc[0]
    assert est.loc[77, "se"] == pytest.approx(one["se"], rel=1e-12)


def test_a_group_named_like_a_margin_is_refused():
    frame = pd.DataFrame({"yes": [1, 0, 1, 0], "sex": ["all", "men", "all", "men"]})
    assert len(Survey(frame).share("yes", by="sex")) == 2
    with pytest.raises(InputError, match="'sex' has a group named 'all'"):
        Survey(frame).share("yes", by="sex", margins=True)


def test_results_say_that_their_data_are_made_up():
    frame = pd.DataFrame({"yes": [True, False, True], "group": list("aab")})
    assert not Survey(frame).share("yes").metadata.synthetic
    frame.attrs["synthetic"] = True
    made_up = Survey(frame, name="demo", wave=2023)
    est = made_up.share("yes", by="group")
    assert est.metadata.synthetic
    assert est.to_frame().attrs["synthetic"] is True
    assert made_up.t_test("yes", by="group").metadata.synthetic
