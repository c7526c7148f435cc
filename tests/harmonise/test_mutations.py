"""Every spoiled delivery harmonises to the right answer or stops with a message on the cause."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import survey_stats as ss
from survey_stats.errors import SurveyStatsError, fold
from survey_stats.harmonise import Harmonised, Problem, check

from . import mutations
from .mutations import Case, Draft, Expect, Outcome

CASES = list(mutations.cases())
FEWEST = 300
# one sentence, not a page
LONGEST = 600
NUMBERS = re.compile(r"[\d.,/]+")


@pytest.fixture(scope="module", autouse=True)
def _demo(demo_dir):
    mutations.use_demo(demo_dir)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_nothing_changes_silently(case: Case, tmp_path, record_property) -> None:
    path, draft, expect = case.make(tmp_path)
    outcome = outcome_of(path, case, draft, expect)
    record_property("mutation", (case.mutation.kind, outcome))
    allowed = {
        "same": ("same",),
        "stop": ("stop",),
        "safe": ("same", "stop"),
        "found": ("found", "stop"),
        "hidden": ("hidden", "found"),
    }
    assert outcome in allowed[expect.outcome]


def outcome_of(path, case: Case, draft: Draft, expect: Expect) -> Outcome:
    """What comes of a case; any other exception than ours is a failure."""
    book, wave = draft.book, case.source.wave
    try:
        told = ss.harmonise(path, book)
    except SurveyStatsError as error:
        text = str(error)
        if expect.outcome == "same":
            raise
        words = expect.words if expect.outcome == "stop" else ()
        assert [w for w in words if w.casefold() not in text.casefold()] == [], text
        assert "\n" not in text
        assert 20 < len(text) < LONGEST, text
        return "stop"
    assert expect.outcome != "stop", "it was harmonised"
    assert told.wave == wave
    if expect.outcome in ("same", "safe"):
        right = mutations.right(case.source.survey, wave)
        if expect.spoiled:
            right = ss.harmonise(draft.delivery(), book, wave)
        assert_same(told, right, expect, portable=case.source.ending == ".por")
        return "same"
    new = new_problems(path, case, strictly=expect.outcome == "hidden")
    if expect.outcome == "hidden":
        return "found" if new else "hidden"
    words = [w.casefold() for w in expect.words]
    assert any(all(w in problem for w in words) for problem in new), new
    return "found"


def new_problems(path, case: Case, strictly: bool) -> list[str]:
    """What `check` says that it does not say of the unspoiled delivery, whatever the numbers."""

    def key(p: Problem) -> tuple[str, ...]:
        return (p.kind, p.where) if strictly else (p.kind, p.where, NUMBERS.sub("#", p.what))

    source = case.source
    known = {key(p) for p in mutations.known_problems(source)}
    book, before = mutations.small_book(source), mutations.before(source)
    found = check(path, book, source.wave, previous=before)
    return [f"{p.where}: {p.what}".casefold() for p in found if key(p) not in known]


def assert_same(told: Harmonised, right: Harmonised, expect: Expect, portable: bool) -> None:
    """The same frame to the last bit, and so the same figures."""
    frames = [told.frame, right.frame]
    if portable:
        # strata are kept as delivered, and portable files have no Swedish letters
        frames = [f.assign(stratum=[fold(s) for s in f["stratum"]]) for f in frames]
    if expect.keys:
        frames = [f.sort_values("respondent", ignore_index=True) for f in frames]
    else:
        own = ["respondent"] if told.codebook.waves[told.wave].psu else ["respondent", "psu"]
        frames = [f.drop(columns=own) for f in frames]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    missing = [h.missing.sort_values(["question", "reason"]).to_dict("list") for h in (told, right)]
    assert missing[0] == missing[1]


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= FEWEST
    assert len({c.id for c in CASES}) == len(CASES)
    assert {c.source.ending for c in CASES} == {".sav", ".por", ".dta", ".csv", ".xlsx", ".parquet"}
    waves = {(name, wave) for name in ss.Codebook.names() for wave in ss.Codebook.load(name).waves}
    spoiled = {(c.source.survey, c.source.wave) for c in CASES}
    assert spoiled == waves, "give every wave a Source in tests/harmonise/mutations.py"
