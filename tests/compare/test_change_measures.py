"""Ratios and odds ratios of changes: against R survey, and where there is none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import survey_stats as ss
from survey_stats.compare import Changes
from survey_stats.compare.relative import relate
from survey_stats.errors import InputError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CLOSE = 1e-8
R = (
    pd.read_csv(HERE / "change_measures.csv", skipinitialspace=True)
    .set_index(["what", "group", "statistic"])
    .value
)
DESIGN = {"weights": "weight", "strata": "stratum", "clusters": "psu"}
AREAS = ["A", "B", "C"]


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    return pd.read_csv(HERE / "waves.csv").astype({"unsafe": "boolean"})


def sides(waves: pd.DataFrame) -> list[ss.Survey]:
    return [ss.Survey(waves[waves.wave == w], **DESIGN) for w in (2020, 2023)]


def check(out: Changes, row: int, told: pd.Series, df: float) -> None:
    for found in (out.ratio(), out.odds_ratio()):
        log, se = told[found.measure], told[f"{found.measure}_se"]
        assert np.log(found.value[row]) == pytest.approx(log, rel=CLOSE)
        assert found.se_log[row] == pytest.approx(se, rel=CLOSE)
        reach = stats.t.ppf(0.975, df) * se
        assert found.ci_low[row] == pytest.approx(np.exp(log - reach), rel=CLOSE)
        assert found.ci_high[row] == pytest.approx(np.exp(log + reach), rel=CLOSE)
        assert found.flag[row] == ""


@pytest.mark.parametrize(("row", "area"), list(enumerate(AREAS)))
@pytest.mark.parametrize(
    ("shared", "told"), [("psu", "shared PSUs"), ("psu", "svyglm"), (None, "independent")]
)
def test_ratios_agree_with_svycontrast_and_svyglm(waves, row, area, shared, told):
    out = ss.change(*sides(waves), "unsafe", by="area", shared=shared)
    check(out, row, R[told, area], out.df[row])


def test_women_against_men_and_a_panel_agree_with_r(waves):
    survey = ss.Survey(waves, **DESIGN)
    groups = {"before_where": "gender == 'men'", "after_where": "gender == 'women'"}
    out = ss.change(survey, survey, "unsafe", where="wave == 2023", df="domain", **groups)
    check(out, 0, R["women against men", "all"], R["women against men", "all", "df"])
    frame = pd.read_csv(HERE / "panel.csv").astype({"unsafe": "boolean"})
    panel = [ss.Survey(frame[frame.wave == w], "weight", "stratum") for w in (2020, 2023)]
    out = ss.change(*panel, "unsafe", shared="respondent", respondent="id", df="domain")
    check(out, 0, R["panel", "all"], R["panel", "all", "df"])


def test_columns_come_on_request_behind_the_others(waves):
    out = ss.change(*sides(waves), "unsafe", by="area")
    plain = out.to_frame()
    more = out.to_frame("ratio")
    assert list(more.columns) == [
        *plain.columns,
        "ratio",
        "ratio_low",
        "ratio_high",
        "ratio_flag",
    ]
    assert more[plain.columns].equals(plain)
    both = out.to_frame(["odds_ratio", "ratio"], simultaneous=True)
    assert both.columns[-1] == "ratio_flag"
    with pytest.raises(UnknownNameError, match="odds_ratio"):
        out.to_frame("odds_rato")


def test_ratios_of_replicates_are_those_of_their_deviations(waves):
    survey = ss.Survey(waves, **DESIGN).with_replicates("jkn")
    domains = {"before_where": "wave == 2020", "after_where": "wave == 2023"}
    out = ss.change(survey, survey, "unsafe", by="area", **domains)
    both = survey.share("unsafe", by=["area", "wave"])
    slopes = np.zeros((6, 3))
    for k in range(3):
        slopes[2 * k : 2 * k + 2, k] = [-1 / out.before[k], 1 / out.after[k]]
    expected = np.sqrt(np.diag(slopes.T @ both.cov() @ slopes))
    assert np.allclose(out.ratio().se_log, expected, rtol=1e-10)


def test_means_have_ratios_above_zero_and_no_odds():
    rng = np.random.default_rng(5)
    frames = [pd.DataFrame({"x": rng.normal(m, 1, 200)}) for m in (4, 5)]
    out = ss.change(*map(ss.Survey, frames), "x", statistic="mean")
    a, b = (f.x.mean() for f in frames)
    var = sum(f.x.var() / len(f) / f.x.mean() ** 2 for f in frames)
    assert out.ratio().value[0] == pytest.approx(b / a)
    assert out.ratio().se_log[0] == pytest.approx(np.sqrt(var), rel=1e-9)
    with pytest.raises(InputError, match="no odds"):
        out.odds_ratio()
    low = ss.change(ss.Survey(frames[0] - 9), ss.Survey(frames[1]), "x", statistic="mean").ratio()
    assert low.flag == ("before is not above zero",)
    assert np.isnan([low.value[0], low.ci_low[0], low.ci_high[0]]).all()


def test_no_interval_is_infinite_or_without_width():
    ones = np.ones(4)
    out = relate(
        "ratio",
        0.5 * ones,
        0.2 * ones,
        np.array([1e-3, 30.0, 30.0, 30.0]),
        ("", "", "", "base under 5 after"),
        0.95,
        lambda rows, low, high: np.array([0.1, 0.0, 0.1])[: rows.size],
    )
    assert out.flag == (
        "no interval: too few degrees of freedom",
        "standard error 0: the two sides are the same answers",
        "",
        "base under 5 after",
    )
    assert np.isnan(out.ci_low).tolist() == [True, True, False, True]
    assert np.isnan(out.ci_high).tolist() == [True, True, False, True]
    assert np.isnan(out.value).tolist() == [False, False, False, True]


@pytest.mark.parametrize("measure", ["ratio", "odds_ratio"])
def test_intervals_cover_the_truth_as_often_as_they_say(measure):
    rng = np.random.default_rng(8)
    cells, n = 3000, 120
    p, q = 0.3, 0.45
    truth = q / p if measure == "ratio" else q / (1 - q) / (p / (1 - p))
    cell = np.repeat(np.arange(cells), n)
    old, new = (
        ss.Survey(pd.DataFrame({"cell": cell, "q": rng.random(cell.size) < share}))
        for share in (p, q)
    )
    out = getattr(ss.change(old, new, "q", by="cell"), measure)()
    covered = ((out.ci_low <= truth) & (truth <= out.ci_high)).mean()
    assert 0.938 < covered < 0.965
