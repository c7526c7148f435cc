"""How much the largest respondents weigh, and rules that ask for it, outside of documents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats import protect
from survey_stats.errors import InputError
from survey_stats.report import charts, tabulate

RULE = protect.Rule("weights", dominance=protect.Dominance(1, 0.3))


@pytest.fixture(scope="module")
def city() -> ss.Survey:
    rng = np.random.default_rng(3)
    n = 600
    frame = pd.DataFrame(
        {
            "district": rng.choice(["Farsta", "Bromma", None], n, p=[0.45, 0.45, 0.1]),
            "gender": rng.choice(["women", "men"], n),
            "weight": rng.uniform(0.5, 2, n),
            "unsafe_evening": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "worry": rng.choice(["never", "often", None], n),
        }
    )
    heavy = frame.index[(frame["district"] == "Farsta") & (frame["gender"] == "men")][0]
    frame.loc[heavy, ["weight", "worry"]] = [400.0, "often"]
    return ss.Survey(frame, weights="weight")


def test_it_is_the_largest_weights_over_their_sum(city: ss.Survey) -> None:
    made = city.share(["unsafe_evening", "worry"], by=["district", "gender"], where="weight > 0.6")
    found = protect.heaviest(city, made, "weight > 0.6", largest=3)
    assert found.shape == (len(made), 3)
    for i, key in enumerate(made.keys.to_dict("records")):
        frame = city.frame
        own = frame[
            (frame["district"] == key["district"])
            & (frame["gender"] == key["gender"])
            & (frame["weight"] > 0.6)
            & frame[key["question"]].notna()
        ]["weight"].sort_values(ascending=False)
        np.testing.assert_allclose(found[i], own.head(3) / own.sum())


def test_estimates_of_others_are_refused(city: ss.Survey) -> None:
    with pytest.raises(InputError, match="with which the estimates were made"):
        protect.heaviest(city, city.share("unsafe_evening", where="gender == 'men'"))


def test_a_table_and_a_figure_of_a_result_go_by_a_rule_of_dominance(city: ss.Survey) -> None:
    made = city.share("unsafe_evening", by=["district", "gender"])
    weights = protect.heaviest(city, made)
    shown = protect.apply(made.to_frame(), RULE, weights=weights)
    told = dict(
        zip(zip(shown["district"], shown["gender"], strict=True), shown["flag"], strict=True)
    )
    assert told["Farsta", "men"] == protect.DOMINATED
    assert shown["estimate"].isna().sum() > 1, "another one is hidden for its sake"
    table = tabulate(made, "t", rule=RULE, weights=weights)
    assert table.rows["share"].isna().tolist() == shown["estimate"].isna().tolist()
    one = city.share("unsafe_evening", by="district")
    frame = protect.apply(one.to_frame(), RULE, weights=protect.heaviest(city, one))
    chart = charts.distribution_chart(
        protect.apply(
            (answers := city.share("worry", by="district")).to_frame(),
            RULE,
            weights=protect.heaviest(city, answers),
        ),
        "d",
        rule=RULE,
    )
    assert chart.data is not None
    own = chart.data[chart.data["district"] == "Farsta"]
    assert own["share"].isna().all()
    assert frame["estimate"].isna().tolist() == [True, True], "two districts: the other tells it"


def test_without_weights_it_is_said_what_to_give(city: ss.Survey) -> None:
    made = city.share("unsafe_evening", by="district")
    for make in (
        lambda: tabulate(made, "t", rule=RULE),
        lambda: charts.group_chart(made, "g", rule=RULE),
        lambda: protect.apply(made.to_frame(), RULE),
    ):
        with pytest.raises(InputError, match=r"protect\.heaviest"):
            make()
