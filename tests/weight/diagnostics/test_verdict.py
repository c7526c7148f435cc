"""Each finding appears where it should, and nowhere else."""

import re

import numpy as np
import pandas as pd
import pytest

from survey_stats.weight import Weights, adjust_classes, calibrate, cross, post_stratify
from survey_stats.weight.diagnostics import diagnose
from survey_stats.weight.diagnostics.names import cell, levels
from survey_stats.weight.diagnostics.verdict import (
    FEW_IN_CELL,
    FEW_RESPONDENTS,
    HEAVY_OVER_MEDIAN,
    UNBALANCED,
)
from survey_stats.weight.diagnostics.words import _TEXTS, told
from survey_stats.weight.result import Step
from survey_stats.weight.trimming.trim import trim


def kinds(report, severity=None) -> list[str]:
    return [f.kind for f in report.findings if severity in (None, f.severity)]


def gendered(women=300, men=300, **columns) -> pd.DataFrame:
    frame = pd.DataFrame({"gender": ["women"] * women + ["men"] * men})
    return frame.assign(**columns)


def people(women=30_000, men=30_000) -> pd.DataFrame:
    return pd.DataFrame({"gender": ["women", "men"], "population": [women, men]})


def fitted(frame, women=30_000, men=30_000, each=50.0) -> Weights:
    start = Weights((np.full(len(frame), each)), (base(len(frame), each),))
    return post_stratify(start, frame["gender"], {"women": women, "men": men}, ["gender"])


def base(n: int, each=50.0) -> Step:
    return Step("base", ("stratum",), ("all",), np.array([n * each]), np.full(n, each))


def delivered(values, **columns):
    values = np.asarray(values, dtype=float)
    return diagnose(Weights.delivered(values), pd.DataFrame(columns, index=range(values.size)))


@pytest.mark.parametrize("seed", range(8))
def test_a_well_made_sample_has_no_warning(seed, draw, people):
    """Raked to district and, within it, gender and merged ages; samples of 11 000 drawn."""
    frame, start = draw(1000, seed)
    merge = {"16-19": "16-29", "20-29": "16-29"}
    frame["age_group"] = frame["age_group"].replace(merge)
    register = people.assign(age_group=people["age_group"].replace(merge))
    register = register.groupby(["district", "gender", "age_group"], as_index=False).sum()
    margins = [
        register.groupby(["district", name], as_index=False)["population"].sum()
        for name in ("gender", "age_group")
    ]
    weights = calibrate(start, frame, margins)
    # benchmarks that the weights were not fitted to, but that the sample is a fair draw of
    rng = np.random.default_rng(seed)
    frame["tenure"] = rng.choice(["rented", "owned"], len(frame), p=[0.45, 0.55])
    frame["height"] = rng.normal(172, 9, len(frame))
    told = [
        register,
        pd.DataFrame({"tenure": ["rented", "owned"], "population": [353_105, 431_573]}),
        pd.DataFrame({"variable": ["height"], "mean": [172.0], "sd": [9.0]}),
    ]
    report = diagnose(weights, frame, told, by="district")
    assert kinds(report, "warning") == []
    assert report.ok
    assert report.verdict().splitlines()[0] == "Vikterna är utan anmärkning."
    assert {"targets", "balance", "design effect", "no heavy weights"} <= set(kinds(report, "fine"))


def test_a_small_fair_sample_is_not_called_unbalanced():
    """With 60 respondents a difference of 0.1 standard deviations is what chance gives."""
    off = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({g: rng.choice(list("abcd"), 60) for g in ("one", "two", "three")})
        tables = [
            pd.DataFrame({g: list("abcd"), "population": [25] * 4}) for g in ("one", "two", "three")
        ]
        report = diagnose(Weights.delivered(np.ones(60)), frame, tables)
        off += "balance off" in kinds(report)
        size = report.to_frame("balance")["smd_after"].abs()
        assert ("balance by chance" in kinds(report)) == bool(
            ((size > UNBALANCED) & (size <= report.to_frame("balance")["chance"])).any()
        )
    # 5 percent for the whole table, by Bonferroni at most
    assert off <= 6


