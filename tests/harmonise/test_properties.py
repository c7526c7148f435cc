"""To harmonise and then tabulate is to tabulate and then map, for any codebook and any data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_stats as ss
from survey_stats.harmonise import Codebook
from survey_stats.read import Delivery, Manifest, UserMissing, VariableLabels

WORDS = {"sv": "text", "en": "text"}
REASONS = ("no_answer", "dont_know", "refused", "not_applicable", "invalid_answer")
CODINGS = ("one", "two")


@dataclass(frozen=True)
class Made:
    """A codebook as plain values, and a delivery that it tells."""

    content: dict[str, Any]
    frame: pd.DataFrame
    declared: dict[str, tuple[float, ...]]

    @property
    def book(self) -> Codebook:
        return Codebook.model_validate(self.content)

    def delivery(self, frame: pd.DataFrame | None = None) -> Delivery:
        kept = self.frame if frame is None else frame
        about = Manifest("made.sav", "0" * 64, 1, len(kept), kept.shape[1], "test")
        return Delivery(kept, VariableLabels(), UserMissing(self.declared), about)


@st.composite
def asked_questions(draw: st.DrawFn, variables: list[str]) -> dict[str, Any]:
    """Questions on scales of random answers, with random codes, reasons and codings."""
    scales, questions = {}, {}
    for i, variable in enumerate(variables):
        answers = [f"a{k}" for k in range(draw(st.integers(2, 5)))]
        codes = draw(st.permutations(range(12)))
        several = draw(st.integers(len(answers), len(answers) + 2))
        meant = {c: answers[k % len(answers)] for k, c in enumerate(codes[:several])}
        reasons = {c: draw(st.sampled_from(REASONS)) for c in codes[several : several + 2]}
        scales[f"s{i}"] = {"order": "best_first", "answers": dict.fromkeys(answers, WORDS)}
        codings = {}
        for coding in CODINGS[: draw(st.integers(1, 2))]:
            sides = draw(
                st.lists(
                    st.sampled_from(["positive", "negative", "missing"]),
                    min_size=len(answers),
                    max_size=len(answers),
                ).filter(lambda s: "positive" in s and "negative" in s)
            )
            by_side = {s: [a for a, t in zip(answers, sides, strict=True) if t == s] for s in sides}
            codings[coding] = {
                "positive": by_side["positive"],
                "negative": by_side["negative"],
                "missing": dict.fromkeys(by_side.get("missing", []), "left_out_by_coding"),
            }
        questions[f"q{i}"] = {
            "text": WORDS,
            "wording": f"w{i}",
            "scale": f"s{i}",
            "codings": codings,
            "default_coding": next(iter(codings)),
            "waves": {2020: {"variable": variable, "codes": meant, "missing": reasons}},
        }
    return {"scales": scales, "questions": questions}


@st.composite
def deliveries(draw: st.DrawFn) -> Made:
    """A codebook of asked questions and a derived one, and data with every kind of code."""
    asked = draw(asked_questions([f"V{i}" for i in range(draw(st.integers(1, 3)))]))
    n_parts = draw(st.integers(1, 3))
    parts = {
        f"p{i}": {
            "text": WORDS,
            "scale": "yes_no",
            "waves": {2020: {"variable": f"P{i}", "codes": {1: "yes", 2: "no"}}},
        }
        for i in range(n_parts)
    }
    asked["scales"]["yes_no"] = {"answers": {"yes": WORDS, "no": WORDS}}
    asked["questions"]["any"] = {
        "text": WORDS,
        "wording": "any",
        "derived": {
            "any_of": list(parts),
            "rule": draw(st.sampled_from(["all_answered", "any_answered"])),
        },
    }
    content = {
        "survey": "made_up",
        "title": WORDS,
        "sources": [],
        "assumptions": [],
        "waves": {
            2020: {
                "respondent": "ID",
                "weight": "W",
                "districts_as_of": "2020-12-31",
                "missing": {98: "dont_know", 99: "no_answer"},
                "facts": {"population": "residents"},
            }
        },
        "background": {},
        "parts": parts,
        **asked,
    }
    n = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns: dict[str, Any] = {"ID": np.arange(1.0, n + 1), "W": rng.uniform(0.1, 9, n)}
    declared: dict[str, tuple[float, ...]] = {}
    for variable, item in _items(content):
        known = [*item["codes"], *item.get("missing", {}), 98, 99]
        if draw(st.booleans()):
            # a code that only the delivery knows as missing
            declared[variable] = (77.0,)
            known.append(77)
        values = rng.choice(np.array(known, dtype=float), n)
        values[rng.random(n) < 0.1] = np.nan
        columns[variable] = values
    return Made(content, pd.DataFrame(columns), declared)


def _items(content: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    entries = [*content["parts"].values(), *content["questions"].values()]
    return [(e["waves"][2020]["variable"], e["waves"][2020]) for e in entries if "waves" in e]


def told(made: Made, item: dict[str, Any], code: float) -> tuple[str | None, str | None]:
    """(answer, reason) of a code, by the plain words of the codebook."""
    if np.isnan(code):
        return None, "blank"
    if code in item["codes"]:
        return item["codes"][code], None
    reasons = {98: "dont_know", 99: "no_answer", **item.get("missing", {})}
    return None, reasons.get(int(code), "declared_missing")


def mapped(made: Made) -> dict[str, tuple[dict[bool, list[int]], Counter[str]]]:
    """Column -> rows of each answer and counts of each reason, from the table of raw codes."""
    frame = made.frame
    result: dict[str, tuple[dict[bool, list[int]], Counter[str]]] = {}
    for name, question in made.content["questions"].items():
        if "derived" in question:
            result[name] = _mapped_any(made, question["derived"])
            continue
        item = question["waves"][2020]
        table = frame.groupby(item["variable"], dropna=False).indices
        codings = question["codings"]
        columns = {name: codings[question["default_coding"]]}
        if len(codings) > 1:
            columns |= {f"{name}__{c}": k for c, k in codings.items()}
        for column, coding in columns.items():
            rows: dict[bool, list[int]] = {True: [], False: []}
            why: Counter[str] = Counter()
            for code, at in table.items():
                answer, reason = told(made, item, code)
                if answer in coding["positive"]:
                    rows[True] += list(at)
                elif answer in coding["negative"]:
                    rows[False] += list(at)
                else:
                    why[reason or coding["missing"][answer]] += len(at)
            result[column] = rows, why
    return result


def _mapped_any(made: Made, derived: dict[str, Any]) -> tuple[dict[bool, list[int]], Counter[str]]:
    items = [made.content["parts"][p]["waves"][2020] for p in derived["any_of"]]
    rows: dict[bool, list[int]] = {True: [], False: []}
    why: Counter[str] = Counter()
    for i, codes in enumerate(made.frame[[it["variable"] for it in items]].to_numpy()):
        parts = [told(made, item, code) for item, code in zip(items, codes, strict=True)]
        answers = [a for a, _ in parts]
        if "yes" in answers:
            rows[True].append(i)
        elif None not in answers or (derived["rule"] == "any_answered" and "no" in answers):
            rows[False].append(i)
        else:
            nothing = all(a is None for a in answers)
            why[str(parts[0][1]) if nothing else "part_missing"] += 1
    return rows, why


@settings(max_examples=120, deadline=None)
@given(deliveries())
def test_harmonise_then_tabulate_is_tabulate_then_map(made: Made) -> None:
    harmonised = ss.harmonise(made.delivery(), made.book, 2020)
    weights = made.frame["W"].to_numpy()
    expected = mapped(made)
    assert set(expected) == {c for c in harmonised.frame if c in expected}
    reasons = harmonised.missing.groupby("question")
    for column, (rows, why) in expected.items():
        answers = harmonised.frame[column]
        for answer, at in rows.items():
            hit = (answers == answer).fillna(False).to_numpy(dtype=bool)
            assert hit.sum() == len(at)
            # the same respondents in the same order: the same sum to the last bit
            assert harmonised.frame["weight"].to_numpy()[hit].sum() == weights[sorted(at)].sum()
        assert answers.isna().sum() == sum(why.values())
        named = reasons.get_group(column) if column in reasons.groups else harmonised.missing[:0]
        assert dict(zip(named["reason"], named["n"], strict=True)) == dict(why)


@settings(max_examples=40, deadline=None)
@given(deliveries())
def test_provenance_counts_every_respondent_once(made: Made) -> None:
    harmonised = ss.harmonise(made.delivery(), made.book, 2020)
    counts = harmonised.provenance.groupby("question")["n"].sum()
    assert (counts == len(made.frame)).all()
    for variable, item in _items(made.content):
        rows = harmonised.provenance[harmonised.provenance["variable"] == variable]
        for row in rows.itertuples():
            code = np.nan if row.code == "" else float(row.code)
            answer, reason = told(made, item, code)
            assert row.answer == answer if answer else pd.isna(row.answer)
            assert row.reason == reason if reason else pd.isna(row.reason)


@settings(max_examples=40, deadline=None)
@given(deliveries(), st.integers(0, 2**32 - 1))
def test_rows_may_come_in_any_order_and_in_parts(made: Made, seed: int) -> None:
    rng = np.random.default_rng(seed)
    book = made.book
    whole = ss.harmonise(made.delivery(), book, 2020).frame
    order = rng.permutation(len(made.frame))
    turned = ss.harmonise(made.delivery(made.frame.iloc[order].reset_index(drop=True)), book, 2020)
    pd.testing.assert_frame_equal(turned.frame, whole.iloc[order].reset_index(drop=True))
    at = int(rng.integers(0, len(made.frame) + 1))
    pieces = [p.reset_index(drop=True) for p in (made.frame[:at], made.frame[at:]) if len(p)]
    told_apart = [ss.harmonise(made.delivery(p), book, 2020).frame for p in pieces]
    pd.testing.assert_frame_equal(pd.concat(told_apart, ignore_index=True), whole)


@settings(max_examples=40, deadline=None)
@given(deliveries(), st.sampled_from(["int", "text", "padded", "decimals"]))
def test_codes_may_be_written_in_any_way(made: Made, spelling: str) -> None:
    write = {
        "int": lambda v: int(v),
        "text": lambda v: str(int(v)),
        "padded": lambda v: f" {int(v):03d} ",
        "decimals": lambda v: f"{int(v)},0",
    }[spelling]
    frame = made.frame.copy()
    for variable, _ in _items(made.content):
        if variable not in made.declared:
            values = [None if np.isnan(v) else write(v) for v in frame[variable]]
            frame[variable] = pd.Series(values, dtype=object)
    expected = ss.harmonise(made.delivery(), made.book, 2020).frame
    pd.testing.assert_frame_equal(
        ss.harmonise(made.delivery(frame), made.book, 2020).frame, expected
    )
