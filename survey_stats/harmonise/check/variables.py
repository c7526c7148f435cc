"""Variables that are not there, and codes that the codebook does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from survey_stats.harmonise.check.finding import (
    Kind,
    Problem,
    Words,
    first_sv,
    listed,
    problem,
    quoted,
    say,
)
from survey_stats.harmonise.check.view import View
from survey_stats.harmonise.codebook import Codebook
from survey_stats.harmonise.columns import Fault
from survey_stats.harmonise.recode import born
from survey_stats.harmonise.source import Source, candidates
from survey_stats.harmonise.waves import question_text

_FAULTS: dict[str, Kind] = {
    "unknown": "unknown code",
    "declared": "contradicted code",
    "label": "contradicted label",
    "variable": "contradicted label",
}
_MOST_CODES = 3
_MOST_CANDIDATES = 3
# a column that is less likely the lacking variable is not worth looking at
_LIKELY = 0.05


def lacking(
    view: View,
    needed: Mapping[str, str],
    variables: Sequence[str],
    previous: Sequence[View],
) -> Iterator[Problem]:
    """Each lacking variable with the columns that might be it.

    A delivery that is one of another shipped codebook is one finding.

    Args:
        view: the delivery with the variables that are there.
        needed: variable -> what it is for.
        variables: those that are not there.
        previous: deliveries of other waves, whose labels and distributions say more.
    """
    source, book = view.source, view.book
    if 2 * len(variables) > len(needed) and (other := fitting(source, book.survey)):
        what = say(
            "{n} of {all} variables are not in the delivery: {told}",
            "{n} av {all} variabler finns inte i leveransen: {told}",
            n=len(variables),
            all=len(needed),
            told=listed(variables),
        )
        hint = say(
            "its variables are those of {other}; give that codebook",
            "variablerna är de i {other}; ange den kodboken",
            other=other,
        )
        yield problem("error", "missing variable", source.file, len(variables), what, hint)
        return
    if 2 * len(variables) > len(needed):
        what = say(
            "{n} of {all} variables of {survey} {year} are not in the delivery",
            "{n} av {all} variabler i {survey} {year} finns inte i leveransen",
            n=len(variables),
            all=len(needed),
            survey=book.survey,
            year=view.year,
        )
        hint = Words(
            "if it is a wave that the codebook does not have, draft it: survey-stats "
            "draft-codebook",
            "om det är en våg som kodboken inte har, gör ett utkast: survey-stats draft-codebook",
        )
        yield problem("note", "missing variable", source.file, len(variables), what, hint)
    alike = _alike(view, variables, previous) if variables else {}
    for variable in variables:
        purpose = needed[variable]
        by_name = candidates(source, variable, question_text(book, purpose))
        free = [c for c in by_name if c not in set(view.columns.values())]
        close = list(dict.fromkeys([*alike.get(variable, ()), *free]))[:_MOST_CANDIDATES]
        told = [f"{c} ({source.labels.label(c)})" if source.labels.label(c) else c for c in close]
        hint = Words("", "")
        if told:
            hint = Words(
                f"did you mean {' or '.join(told)}?", f"kan den vara {' eller '.join(told)}?"
            )
        what = Words("is not in the delivery", "finns inte i leveransen")
        where = f"{variable} ({purpose})"
        yield problem("error", "missing variable", where, 1, what, hint, name=_name(purpose))


def _alike(view: View, variables: Sequence[str], previous: Sequence[View]) -> dict[str, list[str]]:
    """variable -> unused columns that ask the same, by label, answers, distribution and name."""
    # imported here, as few deliveries lack a variable
    from survey_stats.harmonise.matching import match
    from survey_stats.harmonise.matching.profiles import needed_by, seen_in

    used = set(view.columns.values())
    unused = [s.profile() for s in seen_in(view.delivery) if s.name not in used]
    looked_for = {p.name: p for p in needed_by(view.book, view.year)}
    for then in reversed(previous):
        before = {p.name: p for p in needed_by(then.book, then.year, seen_in(then.delivery))}
        for name, item in view.book.items(view.year):
            entry = view.book.asked(name).waves.get(then.year)
            if item.variable is not None and entry is not None and entry.variable in before:
                old = before[str(entry.variable)]
                same = entry.codes == item.codes
                looked_for[item.variable] = replace(
                    old,
                    name=item.variable,
                    position=None,
                    shares=old.shares if same else {},
                    answers=old.answers if same else looked_for[item.variable].answers,
                )
    wanted = [looked_for[v] for v in variables]
    return {
        variable: [c.name for c in found if c.confidence >= _LIKELY]
        for variable, (_, found) in zip(variables, match(wanted, unused), strict=True)
    }


def codes(faults: Sequence[Fault], book: Codebook, year: int) -> Iterator[Problem]:
    """The first few codes of each variable, and one line for the others."""
    by_variable: dict[str, list[Fault]] = {}
    for fault in faults:
        by_variable.setdefault(f"{fault.variable} ({fault.name})", []).append(fault)
    for where, found in by_variable.items():
        for f in found[:_MOST_CODES]:
            label = f" ({f.label!r})" if f.label else ""
            what = Words(
                f"the code {f.code!r}{label}, first in row {f.first_row}",
                f"koden {quoted(f.code)}{label}, först i rad {f.first_row}",
            )
            if f.kind == "variable":
                what = Words(f"labelled {f.label!r}", f"har etiketten {f.label!r}")
            hint = Words(f.hint, _hint_sv(f, book, year))
            yield problem("error", _FAULTS[f.kind], where, f.n, what, hint, name=f.name)
        rest = found[_MOST_CODES:]
        if rest:
            what = Words(
                f"{len(rest)} more codes that do not fit", f"{len(rest)} koder till som inte passar"
            )
            n = sum(f.n for f in rest)
            yield problem("error", _FAULTS[rest[0].kind], where, n, what, name=rest[0].name)


def _hint_sv(fault: Fault, book: Codebook, year: int) -> str:
    if fault.kind == "variable":
        return "etiketten hör till en annan fråga; ta reda på vilket som är rätt"
    if fault.kind == "label":
        return "etiketten betyder ett annat svar än kodboken läser; ta reda på vilket som är rätt"
    if fault.kind == "declared":
        return (
            "leveransen anger koden som saknat svar och kodboken läser den som ett svar; "
            "skriv i kodboken vilket som är rätt"
        )
    item = book.item(fault.name, year)
    if item.names is not None and item.read == "label" and not fault.label:
        return "koden har ingen värdeetikett med ett namn; be om en fil med etiketter"
    if item.names is not None:
        return "namnet finns inte på kartan i den indelning som vågen använder"
    if item.years and born(fault.code, year):
        return "ingen ålder, men kan vara ett födelseår; be om åldrar"
    if item.years:
        return "ingen ålder; rätta den eller skriv den under 'missing' i kodboken"
    known = first_sv(list(book.codes(item)), 8)
    return f"kodboken har {known}; skriv koden under 'codes' eller 'missing'"


def fitting(source: Source, survey: str) -> str | None:
    """The shipped codebook of another survey, and its wave, that a delivery fits."""
    for name in Codebook.names():
        book = Codebook.load(name)
        if book.survey != survey:
            waves = [w for w in book.waves if not source.find_all(book.variables(w))[1]]
            if waves:
                return f"{name} {' or '.join(map(str, waves))}"
    return None


def _name(purpose: str) -> str:
    return "" if purpose in ("respondent", "weight", "stratum", "psu", "year") else purpose
