"""The next wave's codebook drafted from its delivery: valid, marked, and never guessed silently."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.cli import main
from survey_stats.errors import CodebookError, InputError, UnknownNameError
from survey_stats.harmonise import Codebook, check, draft_codebook, harmonise
from survey_stats.harmonise.draft import Draft
from survey_stats.harmonise.draft.propose import Proposal
from survey_stats.read import Delivery
from survey_stats.resources import data_path

# a wave that no codebook will have for long
NEXT = 2089

FILES = {
    "city_safety": "SDO_trygghet_{}_SYNTETISK.sav",
    "regional_safety": "Trygghetsundersokning_region_{}_SYNTETISK.csv",
    "school_survey": "Stockholmsenkaten_{}_SYNTETISK.sav",
}
WAVES = {
    "city_safety": (2017, 2020, 2023),
    "regional_safety": (2020, 2021, 2022, 2023, 2024),
    "school_survey": (2018, 2020, 2022, 2024),
}


def file_of(folder: Path, survey: str, wave: int) -> Path:
    name = FILES[survey].format(wave)
    return folder / (
        name.replace(".sav", ".xlsx") if (survey, wave) == ("school_survey", 2024) else name
    )


def held_back(survey: str, wave: int, folder: Path) -> Path:
    """The shipped codebook as it was before `wave`: that and later waves cut out of the text."""
    years = "|".join(str(w) for w in WAVES[survey] if w >= wave)
    kept: list[str] = []
    below: int | None = None
    for line in data_path("codebooks", f"{survey}.yaml").read_text(encoding="utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if below is not None and line.strip() and indent <= below:
            below = None
        if below is None and re.match(rf"\s+({years}):", line):
            below = indent
        if below is None:
            kept.append(line)
    # a part that was asked from then on only
    text = re.sub(
        r"(?m)^  \w+:\n(?:    (?!waves).*\n)*    waves:\n(?! {6})", "", "\n".join(kept) + "\n"
    )
    path = folder / f"{survey}.yaml"
    path.write_text(text, encoding="utf-8")
    assert wave not in Codebook.load(path).waves
    return path


def of(draft: Draft, name: str) -> Proposal:
    return next(p for p in draft.proposals if p.name == name)


@pytest.mark.parametrize(
    ("survey", "wave", "with_previous"),
    [
        ("city_safety", 2020, False),
        ("city_safety", 2023, True),
        ("school_survey", 2020, False),
        ("school_survey", 2024, True),
        ("regional_safety", 2021, True),
        ("regional_safety", 2024, True),
    ],
)
def test_a_held_back_wave_is_written_again(
    demo_dir: Path, tmp_path: Path, survey: str, wave: int, with_previous: bool
) -> None:
    delivery = file_of(demo_dir, survey, wave)
    base = max(w for w in WAVES[survey] if w < wave)
    draft = draft_codebook(
        delivery,
        held_back(survey, wave, tmp_path),
        wave,
        previous=file_of(demo_dir, survey, base) if with_previous else None,
    )
    drafted = harmonise(delivery, draft.write(tmp_path / "drafted.yaml"), wave=wave)
    known = harmonise(delivery, survey, wave=wave)
    pd.testing.assert_frame_equal(drafted.frame, known.frame[list(drafted.frame.columns)])
    assert set(known.frame.columns) == set(drafted.frame.columns)
    # whoever uses the numbers reads that the draft is not confirmed
    assert any("not confirmed" in text for text in drafted.assumptions)


def test_check_warns_until_a_draft_is_confirmed(demo_dir: Path, tmp_path: Path) -> None:
    delivery = file_of(demo_dir, "city_safety", 2020)
    draft = draft_codebook(delivery, held_back("city_safety", 2020, tmp_path), 2020)
    file = draft.write(tmp_path / "drafted.yaml")
    told = [p for p in check(delivery, file, 2020) if p.kind == "draft"]
    assert [(p.severity, p.where) for p in told] == [("warning", "city_safety 2020")]
    assert "CONFIRM" in told[0].hint
    kept = [line for line in draft.text.splitlines() if "Drafted from" not in line]
    empty = [i for i, line in enumerate(kept) if line.strip() == "assumptions:"]
    gone = [i for i in empty if not kept[i + 1].strip().startswith("-")]
    confirmed = tmp_path / "confirmed.yaml"
    rest = [line for i, line in enumerate(kept) if i not in gone]
    confirmed.write_text("\n".join(rest), encoding="utf-8")
    assert not [p for p in check(delivery, confirmed, 2020) if p.kind == "draft"]


def test_the_draft_is_the_codebook_with_lines_added(demo_dir: Path, tmp_path: Path) -> None:
    source = held_back("school_survey", 2024, tmp_path)
    draft = draft_codebook(file_of(demo_dir, "school_survey", 2024), source, 2024)
    before = source.read_text(encoding="utf-8").splitlines()
    assert draft.text.startswith("# yaml-language-server:")
    lines = iter(draft.text.splitlines())
    # every old line, comments and anchors too, is there in its order
    assert all(any(new == old for new in lines) for old in before)
    path = draft.write(tmp_path / "drafted.yaml")
    book = Codebook.load(path)
    assert 2024 in book.waves
    assert book.item("unsafe_evening", 2024).variable == "F102"
    assert book.waves[2022] == Codebook.load("school_survey").waves[2022]


def test_field_work_is_asked_for_and_not_copied(demo_dir: Path, tmp_path: Path) -> None:
    draft = draft_codebook(
        file_of(demo_dir, "city_safety", 2023), held_back("city_safety", 2023, tmp_path), 2023
    )
    facts = Codebook.load(draft.write(tmp_path / "drafted.yaml")).waves[2023].facts
    assert (facts.mode, facts.months, facts.sampled, facts.ages) == ("unknown", (), None, None)
    assert facts.answers == 15000
    asked = " ".join(draft.facts)
    for what in (
        "weights_sum_to",
        "mode",
        "months",
        "sampled",
        "ages",
        "weight",
        "stratum",
        "districts_as_of",
    ):
        assert what in asked
        assert re.search(rf"# CONFIRM: (facts\.)?{what}", draft.text)
    assert draft.to_confirm == draft.text.count("CONFIRM:")


def test_turned_and_changed_codes_are_found_and_marked(demo_dir: Path, tmp_path: Path) -> None:
    draft = draft_codebook(
        file_of(demo_dir, "city_safety", 2020), held_back("city_safety", 2020, tmp_path), 2020
    )
    worry = of(draft, "worry_crime_monthly")
    assert worry.keys["codes"] == "frequency_reversed"
    assert "turned round" in worry.told()[1]
    assert of(draft, "victim_theft").keys["codes"] == "no0_yes1"
    assert of(draft, "victim_theft").confirm
    assert of(draft, "age_group").keys["years"] is True
    assert "groups" in of(draft, "age_group").told()[1]
    assert of(draft, "district").keys["codes"] == "districts_13"
    assert not of(draft, "unsafe_evening").confirm
    # asked in 2017 only
    place = of(draft, "place")
    assert place.variable is None
    assert place.candidates
    assert "# CONFIRM: 2020 is not found" in draft.text


def test_without_labels_a_number_alone_finds_nothing(demo_dir: Path, tmp_path: Path) -> None:
    book = held_back("regional_safety", 2024, tmp_path)
    delivery = file_of(demo_dir, "regional_safety", 2024)
    draft = draft_codebook(delivery, book, 2024)
    # F6 of 2023 is there again, and is another question now
    assert of(draft, "unsafe_evening").old == "F6"
    assert of(draft, "unsafe_evening").variable is None
    assert any("previous" in line for line in draft.to_decide())
    helped = draft_codebook(
        delivery, book, 2024, previous=file_of(demo_dir, "regional_safety", 2023)
    )
    assert of(helped, "unsafe_evening").variable == "F7"
    assert of(helped, "unsafe_evening").confirm
    assert not helped.not_found


@pytest.fixture
def evening(make_delivery):
    """The delivery of the city's wave of 2023, with the labels that its codebook has words for."""
    small = make_delivery("city_safety", 2023)
    book = small.book
    for name, item in book.items(2023):
        if item.variable is None:
            continue
        text = book.asked(name).text
        small.labels[item.variable] = text.sv if text else ""
        scale = getattr(book.asked(name), "scale", None)
        if scale is not None:
            small.value_labels[item.variable] = {
                float(c): book.scales[scale].answers[a].sv for c, a in book.codes(item).items()
            }
    return small