def test_a_real_imbalance_is_a_warning_with_its_groups():
    frame = gendered(600, 200)
    report = diagnose(Weights.delivered(np.full(800, 50.0)), frame, people())
    (finding,) = [f for f in report.findings if f.kind == "balance off"]
    assert finding.numbers["off"] == 2
    assert finding.numbers["badly"] == 2
    what, do = told(finding)
    assert "2 av 2 grupper" in what
    assert "(2 med mer än 0,25)" in what
    assert "kvinnor +0,50" in what
    assert "män −0,50" in what
    assert "kalibreringen" in do


def test_a_missed_target_names_the_step_that_undid_it():
    frame = gendered()
    good = fitted(frame, 40_000, 20_000)
    assert "targets" in kinds(diagnose(good, frame), "fine")
    factor = np.where(frame["gender"] == "women", 0.99, 1.02)
    undone = good.then(Step("trimmed", ("everybody",), (), np.zeros(0), factor))
    report = diagnose(undone, frame)
    (finding,) = [f for f in report.findings if f.kind == "targets missed"]
    assert finding.severity == "warning"
    what, _ = told(finding)
    assert "2 av 2 befolkningstal" in what
    assert "män +2,0\N{NO-BREAK SPACE}%" in what
    assert "kvinnor −1,0\N{NO-BREAK SPACE}%" in what
    assert "trimning" in what
    assert "trimming" in told(finding, "en")[0]


def test_trimming_that_keeps_the_margins_misses_nothing(draw, people):
    frame, start = draw(1000)
    names = ("district", "gender", "age_group")
    totals = people["population"].groupby(cross(*(people[n] for n in names))).sum().to_dict()
    weights = post_stratify(start, cross(*(frame[n] for n in names)), totals, names)
    margins = [
        people.groupby(["district", "gender"], as_index=False)["population"].sum(),
        people.groupby("age_group", as_index=False)["population"].sum(),
    ]
    trimmed = trim(calibrate(start, frame, margins), upper="3 x median")
    assert trimmed.steps[-1].details["trimmed"] > 0
    for made in (weights, trimmed):
        assert "targets missed" not in kinds(diagnose(made, frame))


def test_a_later_target_of_the_same_variable_replaces_the_earlier():
    frame = gendered()
    twice = post_stratify(
        fitted(frame), frame["gender"], {"women": 31_000, "men": 29_000}, ["gender"]
    )
    report = diagnose(twice, frame)
    assert "targets missed" not in kinds(report)
    assert report.to_frame("balance")["target"].tolist() == pytest.approx([29 / 60, 31 / 60])


def test_design_effect_over_two():
    report = delivered(np.repeat([1.0, 12.0], [900, 100]))
    assert report.to_frame("distribution")["design_effect"].iloc[-1] > 2
    assert "design effect high" in kinds(report, "warning")
    assert "design effect" not in kinds(report, "fine")
    mild = delivered(np.repeat([1.0, 3.0], [900, 100]))
    assert "design effect" in kinds(mild, "fine")


def test_a_design_effect_that_areas_of_different_size_make_is_a_note():
    values = np.repeat([1.0, 12.0], [900, 100])
    area = np.repeat(["a", "b"], [900, 100])
    frame = pd.DataFrame({"area": area})
    report = diagnose(Weights.delivered(values), frame, by="area")
    assert "design effect by design" in kinds(report, "note")
    assert "design effect high" not in kinds(report)
    # within an area it would be a warning, and the area is named
    within = np.where(np.arange(1000) % 10 == 0, 12.0, 1.0)
    report = diagnose(Weights.delivered(within), frame, by="area")
    assert "design effect high" in kinds(report, "warning")
    (finding,) = [f for f in report.findings if f.kind == "design effect in groups"]
    assert {name for name, _ in finding.numbers["cells"]} == {"a", "b"}


def test_a_few_who_carry_much():
    report = delivered(np.append(np.ones(990), np.full(10, 20.0)))
    assert "top carries" in kinds(report, "warning")
    (heavy,) = [f for f in report.findings if f.kind == "heavy weights"]
    assert heavy.severity == "warning"
    assert heavy.numbers["n"] == 10
    assert heavy.numbers["ratio"] == 20


def test_one_heavy_weight_of_thousands_is_a_note():
    report = delivered(np.append(np.ones(4999), HEAVY_OVER_MEDIAN + 1))
    assert kinds(report, "warning") == []
    assert "heavy weights" in kinds(report, "note")
    just = delivered(np.append(np.ones(4999), HEAVY_OVER_MEDIAN))
    assert "heavy weights" not in kinds(just)


