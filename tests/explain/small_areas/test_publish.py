"""What may be published of each area, and what may not be worked out from it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats import protect
from survey_stats.errors import InputError
from survey_stats.explain.small_areas import PUBLISH, PublishRule, publish, small_areas

NAMES = [f"a{i:02}" for i in range(20)]
RNG = np.random.default_rng(5)
SHARES = np.clip(0.3 + 0.06 * RNG.standard_normal(20), 0.1, 0.6)
BASES = np.array([12, 18, 25, 29, 30, 35, 45, 60, 80, 99, 100, 120, 150, 200, 220, 250, 300, 350,
                  400, 500])  # fmt: skip


def survey(bases=BASES, shares=SHARES, names=NAMES, waves=(2023,)):
    rows = [
        (w, a, i < round(s * n)) for w in waves
        for a, s, n in zip(names, shares, bases, strict=True) for i in range(n)
    ]  # fmt: skip
    return ss.Survey(pd.DataFrame(rows, columns=["wave", "area", "yes"]))


def model(**how):
    return small_areas(survey(**how).share("yes", by="area"))


def table(publication, lang="en"):
    return publication.to_frame(lang).set_index("area")


def test_by_base():
    small = model()
    found = table(small.publish())
    assert (found.loc[BASES >= 150, "source"] == "direct").all()
    assert (found.loc[BASES < 30, "source"] == "model").all()
    direct = found["source"] == "direct"
    own = small.to_frame().set_index("area")
    np.testing.assert_array_equal(found.loc[direct, "estimate"], own.loc[direct, "direct"])
    np.testing.assert_array_equal(found.loc[~direct, "estimate"], own.loc[~direct, "estimate"])
    np.testing.assert_array_equal(found.loc[~direct, "ci_high"], own.loc[~direct, "ci_high"])
    assert (found.loc[found.quality == "reliable", "ci_high"] -
            found.loc[found.quality == "reliable", "ci_low"] < 0.3).all()  # fmt: skip


def test_nothing_of_small_bases_can_be_worked_out():
    """Neither base, direct share nor gamma, with which estimate and the rest give the direct."""
    found = table(model().publish())
    assert list(found.columns) == [
        "estimate", "ci_low", "ci_high", "n", "source", "borrowed", "quality", "reason",
    ]  # fmt: skip
    assert found.loc[BASES < 30, "n"].isna().all()
    assert found.loc[BASES >= 30, "n"].notna().all()
    assert found.loc[BASES < 30, "reason"].str.contains("fewer than 30 answers").all()


def test_how_much_is_borrowed_is_told_in_bands():
    small = model()
    publication = small.publish()
    found = table(publication)
    assert (found.loc[found.source == "direct", "borrowed"] == "nothing").all()
    loan = 1 - small.gamma[(found.source == "model").to_numpy()]
    told = found.loc[found.source == "model", "borrowed"].to_numpy()
    assert len(set(told)) > 1
    np.testing.assert_array_equal(told == "over three quarters", loan > 0.75)
    np.testing.assert_array_equal(told == "under half", loan <= 0.5)
    reasons = found.loc[found.borrowed == "over three quarters", "reason"]
    assert reasons.str.contains("more than three quarters of which is borrowed").all()
    swedish = table(publication, "sv")
    assert set(swedish["borrowed"]) <= {"inget", "mindre än hälften", "mer än hälften",
                                        "mer än tre fjärdedelar"}  # fmt: skip
    assert "som till mer än tre fjärdedelar lånar" in " ".join(swedish["reason"])
    # no number beside them has a method of the direct shares alone
    assert "wilson" not in publication._repr_html_()


def test_model_that_is_mostly_the_areas_own_share_is_not_shown_for_small_bases():
    wide = np.where(np.arange(20) % 2, 0.05, 0.9)
    small = model(shares=wide)
    hidden = BASES < 30
    assert (small.gamma[hidden] > PUBLISH.most_own).any()
    found = table(small.publish())
    own = hidden & (small.gamma > PUBLISH.most_own)
    assert (found.loc[own, "source"] == "none").all()
    assert found.loc[own, ["estimate", "ci_low", "ci_high", "n"]].isna().all(axis=None)
    assert found.loc[own, "reason"].str.contains("would be the area's own").all()
    lenient = PublishRule("lenient", most_own=1.0, highest_cv=9.0, widest=1.0)
    assert (table(small.publish(rule=lenient)).loc[own, "source"] == "model").any()


def test_one_hidden_area_takes_another_along():
    """Direct shares of all but one and the published total would give that one away."""
    bases = np.where(np.arange(20) == 0, 20, 150 + np.arange(20))
    found = table(model(bases=bases).publish())
    assert found.loc["a00", "source"] == "model"
    # the model's estimate of an area with 151 answers is mostly its own share
    assert found.loc["a01", "source"] == "none"
    assert pd.isna(found.loc["a01", "n"])
    assert "protect another area" in found.loc["a01", "reason"]
    assert (found["source"] == "direct").sum() == 18


def test_pooled_waves_come_before_the_model():
    s = survey(waves=(2020, 2023))
    small = small_areas(s.share("yes", by="area", where="wave == 2023"))
    pooled = ss.pools(s, "yes", "area", waves=[[2020, 2023]])
    found = table(small.publish(pooled))
    between = (BASES >= 60) & (BASES < 100)
    assert (found.loc[between, "source"] == "pooled").any()
    assert (found.loc[BASES >= 150, "source"] == "direct").all()
    at = found.index[found["source"] == "pooled"][0]
    assert found.loc[at, "n"] == 2 * BASES[NAMES.index(at)]
    keys = pooled.keys["area"].tolist()
    assert found.loc[at, "estimate"] == pooled.estimate[keys.index(at)]
    assert table(small.publish())["source"].eq("pooled").sum() == 0


def test_pools_that_do_not_fit_are_refused():
    s = survey(waves=(2017, 2020, 2023))
    small = small_areas(s.share("yes", by="area", where="wave == 2023"))
    with pytest.raises(InputError, match="holds 2 pools"):
        small.publish(ss.pools(s, "yes", "area", width=2))
    other = ss.Survey(s.frame.assign(no=lambda f: ~f["yes"], place=s.frame["area"]))
    with pytest.raises(InputError, match="one question"):
        small.publish(other.share("no", by="area"))
    with pytest.raises(InputError, match="'place'"):
        small.publish(other.share("yes", by="place"))


def test_area_off_the_model_is_not_told_by_it():
    shares = SHARES.copy()
    shares[9] = 0.8
    small = model(shares=shares)
    assert small.diagnostics().outlier[9]
    found = table(small.publish())
    assert found.loc["a09", "source"] == "direct"
    assert found.loc["a09", "quality"] == "with caution"
    tiny = SHARES.copy()
    tiny[0] = 1.0
    found = table(model(shares=tiny).publish())
    assert "does not follow the model" in found.loc["a00", "reason"]
    assert found.loc["a00", "source"] == "none"


def test_area_that_deviates_is_told_with_caution():
    shares = SHARES.copy()
    shares[7] = 0.55
    small = model(shares=shares)
    found = small.diagnostics()
    assert found.residual[7] > 2
    assert not found.outlier[7]
    told = table(small.publish()).loc["a07"]
    assert told["quality"] == "with caution"
    assert "deviate" in told["reason"]


def test_area_without_respondents_is_never_reliable():
    est = survey().share("yes", by="area")
    extra = pd.DataFrame({"x": np.cos(np.arange(21.0))}, index=[*NAMES, "new"])
    found = table(small_areas(est, extra).publish())
    assert found.loc["new", "source"] == "model"
    assert found.loc["new", "quality"] == "with caution"
    assert "other areas only" in found.loc["new", "reason"]
    assert found.loc["new", "n"] == 0


def test_rare_shares_are_precise_by_width():
    """At 2 % a coefficient of variation says nothing; an interval of under 5 points does."""
    bases = np.full(20, 600)
    shares = np.where(np.arange(20) % 2, 0.015, 0.02)
    found = table(model(bases=bases, shares=shares).publish())
    assert (found["source"] == "direct").all()
    assert (found["quality"] == "reliable").all()


def test_rule_is_data():
    small = model()
    strict = PublishRule("strict", base=protect.Rule("s", 50, 400), widest=0.1)
    found = table(publish(small, rule=strict))
    assert (found.loc[BASES < 50, "source"] != "direct").all()
    for told in ({"reliable_cv": 0.5}, {"precise_width": 0.4}, {"most_own": 2.0}):
        with pytest.raises(InputError, match="PublishRule 'x'"):
            PublishRule("x", **told)


def test_reasons_are_swedish_for_readers():
    found = model().publish().to_frame()
    assert found["reason"].str.contains("färre än 30 svar").any()
    assert found["reason"].str.startswith("Områdets egna svar.").any()
    assert found["reason"].str.contains("Modellbaserad skattning").any()
    assert not found["reason"].str.contains(r"\{|_").any()
    html = model().publish()._repr_html_()
    assert "may be published" in html


def test_swedish_frames_are_swedish_throughout():
    publication = model().publish()
    swedish, english = publication.to_frame("sv"), publication.to_frame("en")
    words = {"direct": "egna svar", "model": "modellbaserad skattning", "none": "redovisas inte"}
    assert swedish["source"].tolist() == [words[s] for s in publication.source]
    qualities = {"reliable": "tillförlitlig", "with caution": "tolkas försiktigt", "": ""}
    assert swedish["quality"].tolist() == [qualities[q] for q in publication.quality]
    assert english["source"].tolist() == list(publication.source)
    assert english["quality"].tolist() == list(publication.quality)
    default = publication.to_frame()
    pd.testing.assert_frame_equal(default.drop(columns="reason"), english.drop(columns="reason"))
    assert default["reason"].tolist() == swedish["reason"].tolist()


def test_publish_says_what_it_takes():
    small = model()
    with pytest.raises(InputError, match=r"direct Estimates; give it small_areas\(estimates\)"):
        publish(small.estimates)
    with pytest.raises(InputError, match="result of small_areas, not DataFrame"):
        publish(small.to_frame())
    for pooled in (small.to_frame(), [0.2]):
        with pytest.raises(InputError, match=r"pooled= takes the Estimates of ss.pools"):
            publish(small, pooled)
    with pytest.raises(InputError, match="rule= takes a PublishRule, not Rule"):
        publish(small, rule=protect.Rule("s", 50, 400))


def test_a_publication_prints_short():
    names = [f"a{i:03}" for i in range(100)]
    many = model(bases=np.resize(BASES, 100), shares=np.resize(SHARES, 100), names=names)
    text = repr(many.publish())
    assert text.startswith("Publication of 100 areas (")
    assert text.count("\n") < 16
    assert "array" not in text
    assert "array" not in repr(many.ranks())
    assert repr(many.ranks()).count("\n") < 16
    assert many.ranks().sentence() in repr(many.ranks())
    checks = repr(many.diagnostics())
    assert "Diagnostics of 100 areas" in checks
    assert "heterogeneity" in checks
    assert "array" not in checks


def test_a_notebook_says_that_answers_are_made_up():
    small = model()
    shown = (small, small.publish(), small.ranks())
    assert not any("SYNTETISKA DATA" in made._repr_html_() for made in shown)
    made_up = replace(small, metadata=small.metadata.but(synthetic=True))
    for made in (made_up, made_up.publish(), made_up.ranks()):
        assert made._repr_html_().startswith("<table><caption>SYNTETISKA DATA: ")
