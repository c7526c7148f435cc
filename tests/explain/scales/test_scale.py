"""The index: what counts, what is missing, what is refused, and that the survey stays a survey."""

import pickle

import numpy as np
import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import InputError, UnknownNameError
from survey_stats.explain.scales import scale
from survey_stats.explain.scales.unlike import no_answer_codes
from survey_stats.explain.scales.words import verdict

WORDS = ["never", "rarely", "often", "always"]


def made(n: int = 240, seed: int = 5) -> pd.DataFrame:
    """Three items of four steps that hang together, one of them pointing the other way."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            name: np.clip(np.round(2.5 + sign * common + rng.normal(0, 0.8, n)), 1, 4).astype(int)
            for name, sign in (("a", 1), ("b", 1), ("c", -1))
        }
    )
    frame["psu"] = np.arange(n) // 8
    frame["stratum"] = frame.psu // 6
    frame["w"] = rng.uniform(1, 3, n)
    frame["gender"] = rng.choice(["women", "men"], n)
    return frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made()


@pytest.fixture(scope="module")
def survey(frame) -> ss.Survey:
    return ss.Survey(frame, "w", "stratum", "psu", name="city", wave=2023)


@pytest.fixture(scope="module")
def worry(survey):
    return scale(survey, ["a", "b", "c"], name="worry", reverse="c")


def test_the_index_is_the_mean_of_items_as_scored(frame, worry):
    expected = (frame.a + frame.b + (5 - frame.c)) / 3
    np.testing.assert_allclose(worry.survey.frame["worry"], expected)
    total = scale(worry.origin, ["a", "b", "c"], name="s", reverse="c", rule="sum")
    np.testing.assert_allclose(total.survey.frame["s"], 3 * expected)
    assert (worry.range, total.range) == ((1, 4), (3, 12))


def test_the_survey_keeps_design_weights_name_and_frame(survey, worry):
    found = worry.survey
    assert found.design is survey.design
    assert (found.name, found.wave) == ("city", 2023)
    assert "worry" not in survey.frame
    direct = ss.Survey(survey.frame.assign(worry=found.frame["worry"]), "w", "stratum", "psu")
    expected = direct.mean("worry", by="gender").to_frame()
    pd.testing.assert_frame_equal(worry.means("gender").to_frame(), expected)
    both = worry.means().scores().covariance(survey.mean("a").scores())
    assert np.isfinite(both).all()


def test_marks_of_synthetic_data_stay(frame):
    frame = frame.copy()
    frame.attrs["synthetic"] = True
    made = scale(ss.Survey(frame), ["a", "b"], name="i")
    assert made.survey.synthetic
    assert made.means().metadata.synthetic
    assert made.to_frame().attrs["synthetic"]


def test_replicates_stay(survey):
    twin = survey.with_replicates("jkn")
    made = scale(twin, ["a", "b"], name="i")
    assert made.survey.design.replicates is twin.design.replicates
    assert "jkn" in made.means().metadata.method


def test_change_letters_and_quantiles_work_on_the_index(worry):
    found = ss.change(
        worry.survey,
        worry.survey,
        "worry",
        statistic="mean",
        before_where="gender == 'men'",
        after_where="gender == 'women'",
    ).to_frame()
    means = worry.means("gender").to_frame().set_index("gender").estimate
    assert found.difference[0] == pytest.approx(means["women"] - means["men"])
    assert worry.survey.median("worry").estimate[0] > 1
    assert len(ss.letters(worry.means("gender"), "gender").to_frame()) == 2


def test_missing_items_count_as_the_persons_mean_and_never_as_zero(frame):
    holed = frame.astype({"a": float, "b": float, "c": float})
    holed.loc[0, "a"] = np.nan
    holed.loc[1, ["a", "b"]] = np.nan
    made = scale(ss.Survey(holed), ["a", "b", "c"], name="i", reverse="c", rule="sum")
    index = made.survey.frame["i"]
    assert made.at_least == 2
    assert index[0] == pytest.approx(3 * (holed.b[0] + 5 - holed.c[0]) / 2)
    assert np.isnan(index[1])
    assert (made.n, int(made.complete.sum())) == (239, 238)
    assert made.missing == pytest.approx(1 / 240)
    strict = scale(ss.Survey(holed), ["a", "b", "c"], reverse="c", at_least=3)
    assert np.isnan(strict.survey.frame["index"][0])
    lax = scale(ss.Survey(holed), ["a", "b", "c"], reverse="c", at_least=1)
    assert lax.survey.frame["index"][1] == 5 - holed.c[1]


def test_ordered_categories_are_coded_by_their_order_not_by_the_alphabet(frame, worry):
    text = frame.copy()
    dtype = pd.CategoricalDtype(WORDS, ordered=True)
    for name in "abc":
        text[name] = pd.Categorical.from_codes(frame[name] - 1, dtype=dtype)
    made = scale(ss.Survey(text, "w", "stratum", "psu"), list("abc"), name="worry", reverse="c")
    np.testing.assert_allclose(made.survey.frame["worry"], worry.survey.frame["worry"])
    assert made.items[0].kind == "ordered"
    assert made.alpha == worry.alpha


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "int8", object, "int64[pyarrow]"])
def test_number_dtypes_give_one_index(frame, worry, dtype):
    other = frame.astype(dict.fromkeys("abc", dtype))
    made = scale(ss.Survey(other, "w", "stratum", "psu"), list("abc"), name="worry", reverse="c")
    np.testing.assert_allclose(made.survey.frame["worry"], worry.survey.frame["worry"])


@pytest.mark.parametrize("dtype", ["boolean", bool, object, "int8", "Float64", "bool[pyarrow]"])
def test_yes_no_items_of_any_dtype_are_counted(dtype):
    rng = np.random.default_rng(1)
    truth = rng.random((80, 3)) < rng.random((80, 1))
    frame = pd.DataFrame(truth, columns=list("xyz")).astype(dtype)
    made = scale(ss.Survey(frame), list("xyz"), name="problems", rule="count of yes")
    np.testing.assert_array_equal(made.survey.frame["problems"], truth.sum(axis=1))
    assert (made.at_least, made.range) == (3, (0, 3))


def test_a_count_needs_all_answers_unless_told():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.random((80, 3)) < rng.random((80, 1)), columns=list("xyz"))
    frame = frame.astype("boolean")
    frame.loc[0, :] = [True, pd.NA, False]
    survey = ss.Survey(frame)
    assert np.isnan(scale(survey, list("xyz"), rule="count of yes").survey.frame["index"][0])
    told = scale(survey, list("xyz"), rule="count of yes", at_least=2)
    assert told.survey.frame["index"][0] == 1.5


def test_where_is_the_domain_of_the_index(survey, frame):
    made = scale(survey, list("abc"), name="i", reverse="c", where="gender == 'women'")
    women = (frame.gender == "women").to_numpy()
    np.testing.assert_array_equal(np.isfinite(made.survey.frame["i"]), women)
    whole = scale(survey, list("abc"), name="i", reverse="c")
    expected = whole.survey.mean("i", where="gender == 'women'").to_frame()
    pd.testing.assert_frame_equal(made.means().to_frame(), expected)


def test_items_with_different_codes_must_be_standardised(frame):
    other = frame.assign(d=(frame.a > 2).astype(int) * 2 + (frame.b > 2))
    survey = ss.Survey(other, "w")
    with pytest.raises(InputError, match=r"different codes \(a 1-4, d 0-3\).*standardise"):
        scale(survey, ["a", "d"])
    made = scale(survey, ["a", "d"], standardise="range")
    np.testing.assert_allclose(made.survey.frame["index"], ((other.a - 1) / 3 + other.d / 3) / 2)
    assert made.range == (0, 1)
    z = scale(survey, ["a", "d"], standardise=True)
    assert z.means().estimate[0] == pytest.approx(0, abs=1e-12)
    r = z.reliability()["mean_correlation"].estimate
    assert z.alpha == pytest.approx(2 * r / (1 + r))


def test_steps_tell_codes_that_nobody_chose(frame):
    other = frame.assign(b=frame.b.clip(upper=3))
    with pytest.raises(InputError, match="different codes"):
        scale(ss.Survey(other), ["a", "b", "c"], reverse="b")
    made = scale(ss.Survey(other), ["a", "b", "c"], reverse="b", steps=(1, 4))
    assert made.values[:, 1].tolist() == (5 - other.b).tolist()
    by_item = scale(ss.Survey(other), ["a", "b"], steps={"b": (1, 4)})
    assert by_item.items[1].steps == (1, 4)


def test_a_refusal_code_is_not_an_answer(frame):
    other = frame.copy()
    other.loc[3, "a"] = 99
    for standardise in (False, True, "range"):
        with pytest.raises(InputError, match=r"'a' holds 99, far from .* make it missing, or give"):
            scale(ss.Survey(other), ["a", "b"], standardise=standardise)
    with pytest.raises(InputError, match="'a' holds 99, outside its codes 1-4"):
        scale(ss.Survey(other), ["a", "b"], steps=(1, 4))


def test_an_item_the_wrong_way_is_found_and_named(survey, worry):
    wrong = scale(survey, ["a", "b", "c"], name="worry")
    assert wrong.wrong_way == ("c",)
    assert worry.wrong_way == ()
    flags = wrong.to_frame().set_index("item").flag
    assert flags["c"] == "runs against the other items: reverse it?"
    assert flags["a"] == ""
    assert "”c” går emot" in wrong.sentence()
    assert verdict(wrong.alpha, wrong.wrong_way) == "do not use"
    pair = scale(survey, ["a", "c"])
    assert set(pair.wrong_way) == {"a", "c"}
    assert pair.alpha < 0
    assert "hänger inte ihop" in pair.sentence()


def test_floor_ceiling_and_missing_are_weighted_shares(frame):
    holed = frame.astype({"a": float})
    holed.loc[:9, "a"] = np.nan
    survey = ss.Survey(holed, "w")
    row = scale(survey, ["a", "b"]).to_frame().iloc[0]
    known = holed.a.notna()
    assert row.floor == pytest.approx(survey.share("a", of=1).estimate[0])
    assert row.ceiling == pytest.approx(survey.share("a", of=4).estimate[0])
    assert row.missing == pytest.approx(holed.w[~known].sum() / holed.w.sum())
    assert row["mean"] == pytest.approx(survey.mean("a").estimate[0])
    assert row.mean_low == pytest.approx(survey.mean("a").ci_low[0])
    assert row.n == known.sum()


@pytest.mark.parametrize("reverse", [(), ["a"]])
@pytest.mark.parametrize("standardise", ["range", True])
def test_floor_and_ceiling_are_of_the_answers_however_they_are_scored(frame, reverse, standardise):
    survey = ss.Survey(frame, "w")
    ends = ["floor", "ceiling"]
    as_they_are = scale(survey, ["a", "b"], reverse=reverse).to_frame()[ends]
    assert (as_they_are > 0.01).all(axis=None)
    scored = scale(survey, ["a", "b"], reverse=reverse, standardise=standardise).to_frame()[ends]
    pd.testing.assert_frame_equal(scored, as_they_are)


BAD = [
    ({"items": ["a"]}, InputError, "two items or more, not 1"),
    ({"items": []}, InputError, "two items or more, not 0"),
    ({"items": "a"}, InputError, "two items or more, not 1"),
    ({"items": ["a", "a"]}, InputError, "names a twice"),
    ({"items": ["a", "bb"]}, UnknownNameError, "no item 'bb' in the frame"),
    ({"reverse": ["d"]}, UnknownNameError, r"no item 'd' in the scale \(reverse=\)"),
    ({"steps": {"d": (1, 4)}}, UnknownNameError, r"in the scale \(steps=\)"),
    ({"steps": (4, 1)}, InputError, "is not \\(lowest code, highest code\\)"),
    ({"steps": ("a", "b")}, InputError, "is not \\(lowest code, highest code\\)"),
    ({"steps": "1-4"}, InputError, "is not \\(lowest code, highest code\\)"),
    ({"lang": "de"}, InputError, "use 'sv' or 'en'"),
    ({"rule": "median"}, InputError, "rule='median' is not known; use one of 'mean'"),
    ({"rule": "count of yes"}, InputError, "counts yes/no items"),
    ({"at_least": 0}, InputError, "not a number of items from 1 to 3"),
    ({"at_least": 4}, InputError, "not a number of items from 1 to 3"),
    ({"at_least": 1.5}, InputError, "not a number of items from 1 to 3"),
    ({"at_least": True}, InputError, "not a number of items from 1 to 3"),
    ({"name": "a"}, InputError, "has a column 'a' already"),
    ({"name": ""}, InputError, "no name for the index"),
    ({"level": 95}, InputError, "not a confidence level"),
    ({"where": "a > 9"}, InputError, "Nobody is in the domain"),
    ({"where": "a == 2"}, InputError, "same answer to a;"),
    ({"standardise": "z"}, InputError, "standardise='z' is not known"),
    ({"items": ["a", "gender"]}, InputError, "'gender' holds text, whose order is not known"),
    ({"items": ["a", "nominal"]}, InputError, "'nominal' is a categorical without order"),
    ({"items": ["a", "constant"]}, InputError, "same answer to constant;"),
    ({"items": ["a", "empty"]}, InputError, "answered empty; leave it out"),
    ({"items": ["a", "mirror"]}, InputError, "sum of the items is the same for everybody"),
    ({"items": ["a", "early", "late"]}, InputError, "0 respondents answered all 3 items"),
    ({"items": ["a", "infinite"]}, InputError, "'infinite' is infinite"),
    ({"items": ["a", "date"]}, InputError, "'date' holds text|not numbers"),
    ({"items": ["wide", "a"], "reverse": "wide"}, InputError, "lowest and highest answer"),
    ({"items": ["wide", "a"], "standardise": "range"}, InputError, "needs the lowest and highest"),
]


@pytest.mark.parametrize(("change", "error", "text"), BAD)
def test_what_cannot_be_a_scale_says_why(frame, change, error, text):
    half = np.arange(len(frame)) < 120
    odd = frame.assign(
        constant=2,
        nominal=pd.Categorical(frame.gender),
        empty=np.nan,
        mirror=5 - frame.a,
        early=frame.a.where(half),
        late=frame.b.where(~half),
        infinite=np.where(half, np.inf, 1.0),
        date=pd.Timestamp("2023-01-01"),
        wide=np.linspace(0, 1, len(frame)),
    )
    arguments = {"items": ["a", "b", "c"], **change}
    items = arguments.pop("items")
    with pytest.raises(error, match=text):
        scale(ss.Survey(odd, "w"), items, **arguments)


def test_a_frame_is_not_a_survey(frame):
    with pytest.raises(InputError, match="takes a Survey, not DataFrame"):
        scale(frame, ["a", "b"])


def test_one_respondent_is_too_few(frame):
    for rows, text in ((3, "3 respondents answered all 2 items, too few"), (2, "same answer")):
        with pytest.raises(InputError, match=text):
            scale(ss.Survey(frame.iloc[:rows]), ["a", "b"], steps=(1, 4))


def test_sentences_tell_name_base_alpha_and_use(worry):
    text = worry.sentence()
    assert text.startswith("Indexet ”worry” är medelvärdet av 3 frågor: ”a”, ”b” och ”c” (”c” räkn")
    assert "240 svarande har ett värde (minst 2 av 3 frågor besvarade" in text
    alpha = f"{worry.alpha:.2f}".replace(".", ",")
    assert f"Cronbachs alfa är {alpha} (95\u00a0% osäkerhetsintervall 0," in text
    assert "kan användas för att jämföra grupper" in text
    english = worry.sentence("en")
    assert "about" in english
    assert f"Cronbach's alpha is {worry.alpha:.2f} (95% confidence interval" in english
    assert "frågor" not in english


def test_a_low_alpha_says_to_show_the_questions_one_by_one():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.integers(1, 5, (400, 4)), columns=list("abcd"))
    frame["b"] = np.where(rng.random(400) < 0.3, frame.a, frame.b)
    made = scale(ss.Survey(frame), list("abcd"))
    assert made.alpha < 0.6
    if not made.wrong_way:
        assert "redovisa frågorna var för sig" in made.sentence()


def test_two_dimensions_are_said_in_spite_of_a_high_alpha():
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(2, 600))
    noise = rng.normal(0, 0.3, (600, 8))
    values = np.column_stack([one + 0.2 * two] * 4 + [two + 0.2 * one] * 4) + noise
    made = scale(ss.Survey(pd.DataFrame(values, columns=list("abcdefgh"))), list("abcdefgh"))
    assert made.alpha > 0.7
    assert not made.factor.one_dimension
    assert "mer än en sak" in made.sentence()


def test_it_is_frozen_shows_itself_and_can_be_pickled(worry):
    with pytest.raises(AttributeError):
        worry.name = "other"
    html = worry._repr_html_()
    assert "<table>" in html
    assert "Cronbachs alfa" in html
    assert repr(worry) == "<Scale worry: mean of 3 items, n 240>"
    assert "alpha_standardised" in worry.reliability()._repr_html_()
    again = pickle.loads(pickle.dumps(worry))
    assert again.alpha == worry.alpha
    changed = worry.to_frame()
    changed.loc[0, "mean"] = 99
    assert worry.to_frame().loc[0, "mean"] < 4


def test_the_figure_shows_every_item_with_its_interval(worry):
    pytest.importorskip("matplotlib").use("Agg")
    fig = worry.plot()
    left, right = fig.axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["A", "B", "C\n(omvänd)"]
    points = [line.get_xdata()[0] for line in left.lines]
    np.testing.assert_allclose(points, worry.to_frame()["mean"])
    assert right.get_xlabel().startswith("Samband med övriga frågor")
    assert fig.get_suptitle() == f"Worry: Cronbachs alfa {worry.alpha:.2f}".replace(".", ",")
    assert "medel" in worry.alt_text()
    assert "correlation with the rest" in worry.alt_text("en")


def test_groups_by_several_columns(survey):
    made = scale(survey, list("abc"), reverse="c")
    found = made.reliability(["stratum", "gender"]).to_frame()
    assert found.columns[:3].tolist() == ["stratum", "gender", "statistic"]
    assert len(found) == 5 * 2 * 4
    with pytest.raises(InputError, match="has groups"):
        made.reliability("gender")["alpha"]


def test_columns_may_have_numbers_for_names_and_a_doubled_index():
    frame = made().rename(columns={"a": 0, "b": 1, "c": 2})
    frame.index = [7] * len(frame)
    found = scale(ss.Survey(frame, "w"), [0, 1, 2], reverse=[2])
    assert found.to_frame()["item"].tolist() == [0, 1, 2]
    assert "”0”, ”1” och ”2”" in found.sentence()


def test_items_that_repeat_each_other_are_said_to():
    frame = pd.DataFrame({"a": [1, 2, 3] * 10, "b": [1, 2, 3] * 10})
    text = scale(ss.Survey(frame), ["a", "b"]).sentence()
    assert "nästan samma fråga" in text
    assert "kan också vara under" not in text


def test_the_arrays_of_a_scale_cannot_be_changed(worry):
    with pytest.raises(ValueError, match="read-only"):
        worry.values[0, 0] = 9


@pytest.mark.parametrize(
    ("steps", "codes"),
    [
        ([1, 2, 3, 4], [8, 9]),
        ([1, 2, 3, 4, 5], [8]),
        ([1, 2, 3, 4, 5], [98, 99]),
        ([0, 1], [9]),
        ([0, 10], [999]),
        ([1, 2, 3], [-1]),
        ([0, 1, 2, 3], [-99, -9]),
        ([1, 2, 3, 4], [9, 99]),
    ],
)
def test_codes_for_no_answer_are_told_from_steps(steps, codes):
    values = np.array(sorted([*steps, *codes]), dtype=float)
    assert no_answer_codes(values) == sorted(codes)


@pytest.mark.parametrize(
    "steps",
    [range(11), range(1, 8), [0, 1, 2, 3, 9, 10], [1, 3, 5, 7, 9], [-2, -1, 0, 1, 2], [-1, 1],
     [18, 30, 45, 60, 99], [1, 2, 4], [5], [1, 2, 3, 12]],
)  # fmt: skip
def test_steps_far_apart_are_still_steps(steps):
    assert no_answer_codes(np.array(list(steps), dtype=float)) == []


def test_a_far_code_that_is_an_answer_is_declared_by_steps(frame):
    other = frame.assign(a=frame.a.replace({4: 9}))
    with pytest.raises(InputError, match=r"give steps=\(1, 9\) if it is an answer"):
        scale(ss.Survey(other), ["a", "b"], standardise="range")
    made = scale(ss.Survey(other), ["a", "b"], steps={"a": (1, 9)}, standardise="range")
    assert made.items[0].steps == (1, 9)


def test_different_codes_are_first_a_question_of_missing_answers(frame):
    other = frame.assign(a=frame.a.replace({4: 5}))
    with pytest.raises(InputError) as error:
        scale(ss.Survey(other), ["a", "b"])
    text = str(error.value)
    assert text.index("missing") < text.index("steps=") < text.index("standardise")


def test_columns_of_the_design_are_no_items(survey):
    for column in ("psu", "stratum", "w"):
        with pytest.raises(InputError, match=f"'{column}' is a column of the sampling design"):
            scale(survey, ["a", "b", column], standardise=True)


def test_reliability_says_on_how_few_it_rests(survey):
    holed = survey.frame.astype({"c": float})
    holed.loc[30:, "c"] = np.nan
    made = scale(ss.Survey(holed), ["a", "b", "c"], name="i", reverse="c")
    assert (made.n, made.n_complete, made.thin, made.unanswered) == (240, 30, True, ("c",))
    told = made.sentence()
    assert "Alfa bygger på de 30 som besvarat alla frågor, av 240 med ett värde" in told
    assert "”c” saknar svar från 88\N{NO-BREAK SPACE}%" in told
    assert "kan användas för att jämföra" not in told
    assert "rests on the 30 who answered all questions, of 240" in made.sentence("en")
    assert made.notes == tuple(made.to_frame().attrs["notes"])
    assert len(made.notes) == 1
    assert "30" in made.notes[0]
    few = survey.frame.astype({"c": float})
    few.loc[:5, "c"] = np.nan
    nearly = scale(ss.Survey(few), ["a", "b", "c"], name="i", reverse="c")
    assert "bygger på de 234" in nearly.sentence()
    assert "för få" not in nearly.sentence()
    assert "kan användas för att jämföra" in nearly.sentence()


def test_complete_answers_need_no_note(worry):
    assert worry.notes == ()
    assert "bygger på" not in worry.sentence()


def test_several_waves_in_one_frame_are_noted(frame):
    both = frame.assign(wave=np.where(frame.index % 2, 2020, 2023))
    made = scale(ss.Survey(both), ["a", "b"], name="i")
    assert made.waves == ("2020", "2023")
    assert "flera vågor tillsammans (2020, 2023)" in made.sentence()
    assert "where=" in made.notes[0]
    assert scale(ss.Survey(both), ["a", "b"], name="i", where="wave == 2020").waves == ()
    assert scale(ss.Survey(both, wave="2020-2023"), ["a", "b"], name="i").notes == ()


def test_ticks_of_the_figure_differ(frame):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yes = frame[["a", "b", "c"]] > 2
    for made in (
        scale(ss.Survey(yes), ["a", "b", "c"], name="i", reverse="c"),
        scale(ss.Survey(frame), ["a", "b", "c"], reverse="c", standardise="range"),
        scale(ss.Survey(frame), ["a", "b", "c"], reverse="c", standardise=True),
    ):
        figure = made.plot()
        figure.canvas.draw()
        for axes in figure.axes:
            told = [t.get_text() for t in axes.get_xticklabels()]
            assert len(told) > 1
            assert len(set(told)) == len(told)
        plt.close(figure)
