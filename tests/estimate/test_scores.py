"""The factorised scores against respondents by rows, and what must not be made of them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from survey_stats.estimate import Survey
from survey_stats.estimate.basis import table
from survey_stats.estimate.scores import LinearScores, stack

from .conftest import sample

RULES = ("certainty", "adjust", "average", "collapse")
CLUSTERED = {"weights": "weight", "strata": "stratum", "clusters": "psu"}


def plain_covariance(design, z, member):
    """Covariance of the columns of `z` (n, R) by its definition, and units less strata."""
    R = z.shape[1]
    covariance = np.zeros((R, R))
    df = np.zeros(R)
    for depth, stage in enumerate(design.stages):
        unit = np.arange(design.n) if stage.unit is None else stage.unit
        part, strata, usable = np.zeros((R, R)), np.zeros(R), np.zeros(R)
        for h in range(stage.n_strata):
            rows = np.flatnonzero(stage.stratum == h)
            codes = np.unique(unit[rows])
            totals = np.array([z[rows[unit[rows] == u]].sum(axis=0) for u in codes])
            held = np.array([member[rows[unit[rows] == u]].any(axis=0) for u in codes])
            size, present = stage.size[h], held.sum(axis=0)
            if size > totals.shape[0]:
                totals = np.vstack([totals, np.zeros((size - totals.shape[0], R))])
            # respondents of weight zero were not sampled
            totals = totals[: max(size, 1)] if stage.unit is not None else totals
            alone = np.full(R, bool(stage.lonely[h]))
            if design.lonely_domain:
                alone |= (present == 1) & (size > 1) & (stage.factor[h] > 0)
            centre = totals.sum(axis=0) / max(size, 1)
            gaps = totals - centre
            if stage.unit is None:
                gaps[~held.any(axis=1) & (design.weights[codes] == 0)] = 0.0
            if design.lonely_psu == "adjust":
                gaps[:, alone] = totals[:, alone]
            if design.lonely_psu in ("average", "error"):
                gaps[:, alone] = 0.0
                strata += present > 0
                usable += (present > 0) & ~alone
            part += stage.factor[h] * gaps.T @ gaps
            if depth == 0:
                df += present - (present > 0)
        if design.lonely_psu in ("average", "error") and (usable != strata).any():
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = np.where(usable > 0, strata / usable, np.nan)
            if design.lonely_psu == "error":
                scale = np.where(usable == strata, 1.0, np.nan)
            part *= np.sqrt(np.outer(scale, scale))
        covariance += part
    return covariance, df


def ask(survey):
    """Results of several kinds, and for each row its domain, numerator and denominator."""
    frame = survey.frame
    w = frame["weight"].to_numpy()
    ones = np.ones(len(frame))
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = []
    grade = survey.share("grade", by="area")
    for area, level in grade.keys.itertuples(index=False, name=None):
        inside = ((frame["area"] == area) & frame["grade"].notna()).to_numpy()
        rows.append((inside, (frame["grade"] == level).to_numpy(float), ones))
    two = survey.share(["yes", "big"], by="sex")
    for question, sex in two.keys.itertuples(index=False, name=None):
        inside = ((frame["sex"] == sex) & frame[question].notna()).to_numpy()
        rows.append((inside, frame[question].fillna(0).to_numpy(float), ones))
    mean = survey.mean("income", by="area")
    for area in mean.keys["area"]:
        inside = ((frame["area"] == area) & frame["income"].notna()).to_numpy()
        rows.append((inside, frame["income"].fillna(0).to_numpy(), ones))
    total = survey.total("yes")
    rows.append((frame["yes"].notna().to_numpy(), frame["yes"].fillna(0).to_numpy(float), None))
    ratio = survey.ratio("income", "size", by="sex")
    for sex in ratio.keys["sex"]:
        inside = ((frame["sex"] == sex) & frame["income"].notna()).to_numpy()
        rows.append((inside, frame["income"].fillna(0).to_numpy(), frame["size"].to_numpy()))
    results = [grade, two, mean, total, ratio]
    z, member = np.zeros((len(frame), len(rows))), np.zeros((len(frame), len(rows)), dtype=bool)
    for r, (inside, y, x) in enumerate(rows):
        inside = inside & (w > 0)
        score = y if x is None else y - (w * y)[inside].sum() / (w * x)[inside].sum() * x
        scale = 1.0 if x is None else (w * x)[inside].sum()
        z[inside, r] = (w * score)[inside] / scale
        member[:, r] = inside
    return results, z, member


def surveys():
    """Designs by name; every lonely rule, with and without lonely domains."""
    whole = sample(3, 4)
    apart = sample(4, 6, lonely=True)
    whole["big"] = apart["big"] = np.nan
    for frame in (whole, apart):
        frame["big"] = (frame["income"] > 20).astype(float).where(frame["income"].notna())
    unweighted = whole.copy()
    unweighted.loc[::7, "weight"] = 0.0
    yield "element", Survey(whole, "weight", "stratum")
    yield "zero weights", Survey(unweighted, "weight", "stratum")
    yield "clustered", Survey(whole, **CLUSTERED)
    yield "zero weights in clusters", Survey(unweighted, **CLUSTERED)
    stages = Survey(whole, "weight", "stratum", ["psu", "ssu"], ["psus", "ssus"])
    yield "two stages", stages
    people = whole.assign(row=np.arange(len(whole)), people=500.0)
    names = ["psu", "ssu", "row"], ["psus", "ssus", "people"]
    yield "three stages", Survey(people, "weight", "stratum", *names)
    kept = apart.groupby(["stratum", "psu"]).cumcount() == 0
    # strata of one respondent beside others
    few = apart[~apart["stratum"].isin(["s0", "s3"]) | kept]
    for rule in RULES:
        for domain in (False, True):
            kwargs = {"lonely_psu": rule, "lonely_domain": domain}
            yield f"clusters {rule} {domain}", Survey(apart, **CLUSTERED, **kwargs)
            yield f"elements {rule} {domain}", Survey(few, "weight", "stratum", **kwargs)
    yield "error in domains", Survey(whole, **CLUSTERED, lonely_domain=True)
    fine = whole.assign(stratum=whole["stratum"] + whole["psu"].astype(str))
    yield "elements, error in domains", Survey(fine, "weight", "stratum", lonely_domain=True)


CASES = dict(surveys())


@pytest.fixture(params=CASES)
def case(request) -> Survey:
    return CASES[request.param]


def close(got, want):
    scale = np.sqrt(np.abs(np.diag(want)))
    least = 1e-13 * np.nan_to_num(np.outer(scale, scale)).max()
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=least)


def test_covariances_are_those_of_respondents_by_rows(case):
    results, z, member = ask(case)
    want, df = plain_covariance(case.design, z, member)
    scores = stack([r.scores() for r in results])
    close(scores.covariance(), want)
    np.testing.assert_array_equal(scores.df_of(sparse.eye_array(scores.n_rows, format="csc")), df)
    end = 0
    for result in results:
        start, end = end, end + len(result)
        close(result.cov(), want[start:end, start:end])
        np.testing.assert_array_equal(result.df, df[start:end])


def test_combinations_are_one_estimate_for_every_rule(case):
    results, z, member = ask(case)
    scores = stack([r.scores() for r in results])
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(scores.n_rows, 8)) * (rng.random((scores.n_rows, 8)) < 0.25)
    weights[:, 0] = np.eye(scores.n_rows)[0]
    weights[:, 1] = np.eye(scores.n_rows)[9] - np.eye(scores.n_rows)[10]
    of = (member.astype(float) @ (weights != 0)) > 0
    want, df = plain_covariance(case.design, z @ weights, of)
    for given in (weights, sparse.csc_array(weights), sparse.csr_array(weights)):
        close(scores.combine(given).covariance(), want)
    np.testing.assert_array_equal(scores.df_of(weights), df)
    assert [scores.df(np.flatnonzero(c)) for c in weights.T] == df.tolist()
    factors = rng.normal(size=scores.n_rows)
    want = plain_covariance(case.design, (z * factors) @ weights, of)[0]
    close(scores.scale(factors).combine(weights).covariance(), want)


def test_the_variance_is_the_diagonal(case):
    results, _, _ = ask(case)
    for result in results:
        scores = result.scores()
        np.testing.assert_array_equal(scores.variance(), np.diag(scores.covariance()))
        np.testing.assert_allclose(scores.variance(), result.se**2, rtol=1e-10, atol=1e-18)
        cross = scores.covariance(result.scores())
        np.testing.assert_allclose(np.diag(cross), scores.variance(), rtol=1e-9, atol=1e-18)
    jack = Survey(sample(), **CLUSTERED).with_replicates("jkn").share("yes", by="area")
    np.testing.assert_allclose(
        jack.scores().variance(), np.diag(jack.scores().covariance()), rtol=1e-13
    )


@pytest.mark.parametrize("name", [c for c in CASES if "True" in c])
def test_a_contrast_of_one_row_is_that_row(name):
    """Also where its score is zero for some members, who keep their stratum from being lonely."""
    survey = CASES[name]
    sure = survey.frame.assign(sure=(survey.frame["area"] != "p").astype(float))
    kwargs = {"lonely_psu": survey.design.lonely_psu, "lonely_domain": True}
    clusters = "psu" if name.startswith("clusters") else None
    again = Survey(sure, "weight", "stratum", clusters, **kwargs)
    for est in (again.share("sure", by="area"), again.total("yes", by="area")):
        one = est.contrast(dict(enumerate(np.eye(len(est)))))
        np.testing.assert_allclose(one.se, est.se, rtol=1e-10, atol=1e-15)


def test_results_over_the_same_groups_share_their_basis():
    survey = CASES["clustered"]
    share = survey.share("grade", by="area").scores()
    again = survey.share("grade", by="area", level=0.5).scores()
    assert isinstance(share, LinearScores)
    both = stack([share, again])
    assert isinstance(both, LinearScores)
    assert both.basis.size == share.basis.size == 9
    twice = stack([share, share]).combine(np.vstack([np.eye(9), -np.eye(9)]))
    assert (twice.covariance() == 0).all()


def test_a_missing_estimate_has_no_covariance_and_reaches_what_it_is_in():
    frame = sample()
    frame.loc[frame["area"] == "r", "yes"] = np.nan
    for survey in (Survey(frame, **CLUSTERED), Survey(frame, **CLUSTERED).with_replicates("jkn")):
        est = survey.share("yes", by="area")
        cov = est.cov()
        assert np.isnan(cov[2]).all()
        assert np.isnan(cov[:, 2]).all()
        np.testing.assert_allclose(np.diag(cov), est.se**2, rtol=1e-10)
        pair = est.scores().combine(sparse.csc_array(np.array([[1.0, 1], [-1, 0], [0, -1]])))
        assert np.isfinite(pair.variance()).tolist() == [True, False]


def test_one_answer_by_all_has_no_variance_however_it_is_written():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"w": rng.uniform(1, 9, 5000), "h": rng.integers(0, 40, 5000)})
    frame["q"], frame["c"] = 1.0, rng.integers(0, 9, 5000)
    frame["same"] = frame["q"] * 7.3
    survey = Survey(frame, "w", "h")
    for est in (survey.share("q", by="c"), survey.mean("same", by="c")):
        assert (np.diag(est.cov()) <= 1e-30 * 7.3**2).all()
        gap = est.differences("c")
        assert (gap.se < 1e-14).all()
        assert np.isnan(gap.p_value).all()
        assert np.isnan(gap.ci_low).all()
        assert all("standard error is zero" in f for f in gap.flag)


@pytest.mark.parametrize("dense", [True, False])
def test_tables_have_an_entry_for_every_pair_that_occurs(dense, monkeypatch):
    from survey_stats.estimate import basis

    monkeypatch.setattr(basis, "fits", lambda *_: dense)
    rows, columns = np.array([2, 0, 2, 0, 1]), np.array([1, 0, 1, 2, 2])
    got = table(rows, 3, columns, 2, np.array([3.0, 1.0, -3.0, 9.0, 9.0]))
    assert got.toarray().tolist() == [[1, 0], [0, 0], [0, 0]]
    assert got.nnz == 2
    assert table(rows, 3, columns, 2).toarray().tolist() == [[1, 0], [0, 0], [0, 2]]


@pytest.mark.parametrize(
    "case", ["clustered", "two stages", "elements average True"], indirect=True
)
def test_every_size_of_table_gives_the_same(case, monkeypatch):
    from survey_stats.estimate import basis, spread

    results, _, _ = ask(case)
    weights = np.random.default_rng(2).normal(size=(len(results[1]), 3))
    want = [r.cov() for r in results] + [results[1].scores().combine(weights).variance()]
    monkeypatch.setattr(basis, "fits", lambda *_: False)
    monkeypatch.setattr(basis, "ENTRIES", 7)
    monkeypatch.setattr(basis, "_FEW", 0)
    for faster in (0.0, 1e9):
        monkeypatch.setattr(spread, "_FASTER", faster)
        monkeypatch.setattr(spread, "_DENSE", 40)
        got = [r.cov() for r in results] + [results[1].scores().combine(weights).variance()]
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-16)


def test_many_questions_of_few_columns_take_dense_blocks():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({f"q{i}": rng.random(400) < 0.1 * (i + 1) for i in range(5)})
    frame = frame.astype("boolean").mask(rng.random(frame.shape) < 0.1)
    frame["w"], frame["h"] = rng.uniform(1, 3, 400), rng.integers(0, 6, 400)
    survey = Survey(frame, "w", "h")
    names = [f"q{i}" for i in range(5)]
    together = survey.share(names).cov()
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            pair = survey.share(one).scores().covariance(survey.share(other).scores())
            assert together[i, j] == pytest.approx(pair[0, 0], rel=1e-10)


@pytest.mark.parametrize("clusters", [None, "psu"])
def test_ten_thousand_cells_need_no_matrix_of_their_contrasts(clusters):
    rng = np.random.default_rng(7)
    n, cells = 60_000, 10_000
    frame = pd.DataFrame({"q": rng.random(n) < 0.4, "cell": np.arange(n) % cells})
    frame["wave"], frame["h"] = rng.integers(0, 2, n), rng.integers(0, 20, n)
    frame["psu"], frame["w"] = rng.integers(0, 12, n), rng.uniform(1, 3, n)
    survey = Survey(frame, "w", "h", clusters)
    est = survey.share("q", by=["cell", "wave"])
    tracemalloc.start()
    gaps = est.differences("wave")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # a dense matrix of rows by contrasts is 1.6 GB
    assert peak < 150e6
    at = gaps.labels["cell"].to_numpy()
    for cell in (3, 4_711, 9_999):
        one = survey.share("q", by="wave", where=frame["cell"] == cell).differences("wave")
        row = np.flatnonzero(at == cell)
        if not len(one):
            assert row.size == 0
            continue
        assert gaps.se[row[0]] == pytest.approx(one.se[0], rel=1e-10)
        assert gaps.df[row[0]] == one.df[0]


@pytest.mark.parametrize("clusters", [None, "psu"])
def test_a_contrast_of_rows_that_nobody_is_in(clusters):
    frame = pd.DataFrame(
        {
            "q": [1, 0, 1, 0, None, None, None, None] * 3,
            "g": list("aabbccdd") * 3,
            "psu": [1, 1, 2, 2, 3, 3, 1, 4] * 3,
        }
    )
    est = Survey(frame, clusters=clusters).share("q", by="g")
    row = est.contrast({"d - c": {"d": 1, "c": -1}}).to_frame().iloc[0]
    assert row["flag"] == "an estimate is missing"
    assert np.isnan(row["se"])
    nothing = est.contrast({"nothing": np.zeros(4)})
    assert (nothing.se[0], nothing.df[0]) == (0.0, 0.0)


@pytest.mark.parametrize("strata", [None, "h"])
@pytest.mark.parametrize("level", [1e5, 1e7, 1e9])
def test_totals_of_nearly_equal_numbers_keep_their_digits(strata, level):
    rng = np.random.default_rng(3)
    n = 4000
    frame = pd.DataFrame({"y": level + rng.normal(size=n), "h": np.arange(n) % 3})
    parts = [p for _, p in frame.groupby("h")["y"]] if strata else [frame["y"]]
    expected = sum(p.size * p.var() for p in parts) ** 0.5
    est = Survey(frame, strata=strata).total("y")
    np.testing.assert_allclose(est.se, expected, rtol=1e-9)
    np.testing.assert_allclose(est.contrast({"all": [1.0]}).se, expected, rtol=1e-9)
    np.testing.assert_allclose(est.cov(), [[expected**2]], rtol=1e-9)


@pytest.mark.parametrize("strata", [None, "h"])
def test_a_mean_made_of_totals_keeps_the_digits_of_its_error(strata):
    rng = np.random.default_rng(4)
    n = 4000
    frame = pd.DataFrame({"w": rng.gamma(2, 1, n), "h": np.arange(n) % 3, "g": np.arange(n) % 2})
    frame["y"] = 1e6 + rng.normal(size=n)
    survey = Survey(frame, "w", strata)
    mean, people = survey.mean("y", by="g"), survey.total(by="g")
    both = stack([survey.total("y", by="g").scores(), people.scores()])
    weights = np.vstack([np.diag(1 / people.estimate), np.diag(-mean.estimate / people.estimate)])
    made = both.combine(weights)
    np.testing.assert_allclose(np.sqrt(made.variance()), mean.se, rtol=1e-8)
    np.testing.assert_allclose(made.covariance(), mean.cov(), rtol=1e-8, atol=1e-12)