def next_wave(small, **change: str) -> Delivery:
    """The same delivery as the next wave: other names, in the same order."""
    delivery = small.delivery()
    names = {c: change.get(c, f"Q{i + 1}") for i, c in enumerate(delivery.frame.columns)}
    return replace(
        delivery,
        frame=delivery.frame.rename(columns=names),
        labels=replace(
            delivery.labels,
            variables={names[k]: v for k, v in delivery.labels.variables.items()},
            value_labels={names[k]: v for k, v in delivery.labels.value_labels.items()},
        ),
        manifest=replace(delivery.manifest, file="next.sav"),
    )


def test_a_new_answer_is_left_out_and_named(evening) -> None:
    evening.value_labels["Fr11"][7.0] = "Går bara ut i sällskap"
    evening.frame.loc[:4, "Fr11"] = 7.0
    draft = draft_codebook(
        next_wave(evening), "city_safety", NEXT, 2023, previous=evening.delivery()
    )
    found = of(draft, "unsafe_evening")
    assert "7" not in map(str, found.keys["codes"] if isinstance(found.keys["codes"], dict) else [])
    assert "7 'Går bara ut i sällskap' (n 5)" in found.told()[1]


def test_codes_that_moved_are_told(evening) -> None:
    draft = draft_codebook(
        moved := next_wave(evening), "city_safety", NEXT, 2023, previous=evening.delivery()
    )
    assert not of(draft, "unsafe_evening").confirm
    at = of(draft, "unsafe_evening").variable
    assert at is not None
    labels = dict(moved.labels.value_labels[at])
    labels[3.0], labels[5.0] = labels[5.0], labels[3.0]
    swapped = replace(
        moved,
        labels=replace(moved.labels, value_labels={**moved.labels.value_labels, at: labels}),
    )
    told = of(
        draft_codebook(swapped, "city_safety", NEXT, 2023, previous=evening.delivery()),
        "unsafe_evening",
    )
    assert told.keys["codes"][3] == "stays_in_worry"
    assert told.keys["codes"][5] == "fairly_unsafe"
    assert "3 was 'fairly_unsafe' and is 'stays_in_worry'" in told.told()[1]


