import html
import json
import re

import numpy as np
import pytest

from survey_stats.cli import main
from survey_stats.demo import file_name
from survey_stats.errors import SurveyStatsError
from survey_stats.harmonise import check, harmonise
from survey_stats.harmonise.check.finding import JSON_VERSION
from survey_stats.harmonise.check.terminal import blocks, summary

KEYS = [
    "version", "file", "sha256", "codebook", "wave", "previous",
    "severity", "kind", "where", "what", "count", "hint", "name", "evidence",
]  # fmt: skip


@pytest.fixture
def spoilt(make_delivery):
    """Two waves, the later with an error, a warning with two distributions, and a note."""
    old, new = (make_delivery("regional_safety", year, n=800, seed=2) for year in (2020, 2021))
    new.frame.loc[4, new.variable("unsafe_neighbourhood")] = 7.0
    new.frame[new.variable("unsafe_evening")] = 1.0
    new.labels = {new.variable("unsafe_evening"): "<b>Trygg & otrygg</b>"}
    old.labels = {old.variable("unsafe_evening"): "Trygg"}
    return new, old


@pytest.fixture
def checked(spoilt):
    new, old = spoilt
    return check(new.delivery(), "regional_safety", previous=old.delivery())


def printed(checked, width=100):
    from rich.console import Console

    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for block in blocks(checked):
            console.print(block, highlight=False)
    return capture.get()


def run(capsys, *args):
    with pytest.raises(SystemExit) as exited:
        main(["check", *map(str, args)])
    return exited.value.code, capsys.readouterr().out


def test_findings_of_a_variable_stand_together(checked):
    text = printed(checked)
    assert text.count("(unsafe_evening)") == 1
    block = text[text.index("(unsafe_evening)") :].split("\n\n")[0]
    assert "warning distribution (800): broke from 2020" in block
    assert "changed label" in block
    assert text.index("(unsafe_neighbourhood)") < text.index("(unsafe_evening)")
    assert "\x1b" not in text


def test_the_last_line_counts(checked):
    last = printed(checked, 200).rstrip().splitlines()[-1]
    assert last == summary(checked)
    told = re.match(r"(\d+) errors?, (\d+) warnings?, (\d+) notes? in delivery.sav; (.*)", last)
    assert [int(n) for n in told.groups()[:3]] == [
        checked.number(s) for s in ("error", "warning", "note")
    ]
    assert told[4] == "harmonise stops."


def test_what_was_not_checked_is_told_in_a_line(spoilt):
    new, _ = spoilt
    alone = check(new.delivery(), "regional_safety")
    lines = [t for t in printed(alone, 300).splitlines() if "no delivery of an earlier wave" in t]
    assert len(lines) == 1
    assert {p.kind for p in alone} <= {"unknown code", "respondent", "stratum", "geography"}


def test_json_has_its_documented_keys(checked):
    records = json.loads(json.dumps(checked.to_records()))
    assert all(list(r) == KEYS for r in records)
    assert {r["version"] for r in records} == {JSON_VERSION}
    assert records[0]["previous"] == [{"wave": 2020, "file": "delivery.sav"}]
    assert [r["kind"] for r in records[len(checked) :]] == ["not checked"] * len(
        checked.not_checked
    )
    (broken,) = (r for r in records if r["kind"] == "distribution")
    answers = broken["evidence"]["answers"]
    assert sum(a["before"] for a in answers) == pytest.approx(1)
    assert {a["answer"]: a["after"] for a in answers}["Very safe"] == pytest.approx(1)


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_page_needs_no_other_file_and_escapes_what_it_tells(checked, lang):
    page = checked.to_html(lang)
    assert f'<html lang="{lang}">' in page
    assert not re.search(r"(?:src|href)=|url\(|@import|<script", page)
    assert "<b>Trygg & otrygg</b>" not in page
    assert "&lt;b&gt;Trygg &amp; otrygg&lt;/b&gt;" in page
    # a pair of bars an answer
    rects = re.findall(r'<rect class="(before|after)" y="\d" width="([\d.]+)"', page)
    assert len(rects) == 2 * len(next(p for p in checked if p.evidence).evidence.rows)
    assert all(0 <= float(w) <= 100 for _, w in rects)


