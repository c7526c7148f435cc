"""Every number of results/*.csv, made by R survey 4.1-1, against ours; one test a block."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss

RELATIVE = 1e-9

# numbers that the tests of this module compare, by file of results
COMPARED = {
    "calibrated": 5420,
    "covariance": 252,
    "estimates": 6212,
    "intervals": 528,
    "lonely": 2211,
    "practice": 32,
    "quantiles": 1344,
    "replicates": 980,
    "tests": 441,
}

SurveyOf = Callable[[str], ss.Survey]
RowsOf = Callable[[pd.DataFrame, list[str]], dict[tuple[str, str], int]]


def ask(survey: ss.Survey, block: pd.DataFrame, **options: Any) -> ss.Estimates:
    """Put the question of a block to the survey."""
    first = block.iloc[0]
    options |= {
        "by": first["columns"].split("+") if first["columns"] else None,
        "where": first["where"] or None,
    }
    if first["estimator"] == "ratio":
        return survey.ratio(*first["question"].split("/"), **options)
    method = getattr(survey, first["estimator"])
    return method(first["question"], **options)


def same(ours: float, theirs: float) -> bool:
    if math.isnan(theirs):
        return math.isnan(ours)
    return math.isclose(ours, theirs, rel_tol=RELATIVE, abs_tol=0.0 if theirs else 1e-12)


def compare(ours: list[float], block: pd.DataFrame) -> None:
    assert len(ours) == len(block)
    wrong = [
        f"{row.by} {row.level} {row.statistic}: ours {value!r}, R {row.value!r}"
        for value, row in zip(ours, block.itertuples(), strict=True)
        if not same(value, row.value)
    ]
    assert not wrong, f"{len(wrong)} of {len(block)} differ:\n" + "\n".join(wrong[:20])


FIELDS = {
    "estimate": "estimate",
    "se": "se",
    "n": "n",
    "df_domain": "df",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "deff_with": "deff",
    "deff_without": "deff_without",
    "n_effective": "n_effective",
}


def check_estimates(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    survey = survey_of(block["design"].iloc[0])
    names = [c for c in block["columns"].iloc[0].split("+") if c]
    own = ask(survey, block, df="domain")
    whole = ask(survey, block, df="design")
    where = rows_of(own.to_frame(), names)
    ours = []
    for row in block.itertuples():
        i = where[row.by, row.level]
        if row.statistic == "df_design":
            ours.append(float(whole.df[i]))
        elif row.statistic == "n_effective":
            # ours is n / deff, whose simple random sample has the variance p (1 - p) / (n - 1);
            # Korn and Graubard's, which R uses, has p (1 - p) / n
            ours.append(float(own.n_effective[i] * (own.n[i] - 1) / own.n[i]))
        else:
            ours.append(float(getattr(own, FIELDS[row.statistic])[i]))
    compare(ours, block)


def test_estimates(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    check_estimates(block, survey_of, rows_of)


def test_calibrated(block: pd.DataFrame, calibrated_survey_of: SurveyOf, rows_of: RowsOf) -> None:
    if block["design"].iloc[0].partition("|")[0] in ("pairs_brr", "pairs_fay", "clusters_jkn"):
        check_replicates(block, calibrated_survey_of, rows_of)
        return
    joint = block["statistic"].str.contains("|", regex=False)
    check_estimates(block[~joint], calibrated_survey_of, rows_of)
    if joint.any():
        check_covariance(block[joint], calibrated_survey_of, rows_of)


def test_lonely(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    check_estimates(block, survey_of, rows_of)


def test_covariance(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    check_covariance(block, survey_of, rows_of)


def check_covariance(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    covariances = block[block["statistic"].str.startswith("cov|")]
    survey = survey_of(block["design"].iloc[0])
    names = [c for c in block["columns"].iloc[0].split("+") if c]
    estimates = ask(survey, block)
    where = rows_of(estimates.to_frame(), names)
    cov = estimates.cov()
    check_functions(block.drop(covariances.index), estimates, where)
    ours = []
    for row in covariances.itertuples():
        other = row.statistic.removeprefix("cov|")
        # between levels of a question, or between cells
        key = (row.by, other) if row.level else (other, "")
        ours.append(float(cov[where[row.by, row.level], where[key]]))
    compare(ours, covariances)


INTERVALS = {
    "xlogit": "logit",
    "mean": "wald",
    "beta": "korn-graubard",
    "likelihood_exact": "likelihood",
}


def test_intervals(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    """R's "logit" and "likelihood" are iterative fits and agree less closely than the formulas.

    "asin" is not offered: it is no better than the others and unused in official statistics.
    """
    survey = survey_of(block["design"].iloc[0])
    names = [c for c in block["columns"].iloc[0].split("+") if c]
    parts = block["statistic"].str.split("|", expand=True)
    known = parts[1].isin(INTERVALS)
    assert known.sum() >= 8
    asked: dict[tuple[str, str, str], ss.Estimates] = {}
    ours = []
    for row, (_, method, df, level, side) in zip(
        block[known].itertuples(), parts[known].itertuples(index=False), strict=True
    ):
        key = (method, df, level)
        if key not in asked:
            asked[key] = ask(survey, block, interval=INTERVALS[method], df=df, level=float(level))
        where = rows_of(asked[key].to_frame(), names)
        cell = where[row.by, "Yes" if row.question == "sch.wide" else ""]
        ours.append(float(getattr(asked[key], f"ci_{side}")[cell]))
    compare(ours, block[known])
    fits = {"logit": ("xlogit", 1e-6), "likelihood": ("likelihood_exact", 1e-3)}
    for method, (exact, tolerance) in fits.items():
        mine = block[parts[1] == exact].assign(
            key=lambda f: f["statistic"].str.replace(exact, method)
        )
        theirs = block[parts[1] == method]
        both = theirs.merge(mine, left_on=["by", "statistic"], right_on=["by", "key"])
        assert len(both) == len(theirs)
        np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=tolerance)


FUNCTIONS: dict[str, Callable[[Any, int, int], Any]] = {
    "difference": lambda e, i, j: e[j] - e[i],
    "odds_ratio": lambda e, i, j: e[i] / (1 - e[i]) / (e[j] / (1 - e[j])),
    "log_ratio": lambda e, i, j: np.log(e[j] / e[i]),
}


def check_functions(block: pd.DataFrame, estimates: ss.Estimates, where: dict[Any, int]) -> None:
    """Differences, odds ratios and log ratios of two cells: `svycontrast` by the delta method."""
    ours = []
    for row in block.itertuples():
        what, field, other = row.statistic.split("|")
        i, j = where[row.by, ""], where[other, ""]
        found = estimates.function({what: lambda e, w=what, i=i, j=j: FUNCTIONS[w](e, i, j)})
        if what == "difference":
            weights = np.zeros(len(estimates))
            weights[[i, j]] = -1.0, 1.0
            linear = estimates.contrast({what: weights})
            assert linear.se[0] == pytest.approx(found.se[0], rel=1e-9)
        ours.append(float(getattr(found, field)[0]))
    compare(ours, block)


# shahvaish is a rule of one paper; hf1 to hf3 are the discontinuous rules "math" and "school" again
QUANTILE_RULES = ("math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9")
QUANTILE_FIELDS = {"estimate": "estimate", "se": "se", "low": "ci_low", "high": "ci_high"}


def test_quantiles(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    survey = survey_of(block["design"].iloc[0])
    names = [c for c in block["columns"].iloc[0].split("+") if c]
    parts = block["statistic"].str.split("|", expand=True)
    known = parts[1].isin(QUANTILE_RULES)
    assert known.sum() >= 32
    asked: dict[tuple[str, str, str], ss.Estimates] = {}
    ours = []
    for row, (p, rule, df, field) in zip(
        block[known].itertuples(), parts[known].itertuples(index=False), strict=True
    ):
        if (p, rule, df) not in asked:
            asked[p, rule, df] = ask(survey, block, probs=float(p), rule=rule, df=df)
        found = asked[p, rule, df]
        cell = rows_of(found.to_frame(), names)[row.by, ""]
        ours.append(float(getattr(found, QUANTILE_FIELDS[field])[cell]))
    compare(ours, block[known])
    if len(set(parts[1])) > 10:
        # the discontinuous rules that we do not offer by name are ones that we do
        table = block.assign(rule=parts[1], rest=parts[0] + parts[2] + parts[3])
        wide = table.pivot_table(index=["by", "rest"], columns="rule", values="value")
        pd.testing.assert_series_equal(wide["hf1"], wide["math"], check_names=False)
        pd.testing.assert_series_equal(wide["hf2"], wide["school"], check_names=False)


def test_replicates(block: pd.DataFrame, replicate_survey_of: SurveyOf, rows_of: RowsOf) -> None:
    check_replicates(block, replicate_survey_of, rows_of)


def check_replicates(block: pd.DataFrame, survey_of: SurveyOf, rows_of: RowsOf) -> None:
    survey = survey_of(block["design"].iloc[0])
    if block["estimator"].iloc[0] == "design":
        assert survey.design.replicates is not None
        own = {"df_design": survey.design.df, "scale": survey.design.replicates.scale}
        compare([own[s] for s in block["statistic"]], block)
        return
    names = [c for c in block["columns"].iloc[0].split("+") if c]
    estimates = ask(survey, block)
    where = rows_of(estimates.to_frame(), names)
    ours = []
    for row in block.itertuples():
        i = where[row.by, row.level]
        if row.statistic.startswith("cov|"):
            ours.append(float(estimates.cov()[i, where[row.statistic.removeprefix("cov|"), ""]]))
        else:
            ours.append(float(getattr(estimates, row.statistic)[i]))
    compare(ours, block)


TABLE_TESTS = {"F": "F", "Chisq": "chisq", "Wald": "wald", "adjWald": "adjusted-wald"}
RANK_TESTS = {"wilcoxon": "wilcoxon", "vanderWaerden": "vanderwaerden", "median": "median"}


def test_tests(block: pd.DataFrame, survey_of: SurveyOf) -> None:
    """`svychisq`, `svyttest` and `svyranktest` of the respondents who answered both questions.

    Not offered: the asymptotically exact distribution of X^2 ("lincom"), whose p-value R finds by
    numerical integration and which "F" approximates closely.
    """
    first = block.iloc[0]
    survey = survey_of(first["design"])
    parts = block["statistic"].str.split("|", expand=True)
    known = parts[0] != "lincom"
    done: dict[str, Any] = {}
    ours = []
    for test, part in parts[known].itertuples(index=False):
        if first["estimator"] == "table_test":
            if test not in done:
                done[test] = survey.independence(
                    *first["question"].split("*"), statistic=TABLE_TESTS[test]
                )
            if test == "Chisq" and part == "statistic":
                # R prints X^2 before the correction that its p-value has
                part = "pearson"
        elif test not in done:
            question, group = first["question"].split("~")
            done[test] = (
                survey.t_test(question, group)
                if test == "t"
                else survey.rank_test(question, group, score=RANK_TESTS[test])
            )
        names = {"df1": "df", "df2": "df_denominator", "low": "ci_low", "high": "ci_high"}
        ours.append(float(getattr(done[test], names.get(part, part))))
    compare(ours, block[known])
    if first["estimator"] == "table_test":
        values = block.set_index("statistic")["value"]
        # the approximation is near the exact distribution
        assert values["F|p_value"] == pytest.approx(values["lincom|p_value"], abs=0.02)


def test_how_many_numbers_are_compared() -> None:
    """What the tests above leave out by name is little beside what they compare."""
    folder = Path(__file__).parent / "results"
    frames = {p.stem: pd.read_csv(p) for p in folder.glob("*.csv")}
    left_out = {
        "intervals": r"\|(?:asin|logit|likelihood)\|",
        "quantiles": r"\|(?:shahvaish|hf[123])\||^(?:n|df_domain|df_design)$",
        "tests": r"^lincom",
    }
    compared = {
        name: int((~f["statistic"].str.contains(left_out.get(name, "^$"))).sum())
        for name, f in frames.items()
    }
    assert compared == COMPARED
    assert sum(compared.values()) > 10_000