def test_strong_adjustments():
    frame = gendered(980, 20)
    # the few men stand for as many as the women
    report = diagnose(fitted(frame), frame)
    (finding,) = [f for f in report.findings if f.kind == "strong adjustment"]
    assert finding.severity == "warning"
    assert finding.numbers["n"] == 20
    assert finding.numbers["share"] == pytest.approx(0.5)
    even = gendered(500, 500)
    assert "strong adjustment" not in kinds(diagnose(fitted(even), even))


def test_small_cells():
    for men, found in ((FEW_IN_CELL - 1, True), (FEW_IN_CELL, False)):
        frame = gendered(500, men)
        report = diagnose(fitted(frame, 57_000, 3_500), frame)
        assert ("small cells" in kinds(report, "warning")) == found
        assert ("cells" in kinds(report, "fine")) != found
    # where hardly anybody lives it is a note
    frame = gendered(500, 5)
    report = diagnose(fitted(frame, 59_500, 500), frame)
    assert "small cells" in kinds(report, "note")
    what = next(told(f)[0] for f in report.findings if f.kind == "small cells")
    assert what.startswith("1 grupp som")
    assert "män (5)" in what
    what = next(told(f, "en")[0] for f in report.findings if f.kind == "small cells")
    assert what.startswith("1 group that the weights were fitted to has fewer")


def test_many_at_the_bounds():
    frame = gendered(400, 200, area=["a", "b"] * 300)
    start = Weights(np.full(600, 100.0), (base(600, 100.0),))
    margins = [people(30_000, 30_000), pd.DataFrame({"area": ["a", "b"], "population": [3e4] * 2})]
    tight = calibrate(start, frame, margins, method="truncated", bounds=(0.5, 1.5))
    report = diagnose(tight, frame)
    (step,) = report.to_frame("steps").to_dict("records")
    assert (step["lower"], step["upper"], step["bounds_on"]) == (0.5, 1.5, "factor")
    assert step["at_upper"] == 200
    assert "at bounds" in kinds(report, "warning")
    wide = calibrate(start, frame, margins, method="truncated", bounds=(0.2, 4))
    assert "at bounds" not in kinds(diagnose(wide, frame))
    on_weights = calibrate(
        start, frame, margins, method="truncated", bounds=(50, 150), bounds_on="weight"
    )
    (step,) = diagnose(on_weights, frame).to_frame("steps").to_dict("records")
    assert step["bounds_on"] == "weight"
    assert step["at_upper"] == 200


def test_much_trimmed():
    values = np.append(np.ones(900), np.full(100, 8.0))
    weights = trim(Weights.delivered(values), upper=3)
    report = diagnose(weights, pd.DataFrame(index=range(1000)))
    assert "much trimmed" in kinds(report, "warning")
    few = trim(Weights.delivered(np.append(np.ones(990), np.full(10, 8.0))), upper=3)
    assert "much trimmed" not in kinds(diagnose(few, pd.DataFrame(index=range(1000))))


def test_how_the_weights_were_made():
    frame = gendered()
    alone = diagnose(Weights.delivered(np.full(600, 100.0)), frame)
    assert {"delivered", "no population"} <= set(kinds(alone, "note"))
    only = diagnose(Weights(np.full(600, 50.0), (base(600),)), frame, people(15_000, 15_000))
    assert "not weighted to the population" in kinds(only, "note")
    done = diagnose(fitted(frame), frame)
    assert not {"delivered", "no population", "not weighted to the population"} & set(kinds(done))


def test_weights_below_one():
    frame = gendered(400, 50)
    report = diagnose(fitted(frame, 300, 3_000), frame)
    (finding,) = [f for f in report.findings if f.kind == "below one"]
    assert finding.numbers["n"] == 400
    # weights of mean 1 are no counts of people
    assert "below one" not in kinds(delivered(np.linspace(0.5, 1.5, 100)))