def test_the_page_is_in_the_language_asked_for(checked):
    sv, en = (html.unescape(checked.to_html(lang)) for lang in ("sv", "en"))
    assert "Kontroll av" in sv
    assert "Check of" in en
    assert "bruten fördelning" in sv
    assert "broken distribution" in en
    assert "Mycket trygg" in sv
    assert "Very safe" in en
    for p in checked:
        assert p.what_sv
        assert bool(p.hint) == bool(p.hint_sv)
        what_sv = p.what_sv[:1].upper() + p.what_sv[1:]
        assert what_sv in sv
        assert p.what == p.what_sv or what_sv not in en


def test_a_page_of_synthetic_data_says_so(demo_dir):
    checked = check(demo_dir / file_name("school_survey", 2024), "school_survey")
    assert "SYNTETISKA DATA" in checked.to_html("sv")
    assert "Leveransen passar kodboken." in checked.to_html("sv")


def test_an_untouched_demo_delivery_on_the_command_line(demo_dir, tmp_path, capsys):
    files = [demo_dir / file_name("city_safety", year) for year in (2023, 2020)]
    code, out = run(
        capsys, files[0], "--codebook", "city_safety", "--previous", files[1], "--strict"
    )
    assert code == 0
    assert "0 errors, 0 warnings, 1 note" in out
    assert "nothing stops harmonise" in out


def test_a_broken_delivery_on_the_command_line(spoilt, tmp_path, capsys):
    new, old = spoilt
    files = [small.sav(tmp_path / f"{y}.sav") for y, small in ((2021, new), (2020, old))]
    page, report = tmp_path / "a.html", tmp_path / "a.json"
    code, out = run(
        capsys, files[0], "--codebook", "regional_safety", "--previous", files[1],
        "--html", page, "--json", report, "--lang", "en",
    )  # fmt: skip
    assert code == 1
    assert "error   unknown code (1): the code 7, first in row 5" in out
    assert '<html lang="en">' in page.read_text(encoding="utf-8")
    assert {r["severity"] for r in json.loads(report.read_text(encoding="utf-8"))} == {
        "error", "warning", "note",
    }  # fmt: skip


def test_warnings_are_errors_where_that_is_asked_for(spoilt, tmp_path, capsys):
    new, old = spoilt
    name = "unsafe_neighbourhood"
    new.frame[new.variable(name)] = old.frame[old.variable(name)]
    files = [small.sav(tmp_path / f"{y}.sav") for y, small in ((2021, new), (2020, old))]
    args = (files[0], "--codebook", "regional_safety", "--previous", files[1])
    assert run(capsys, *args)[0] == 0
    assert run(capsys, *args, "--strict")[0] == 1


def test_findings_are_a_sequence(checked):
    assert len(checked) == len(list(checked)) > 2
    assert checked == list(checked)
    assert checked[0] in checked
    assert checked[:2] == tuple(checked)[:2]
    assert "1 errors" in repr(checked)


def _no_change(small):
    pass


def _code(small):
    small.frame.loc[0, small.variable("unsafe_evening")] = 7.0


def _key(small):
    small.frame.iloc[1, 0] = small.frame.iloc[0, 0]


def _total_row(small):
    column = small.frame.columns[0]
    keys = small.frame[column].astype(object)
    keys.iloc[-1] = "Totalt"
    small.frame[column] = keys


def _weight(small):
    small.frame.loc[3, small.book.waves[small.wave].weight] = np.nan


def _lost(small):
    small.frame = small.frame.drop(columns=small.variable("gender"))


def _districts(small):
    item = small.book.item("district", small.wave)
    values = small.frame[item.variable]
    there = values.unique()
    small.frame[item.variable] = values.map(dict(zip(there, np.roll(there, 1), strict=True)))


@pytest.mark.parametrize("survey", ["city_safety", "regional_safety"])
@pytest.mark.parametrize(
    "change", [_no_change, _code, _key, _total_row, _weight, _lost, _districts]
)
def test_there_is_an_error_exactly_where_harmonise_stops(make_delivery, survey, change):
    small = make_delivery(survey, 2023, n=120)
    change(small)
    checked = check(small.delivery(), survey)
    try:
        harmonise(small.delivery(), survey)
        stops = False
    except SurveyStatsError:
        stops = True
    assert (checked.number("error") > 0) == stops
    assert stops or change is _no_change or change is _districts