def test_an_answer_that_is_gone_is_told(evening) -> None:
    del evening.value_labels["Fr11"][6.0]
    evening.frame.loc[evening.frame["Fr11"] == 6.0, "Fr11"] = 5.0
    draft = draft_codebook(next_wave(evening), "city_safety", NEXT, 2023)
    assert "no code means any more: stays_in_other" in of(draft, "unsafe_evening").told()[1]


def test_labels_of_another_scale_are_not_read_by_their_codes(evening) -> None:
    evening.value_labels["Fr11"] = {float(i): f"{i} på en skala" for i in range(1, 7)}
    draft = draft_codebook(next_wave(evening), "city_safety", NEXT, 2023, previous=None)
    found = of(draft, "unsafe_evening")
    assert found.keys["codes"] == {}
    assert "no label says an answer of the scale evening6" in found.told()[1]


def test_a_reworded_question_is_asked_about(evening) -> None:
    new = next_wave(evening)
    at = of(draft_codebook(new, "city_safety", NEXT, 2023), "worry_robbery").variable
    labels = {**new.labels.variables, at: "Orolig för att själv eller någon nära ska bli rånad ute"}
    new = replace(new, labels=replace(new.labels, variables=labels))
    found = of(draft_codebook(new, "city_safety", NEXT, 2023), "worry_robbery")
    assert found.variable == at
    assert "the same question?" in found.told()[1]


def test_swapped_names_follow_the_labels(evening) -> None:
    """Fr15a and Fr15c change places: the names stay and the questions do not."""
    new = next_wave(evening, Fr15a="Fr15c", Fr15c="Fr15a")
    draft = draft_codebook(new, "city_safety", NEXT, 2023, previous=evening.delivery())
    assert of(draft, "worry_robbery").variable == "Fr15a"
    assert of(draft, "worry_burglary").variable == "Fr15c"
    assert any("Fr15c is now" in text for text in of(draft, "worry_robbery").why)


def test_a_design_variable_that_is_gone_stops_harmonise(evening, tmp_path: Path) -> None:
    new = next_wave(evening, VIKT="w")
    new = replace(new, frame=new.frame.drop(columns="w"))
    draft = draft_codebook(new, "city_safety", NEXT, 2023)
    assert of(draft, "weight").variable is None
    path = draft.write(tmp_path / "drafted.yaml")
    assert Codebook.load(path).waves[NEXT].weight == "VIKT"
    with pytest.raises(CodebookError, match="VIKT"):
        harmonise(new, path, wave=NEXT)