def test_sums_that_tell_another_population():
    frame = gendered()
    report = diagnose(fitted(frame), frame, people(40_000, 40_000))
    (finding,) = [f for f in report.findings if f.kind == "other total"]
    assert finding.severity == "warning"
    assert "60\N{NO-BREAK SPACE}000" in told(finding)[0]
    assert told(finding)[0].endswith("befolkningstalen till 80\N{NO-BREAK SPACE}000.")
    named = diagnose(fitted(frame), frame, {"SCB 2024": people(40_000, 40_000)})
    (finding,) = [f for f in named.findings if f.kind == "other total"]
    assert told(finding)[0].endswith("(SCB 2024).")
    # weights of mean 1, as delivered, are only said to be
    ones = diagnose(Weights.delivered(np.ones(600)), frame, people())
    assert "other total" in kinds(ones, "note")
    assert "other total" not in kinds(diagnose(fitted(frame), frame, people(30_100, 30_100)))


def test_missing_values_and_groups_of_which_the_benchmarks_say_nothing():
    frame = gendered()
    frame.loc[:9, "gender"] = None
    frame.loc[300:309, "gender"] = "other"
    report = diagnose(Weights.delivered(np.full(600, 100.0)), frame, people())
    assert {"missing values", "unknown cells"} <= set(kinds(report, "warning"))
    few = gendered()
    few.loc[0, "gender"], few.loc[300, "gender"] = None, "other"
    report = diagnose(Weights.delivered(np.full(600, 100.0)), few, people())
    assert {"missing values", "unknown cells"} <= set(kinds(report, "note"))
    assert "1 svarande saknar uppgift om kön" in report.verdict()
    assert "1 respondent is in groups" in report.verdict("en")


def test_groups_in_which_nobody_answered():
    table = pd.concat([people(), pd.DataFrame({"gender": ["other"], "population": [5_000]})])
    weights = Weights.delivered(np.full(600, 100.0))
    report = diagnose(weights, gendered(), table)
    (finding,) = [f for f in report.findings if f.kind == "nobody answered"]
    assert finding.severity == "warning"
    assert finding.numbers["share"] == pytest.approx(5 / 65)
    table.loc[table["gender"] == "other", "population"] = 100
    assert "nobody answered" in kinds(diagnose(weights, gendered(), table), "note")


def test_benchmarks_that_disagree():
    frame = gendered()
    report = diagnose(fitted(frame), frame, people(33_000, 27_000))
    (finding,) = [f for f in report.findings if f.kind == "benchmarks disagree"]
    assert finding.numbers["points"] == pytest.approx(0.05)
    assert "upp till 5,0 procentenheter" in told(finding)[0]
    assert "benchmarks disagree" not in kinds(diagnose(fitted(frame), frame, people()))


def test_before_is_told_only_where_there_was_a_step():
    frame = gendered(320, 280)
    changed = diagnose(fitted(frame), frame)
    assert "standardavvikelser (före: 0)." in changed.verdict()
    same = diagnose(Weights.delivered(np.full(600, 100.0)), gendered(), people())
    assert "före:" not in same.verdict()
    assert "0,1 standardavvikelser." in same.verdict()


def test_imbalance_within_groups_is_told_apart():
    frame = gendered(500, 500)
    # half of each, but all women in one area
    frame["area"] = np.where(np.arange(1000) % 500 < 400, frame["gender"], "mixed")
    table = frame.groupby(["area", "gender"], as_index=False).size()
    full = pd.MultiIndex.from_product(
        [table["area"].unique(), ["women", "men"]], names=["area", "gender"]
    ).to_frame(index=False)
    full["population"] = 10_000
    weights = Weights.delivered(np.full(1000, 60.0))
    report = diagnose(weights, frame, full, by="area")
    assert "balance within groups off" in kinds(report, "warning")
    rows = report.to_frame("balance")
    gender = rows[(rows["variable"] == "gender") & (rows["group"] == "")]
    assert gender["smd_after"].abs().max() < 1e-12
    assert "gender" not in set(rows[(rows["group"] == "")].query("smd_after > 0.1")["variable"])


def test_few_respondents():
    for n, found in ((FEW_RESPONDENTS - 1, True), (FEW_RESPONDENTS, False)):
        assert ("few respondents" in kinds(delivered(np.ones(n)), "warning")) == found


def test_equal_weights_are_fine():
    report = delivered(np.full(200, 3.0))
    assert report.ok
    assert {"design effect", "no heavy weights"} == set(kinds(report, "fine"))


