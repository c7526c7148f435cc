import re

import pytest

import survey_stats as ss
from survey_stats.errors import CodebookError, InputError, UnknownNameError
from survey_stats.resources import data_path


@pytest.mark.parametrize("name", ss.Codebook.names())
def test_the_shipped_codebooks_are_valid(name):
    book = ss.Codebook.load(name)
    assert book.survey == name
    for wave in book.waves:
        assert book.columns(wave)
        assert len(book.variables(wave)) >= 14


def test_the_three_codings_of_the_evening_question():
    for name in ("city_safety", "school_survey"):
        question = ss.Codebook.load(name).questions["unsafe_evening"]
        assert question.coding == "city"
        codings = question.codings
        assert codings["city"].positive == (
            "fairly_unsafe", "very_unsafe", "stays_in_worry", "stays_in_other",
        )  # fmt: skip
        assert "stays_in_other" in codings["health_portal"].negative
        assert codings["health_portal"].positive == codings["city"].positive[:3]
        assert set(codings["research"].missing) == {"stays_in_worry", "stays_in_other"}


def test_where_the_surveys_have_no_disability_question():
    assert "disability" in ss.Codebook.load("city_safety").background
    assert "disability" not in ss.Codebook.load("regional_safety").background
    assert "disability" not in ss.Codebook.load("school_survey").background


def test_a_wave_s_missing_codes_do_not_swallow_ages_and_neighbourhoods():
    book = ss.Codebook.load("city_safety")
    assert set(book.missing(book.item("gender", 2020), 2020)) == {"98", "99"}
    assert set(book.missing(book.item("age_group", 2020), 2020)) == {"999"}
    assert book.missing(book.item("neighbourhood", 2017), 2017) == {}


def test_names_that_are_not_there():
    with pytest.raises(UnknownNameError, match="did you mean 'city_safety'"):
        ss.Codebook.load("city_safty")
    with pytest.raises(InputError, match=r"no codebook file .*other\.yaml"):
        ss.Codebook.load("somewhere/other.yaml")
    book = ss.Codebook.load("city_safety")
    with pytest.raises(UnknownNameError, match="wave '2018'"):
        book.wave(2018)
    with pytest.raises(UnknownNameError, match="did you mean 'unsafe_evening'"):
        book.item("unsafe_evenin", 2017)