def test_the_minimum_is_kept(demo_dir: Path, tmp_path: Path) -> None:
    book = held_back("regional_safety", 2023, tmp_path)
    where = file_of(demo_dir, "regional_safety", 2023)
    previous = file_of(demo_dir, "regional_safety", 2022)
    loose = draft_codebook(where, book, 2023, previous=previous)
    strict = draft_codebook(where, book, 2023, previous=previous, minimum=0.95)
    assert {p.name for p in strict.not_found} == {
        p.name for p in loose.proposals if p.confidence < 0.95
    }
    assert strict.not_found
    assert not loose.not_found


@pytest.mark.parametrize("minimum", [-0.1, 1.5, float("nan")])
def test_a_minimum_is_a_probability(minimum: float, city) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        draft_codebook(city.delivery(), "city_safety", NEXT, 2023, minimum=minimum)


def test_errors_say_what_to_do(demo_dir: Path, tmp_path: Path, city, school) -> None:
    with pytest.raises(CodebookError, match="has the wave 2023 already"):
        draft_codebook(city.delivery(), "city_safety", 2023)
    with pytest.raises(InputError, match="no respondents"):
        draft_codebook(
            replace(city.delivery(), frame=city.frame.iloc[:0]), "city_safety", NEXT, 2023
        )
    with pytest.raises(CodebookError, match="says 2024, and the wave 2089"):
        draft_codebook(school.delivery(), "school_survey", NEXT)
    with pytest.raises(CodebookError, match="is not the delivery of city_safety 2023"):
        draft_codebook(city.delivery(), "city_safety", NEXT, 2023, previous=city.delivery())
    with pytest.raises(UnknownNameError, match="wave"):
        draft_codebook(city.delivery(), "city_safety", NEXT, from_wave=2019)
    with pytest.raises(UnknownNameError, match="codebook"):
        draft_codebook(city.delivery(), "city_safty", NEXT)
    draft = draft_codebook(city.delivery(), "city_safety", NEXT, 2023)
    path = draft.write(tmp_path / "draft.yaml")
    with pytest.raises(InputError, match="may hold what was confirmed"):
        draft.write(path)
    with pytest.raises(InputError, match="does not exist"):
        draft.write(tmp_path / "no" / "draft.yaml")


def test_waves_on_one_line_are_refused(city, tmp_path: Path) -> None:
    text = data_path("codebooks", "city_safety.yaml").read_text(encoding="utf-8")
    constant = "{constant: Stockholm}"
    years = [f"{year}: {constant}" for year in Codebook.load("city_safety").waves]
    line = "    waves:\n" + "".join(f"      {year}\n" for year in years)
    assert line in text
    flow = "    waves: {" + ", ".join(years) + "}\n"
    path = tmp_path / "flow.yaml"
    path.write_text(text.replace(line, flow), encoding="utf-8")
    with pytest.raises(CodebookError, match=r"flow.yaml, line \d+: .* one wave a line"):
        draft_codebook(city.delivery(), path, NEXT)


def test_the_command_line(
    demo_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = held_back("city_safety", 2023, tmp_path)
    out, table = tmp_path / "city_2023.yaml", tmp_path / "draft.json"
    argv = ["draft-codebook", file_of(demo_dir, "city_safety", 2023), "--from", book]
    argv += ["--wave", 2023, "--out", out, "--json", table]
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "22 of 22 variables found" in shown
    assert "places to CONFIRM" in shown
    content = json.loads(table.read_text(encoding="utf-8"))
    evening = next(p for p in content["proposals"] if p["name"] == "unsafe_evening")
    assert (evening["old"], evening["variable"]) == ("F14", "Fr11")
    assert evening["candidates"][0]["name"] == "Fr11"
    assert Codebook.load(out).item("unsafe_evening", 2023).variable == "Fr11"
    with pytest.raises(SystemExit) as again:
        main([str(a) for a in argv])
    assert again.value.code == 2


def test_a_wide_delivery_is_drafted_in_seconds(evening) -> None:
    import time

    new = next_wave(evening)
    rng = np.random.default_rng(3)
    extra = pd.DataFrame(
        rng.integers(1, 6, (len(new.frame), 560)), columns=[f"X{i}" for i in range(560)]
    )
    wide = replace(
        new,
        frame=pd.concat([new.frame, extra], axis=1),
        labels=replace(
            new.labels,
            variables={**new.labels.variables, **{c: f"Fråga om {c}" for c in extra}},
        ),
    )
    start = time.perf_counter()
    draft = draft_codebook(wide, "city_safety", NEXT, 2023)
    assert time.perf_counter() - start < 20
    assert (
        of(draft, "unsafe_evening").variable
        == of(draft_codebook(new, "city_safety", NEXT, 2023), "unsafe_evening").variable
    )