def test_warnings_come_first_and_the_headline_counts_them():
    report = delivered(np.append(np.ones(990), np.full(10, 200.0)))
    order = [f.severity for f in report.findings]
    assert order == sorted(order, key=["warning", "note", "fine"].index)
    count = order.count("warning")
    assert count == 3
    assert report.verdict().startswith("3 saker i viktningen bör åtgärdas")
    assert report.verdict("en").startswith("3 things in the weighting should be mended")
    assert repr(report).startswith("<WeightingReport: 3 saker")
    frame = report.to_frame("verdict")
    assert frame["severity"].tolist() == order
    assert frame.loc[0, "what"] in report.verdict()


def test_every_finding_has_words_in_both_languages():
    for kind, texts in _TEXTS.items():
        assert texts[0], kind
        assert texts[2], kind
        assert bool(texts[1]) == bool(texts[3]), kind
        fields = [set(re.findall(r"\{(\w+)\}", t)) for t in texts]
        # Swedish says more about itself, English needs its verbs
        verbs = {"have", "are", "were", "differ", "groups", "totals", "n_respondents", "n"}
        assert fields[0] - verbs == fields[2] - verbs, kind
        assert fields[1] == fields[3], kind


def test_cells_are_named_for_readers():
    assert cell("age_group", "16-19", "") == "16–19 år"
    assert cell("disability", "yes", "Farsta", "en") == "disability: yes in Farsta"
    assert cell("children", "2", "") == "children: 2"
    assert cell("gender", "women", "16-29", within="age_group") == "kvinnor i 16–29 år"
    assert cell("district x gender", "Farsta | women", "") == "Farsta, kvinnor"


def test_all_ages_of_a_variable_are_told_in_one_way():
    ages = ("16-29", "30-44", "45–64", "65+")
    told_as = ["16–29 år", "30–44 år", "45–64 år", "65 år och äldre"]
    assert [levels(a, "age_group") for a in ages] == told_as
    assert [levels(a, "own_age") for a in ages] == told_as
    assert [levels(a, "age_group", "en") for a in ages][2:] == ["45–64 years", "65 years and older"]
    # where it is no age, none is told as one
    assert [levels(a, "hours") for a in ages] == list(ages)
    assert levels("16-29 | women", "age_group x gender") == "16–29 år, kvinnor"


def sums(report):
    return [f for f in report.findings if f.kind in ("sum changed", "sum scaled")]


def test_a_step_that_changes_the_sum():
    frame = gendered()
    start = Weights(np.full(600, 100.0), (base(600, 100.0),))
    for women, severity in (
        (30_500, None),
        (31_500, "note"),
        (38_000, "warning"),
        (0.5, "warning"),
    ):
        men = 0.5 if women < 1 else 30_000
        totals = {"women": women, "men": men}
        report = diagnose(post_stratify(start, frame["gender"], totals, ["gender"]), frame)
        assert [f.severity for f in sums(report)] == ([severity] if severity else [])
    fit = post_stratify(start, frame["gender"], {"women": 40_000, "men": 33_200}, ["gender"])
    report = diagnose(fit, frame)
    (finding,) = sums(report)
    assert (finding.numbers["start"], finding.numbers["end"]) == (60_000, pytest.approx(73_200))
    nbsp = "\N{NO-BREAK SPACE}"
    what, do = told(finding)
    text = f"Steg 2 ändrade vikternas summa från 60{nbsp}000 till 73{nbsp}200 (+22{nbsp}%)."
    assert what == text
    assert "levererade" not in do
    assert told(finding, "en")[0].endswith("from 60,000 to 73,200 (+22%).")
    shares = post_stratify(start, frame["gender"], {"women": 0.5, "men": 0.5}, ["gender"])
    (finding,) = sums(diagnose(shares, frame))
    assert f"från 60{nbsp}000 till 1 (−100{nbsp}%)" in told(finding)[0]
    own = post_stratify(
        Weights.delivered(np.full(600, 100.0)), frame["gender"], {"women": 4e4, "men": 4e4}, ["g"]
    )
    (finding,) = sums(diagnose(own, frame))
    assert finding.severity == "warning"
    assert "levererade" in told(finding)[1]