def spoil(tmp_path, old, new, name="school_survey"):
    """A copy of a shipped codebook with `old` replaced once, and the line of the change."""
    text = data_path("codebooks", f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    path = tmp_path / "spoilt.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path, line


F102 = "{variable: F102, codes: evening}"
CITY = "negative: [very_safe, fairly_safe]"
EVENING = "'fairly_safe' stands nowhere; every answer must stand once"


# lines up: how far above the change the entry begins that is told
@pytest.mark.parametrize(
    ("old", "new", "lines_up", "says"),
    [
        (F102, "{variable: F102, codez: evening}", 0, "no key 'codez' here; did you mean 'codes'"),
        (F102, "{codes: evening}", 0, "give either 'variable' or 'constant'"),
        (F102, "{variable: F102}", 0, "give exactly one of 'codes', 'names'"),
        (F102, "{variable: F102, codes: evenin}", 0, "'evenin'; did you mean 'evening'"),
        (F102, "{variable: F102, codes: evening, years: maybe}", 0, "valid boolean"),
        ("2024: " + F102, "2025: " + F102, 0, "no wave '2025'"),
        ("3: third_gender", "3: third_gendr", 0, "did you mean 'third_gender'"),
        ("default_coding: city", "default_coding: citty", 0, "did you mean 'city'"),
        (CITY, "negative: [very_safe]", 3, EVENING),
        (CITY, CITY[:-1] + ", very_unsafe]", 3, "'very_unsafe' stands 2 times"),
        ("  gender:\n    text", "  gendr:\n    text", 0, "did you mean 'gender'"),
        ("104: Kungsholmen", "104: Kungsholm", 0, "did you mean 'Kungsholmen'"),
        ("{9: year 9", "{9: year 8", 0, "did you mean 'year 9'"),
        ("rule: any_answered", "rule: maybe", 0, "'any_answered', not 'maybe'"),
        ("any_of: [victim_threat,", "any_of: [victim_thret,", 0, "did you mean 'victim_threat'"),
        ("weight: {constant: 1.0}", "weight: {constant: 0}", 0, "positive number"),
        ("population: pupils", "population: children", 0, "'pupils', not 'children'"),
        ("scale: victim2", "scale: evening6", 0, "needs a scale with the answers 'yes' and 'no'"),
        ("    respondent: ID\n", "", 1, "the key 'respondent' is missing"),
        ("districts_as_of: 2023-07-01", "districts_as_of: July", 0, "valid date"),
    ],
)
def test_a_typo_is_told_with_file_line_and_the_nearest_key(tmp_path, old, new, lines_up, says):
    path, line = spoil(tmp_path, old, new)
    with pytest.raises(CodebookError) as error:
        ss.Codebook.load(path)
    text = str(error.value)
    assert says in text
    assert "\n" not in text
    assert text.startswith(f"spoilt.yaml, line {line - lines_up}: ")


MODE = "mode: [classroom]"


# what a person gets wrong in the type or the range of a value: what it must be, what it was, and
# what the key is for
@pytest.mark.parametrize(
    ("old", "new", "lines_up", "says"),
    [
        ("  sv: Stockholmsenkäten\n  en: The Stockholm school survey\n", "  a\n", 1,
         "needs a map of keys, not 'a' (title: the title of the survey)"),
        ("waves:\n  2018:", "waves:\n  first:", -1, "needs a whole number, not 'first'"),
        ("weight: {constant: 1.0}", "weight: 1.0", 0,
         "needs text, not 1.0 (weight: the variable with the weight, or `{constant: 1.0}`"),
        ("weight: {constant: 1.0}", "weight: {constent: 1.0}", 0, "did you mean 'constant'?"),
        ("districts_as_of: 2023-07-01", "districts_as_of: 2023-13-01", 0,
         "'2023-13-01' is no valid value (month must be in 1..12); correct it"),
        ("school_years: [year 9,", "school_years: [yaer 9,", 0, "'year 9' or 'upper secondary 2'"),
        ("school_years: [year 9, upper secondary 2]", "ages: [16]", 0, "it needs 2 values"),
        ("school_years: [year 9, upper secondary 2]", "ages: [84, 16]", 2,
         "the ages 84 to 16 are in the wrong order; turn them round"),
        (MODE, "mode: classroom", 0, "needs a list such as [a, b], not 'classroom' (mode: how"),
        (MODE, "mode: [clasroom]", 0, "must be 'post', 'web' or 'classroom', not 'clasroom'"),
        (MODE, MODE + "\n      months: [May]", -1, "needs a whole number, not 'May'"),
        (MODE, MODE + "\n      months: [5, 13]", -1, "less than or equal to 12, not 13"),
        ("answers: 11500", "answers: -5", 0, "must be greater than 0, not -5"),
        ("201-212", "212-201", 6, "212-201 are in the wrong order; write 201-212"),
        ("    999: invalid_answer", "    199: invalid_answer", 0, "199 is there twice"),
        ("    999: invalid_answer", "    '199': invalid_answer", 13,
         "code 199 has two meanings, 'unspecified' and 'invalid_answer'; keep one"),
        (F102, "F102", 0, "needs a map of keys, not 'F102' (waves: year -> the variable"),
        (F102, "{variable: [F102], codes: evening}", 0, "needs text, not ['F102']"),
        (F102, "{variable: F102, codes: evening, read: labels}", 0, "must be 'code' or 'label'"),
        (F102, "{variable: F102, codes: evening, blank: nothing}", 0, "no reason 'nothing'"),
        ("survey: school_survey", "survey:", 0, "needs text, not nothing (survey: the name"),
        ("    default_coding: city\n", "", 6, "needs 'default_coding'; add it"),
        ("        negative: [very_safe, fairly_safe]\n", "", 3, "'negative' is missing; add it"),
        ("  unsafe_evening:\n", "  Unsafe_evening:\n", 0, "small letters, digits"),
        ("*home_district", "*home_distric", 0, "undefined alias 'home_distric'; correct this line"),
        ("    respondent: ID", "\trespondent: ID", 0, "cannot start any token; correct this line"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_to_write(tmp_path, old, new, lines_up, says):
    path, line = spoil(tmp_path, old, new)
    with pytest.raises(CodebookError) as error:
        ss.Codebook.load(path)
    text = str(error.value)
    assert says in text
    assert "\n" not in text
    assert re.match(rf"spoilt\.yaml, line {line - lines_up}[: ]", text), text


def test_an_unknown_psu_variable_is_no_fault_of_the_codebook(tmp_path):
    path, _ = spoil(tmp_path, "    psu: SkolID_gammal\n", "")
    assert ss.Codebook.load(path).waves[2018].psu is None


def test_the_line_of_a_wrong_key_is_exact(tmp_path):
    path, line = spoil(tmp_path, "{variable: F102, codes", "{variable: F102, codez")
    with pytest.raises(
        CodebookError, match=rf"spoilt\.yaml, line {line}: questions\.unsafe_evening"
    ):
        ss.Codebook.load(path)


def test_a_key_that_is_there_twice(tmp_path):
    path, line = spoil(tmp_path, "    psu: SkolID_gammal\n", "    psu: a\n    psu: b\n")
    with pytest.raises(CodebookError, match=rf"line {line + 1}: 'psu' is there twice .* {line}\)"):
        ss.Codebook.load(path)


def test_what_is_no_yaml_and_no_codebook(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("survey: [")
    with pytest.raises(CodebookError, match=r"a\.yaml, line 1 is not valid YAML"):
        ss.Codebook.load(path)
    path.write_text("- 1\n")
    with pytest.raises(CodebookError, match="holds no codebook"):
        ss.Codebook.load(path)
    path.write_bytes("survey: område".encode("cp1252"))
    with pytest.raises(CodebookError, match="not UTF-8"):
        ss.Codebook.load(path)
    path.write_text("")
    with pytest.raises(CodebookError, match="holds no codebook"):
        ss.Codebook.load(path)


def test_no_and_yes_are_words_in_a_codebook(tmp_path):
    path, _ = spoil(tmp_path, "victim: {1: 'no', 2: 'yes'}", "victim: {1: no, 2: yes}")
    book = ss.Codebook.load(path)
    assert book.codes(book.item("victim_threat", 2022)) == {"1": "no", "2": "yes"}


def test_nothing_in_a_codebook_is_executed(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("survey: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(CodebookError, match="not valid YAML"):
        ss.Codebook.load(path)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Stockholms", "there is no municipality 'Stockholms'; did you mean 'Stockholm'?"),
        ("Gävle", "there is no municipality 'Gävle'"),
    ],
)
def test_a_constant_is_one_of_the_answers(tmp_path, name, says):
    text = data_path("codebooks", "city_safety.yaml").read_text(encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("{constant: Stockholm}", f"{{constant: {name}}}"), "utf-8")
    with pytest.raises(CodebookError, match=re.escape(says)):
        ss.Codebook.load(path)
