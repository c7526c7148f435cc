"""Labels that changed since an earlier wave."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from survey_stats.errors import enumerate_first, fold
from survey_stats.harmonise.check.finding import Problem, Severity, Words, problem
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.check.view import View

# "F14. ", "12a) ", "Fr28 a: " before the words of a question
_NUMBER = re.compile(r"^\W*[a-zåäö]{0,4}\s?\d+\s?[a-z]?(?:_\d+)?\s*[.:)\-–]\s*", re.IGNORECASE)
# labels less alike than this are other words, and not the same words spelled otherwise
_ALIKE = 0.8


def changed_labels(pairs: Mapping[str, Pair]) -> Iterator[Problem]:
    """Variable labels and value labels that are not those of the wave before.

    Numbers of questions, case, accents and punctuation do not count. A label that is much like
    the old one or has its words with more is a note, another text is a warning. The same change in
    several variables is one finding.
    """
    alike: dict[tuple[object, ...], list[Problem]] = {}
    for name, pair in pairs.items():
        for p in (*_variable(name, pair), *_values(name, pair)):
            alike.setdefault((p.severity, p.what, p.hint), []).append(p)
    for found in alike.values():
        first, places = found[0], [p.where for p in found]
        yield replace(
            first,
            where=enumerate_first(places, 6),
            count=sum(p.count for p in found),
            name=first.name if len(found) == 1 else "",
        )


def unlabelled(pair: Pair) -> Iterator[Problem]:
    """A delivery without labels where the wave before had them."""
    then, now = (v.source.labels for v in (pair.then, pair.now))
    if then.value_labels and not now.value_labels:
        what = Words(
            f"has no value labels, those of {pair.then.year} did",
            f"har inga värdeetiketter, det hade leveransen {pair.then.year}",
        )
        hint = Words(
            "the meaning of the codes rests on the codebook alone; ask for a labelled file",
            "kodernas betydelse vilar på kodboken ensam; be om en fil med etiketter",
        )
        yield problem("note", "changed label", pair.now.source.file, 1, what, hint)


def _column(view: View, name: str) -> str:
    return view.columns.get(str(view.book.item(name, view.year).variable), "")


def _variable(name: str, pair: Pair) -> Iterator[Problem]:
    old, new = (
        _NUMBER.sub("", v.source.labels.label(_column(v, name))) for v in (pair.then, pair.now)
    )
    if old and new and _plain(old) != _plain(new):
        what = Words(
            f"labelled {new!r}, in {pair.then.year} {old!r}",
            f"har etiketten ”{new}”, {pair.then.year} ”{old}”",
        )
        hint = Words(
            "if the wording changed, give the wave its own 'wording' in the codebook",
            "om formuleringen har ändrats, ge vågen en egen 'wording' i kodboken",
        )
        n = int((pair.now.answers[name].answer >= 0).sum())
        where = pair.now.where(name)
        yield problem(_severity(old, new), "changed label", where, n, what, hint, name=name)


def _values(name: str, pair: Pair) -> Iterator[Problem]:
    old, new = (_labels(v, name) for v in (pair.then, pair.now))
    meant = {label: answer for answer, labels in old.items() for label in labels}
    for answer, labels in new.items():
        if answer not in old or labels.keys() & old[answer].keys():
            continue
        n = sum(n for _, n in labels.values())
        label, before = (min(told.values(), key=_most)[0] for told in (labels, old[answer]))
        moved = next((meant[t] for t in labels if t in meant), None)
        words = pair.now.words(name, answer)
        what = Words(
            f"{words.en!r} is labelled {label!r}, in {pair.then.year} {before!r}",
            f"”{words.sv}” har etiketten ”{label}”, {pair.then.year} ”{before}”",
        )
        hint = Words("confirm that it is the same answer", "bekräfta att det är samma svar")
        severity = _severity(before, label)
        if moved is not None:
            severity, was = "warning", pair.now.words(name, moved)
            hint = Words(
                f"in {pair.then.year} that was the label of {was.en!r}; the codes may have moved",
                f"{pair.then.year} var det etiketten på ”{was.sv}”; koderna kan ha flyttats",
            )
        where = pair.now.where(name)
        yield problem(severity, "changed label", where, n, what, hint, name=name)


def _labels(view: View, name: str) -> dict[str, dict[str, tuple[str, int]]]:
    """answer -> folded label -> (label, respondents), of items read by their codes."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    if view.book.item(name, view.year).read == "label":
        return found
    for t in view.answers[name].told:
        if t.answer is not None and t.label:
            found.setdefault(t.answer, {})[_plain(t.label)] = (t.label, t.n)
    return found


def _plain(label: str) -> str:
    """A label without case, accents, punctuation and doubled blanks."""
    return " ".join(re.findall(r"\w+", fold(label)))


def _most(told: tuple[str, int]) -> tuple[int, str]:
    """The label of most respondents first."""
    return -told[1], told[0]


def _severity(old: str, new: str) -> Severity:
    a, b = _plain(old), _plain(new)
    words = [set(t.split()) for t in (a, b)]
    grown = words[0] <= words[1] or words[1] <= words[0]
    return "note" if grown or difflib.SequenceMatcher(None, a, b).ratio() >= _ALIKE else "warning"