def test_the_sum_of_all_drawn_is_what_a_step_should_keep():
    # base weights of 600 respondents of the 900 drawn who stand for 90 000
    frame = gendered()
    step = Step("base", ("stratum",), ("all",), np.array([90_000.0]), np.full(600, 100.0))
    start = Weights(np.full(600, 100.0), (step,))
    fit = post_stratify(start, frame["gender"], {"women": 45_000, "men": 45_000}, ["gender"])
    assert sums(diagnose(fit, frame)) == []
    # the same with those who did not answer as rows, and as numbers
    whole = gendered(450, 450, answered=np.arange(900) % 3 > 0)
    drawn = Weights(np.full(900, 100.0), (base(900, 100.0),))
    adjusted = adjust_classes(drawn, whole, "answered", "gender")
    assert sums(diagnose(adjusted, whole)) == []
    given = adjust_classes(
        Weights.delivered(np.full(600, 100.0)), frame, None, "gender",
        drawn={"women": 450, "men": 450},
    )  # fmt: skip
    assert given.total == pytest.approx(90_000)
    assert sums(diagnose(given, frame)) == []
    fit = calibrate(adjusted, whole, {"gender": {"women": 60_000, "men": 60_000}})
    (finding,) = sums(diagnose(fit, whole))
    assert (finding.numbers["step"], finding.severity) == (3, "warning")
    assert finding.numbers["change"] == pytest.approx(1 / 3)


def test_weights_about_one_are_scaled_to_people():
    frame = gendered()
    fit = post_stratify(
        Weights.delivered(np.ones(600)), frame["gender"], {"women": 3e4, "men": 3e4}, ["gender"]
    )
    (finding,) = sums(diagnose(fit, frame))
    assert (finding.kind, finding.severity) == ("sum scaled", "note")
    assert told(finding)[0].startswith("Steg 2 räknade upp vikternas summa från 600")


def test_samples_that_were_joined_are_noted_only():
    one, two = gendered(), gendered()
    start = Weights(np.full(600, 100.0), (base(600, 100.0),))
    fit = post_stratify(start, one["gender"], {"women": 45_000, "men": 45_000}, ["gender"])
    both = Weights.joined([fit, start])
    report = diagnose(both, pd.concat([one, two], ignore_index=True))
    assert [f.severity for f in sums(report)] == ["note"]


def test_groups_of_a_calibration_are_named_without_by(people, draw):
    frame, start = draw(300)
    margin = people.groupby(["district", "gender"], as_index=False)["population"].sum()
    report = diagnose(calibrate(start, frame, margin, by="district"), frame)
    (finding,) = [f for f in report.findings if f.kind.startswith("balance within groups")]
    assert told(finding)[0].startswith(
        "Uppdelat på stadsdelsområde skiljer sig ingen av 22 grupper"
    )
    assert "Uppdelat på  " not in report.verdict()


def test_one_and_two_have_grammar():
    one, two = (
        diagnose(fitted(gendered(), each=100.0), gendered()),
        diagnose(
            post_stratify(
                Weights(np.full(600, 100.0), (base(600, 100.0),)),
                ["all"] * 600,
                {"all": 6e4},
                ["g"],
            ),
            gendered(),
        ),
    )
    verdict, english = one.verdict(), one.verdict("en")
    assert "Båda grupperna som vikterna anpassats till har minst 300" in verdict
    assert "träffar båda befolkningstalen som de anpassats till" in verdict
    assert "skiljer sig ingen av de båda grupperna" in verdict
    assert "Both groups that the weights were fitted to have at least 300" in english
    assert "neither group differs" in english
    assert "Den enda grupp som vikterna anpassats till har minst 600" in two.verdict()
    assert "meet the one population total they" in two.verdict("en")
    assert "The one group that the weights were fitted to has at least" in two.verdict("en")


def test_a_trimming_that_cut_nobody_undid_nothing():
    frame = gendered()
    factor = np.where(frame["gender"] == "women", 0.99, 1.02)
    moved = fitted(frame).then(Step("propensity", ("everybody",), (), np.zeros(0), factor))
    idle = Step("trimmed", ("everybody",), (), np.zeros(0), np.ones(600), {"trimmed": 0})
    weights = moved.then(idle)
    (finding,) = [f for f in diagnose(weights, frame).findings if f.kind == "targets missed"]
    assert finding.numbers["undone_by"] == "propensity"
