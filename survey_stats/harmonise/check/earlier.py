"""What broke from an earlier wave: distributions, non-response, how questions go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from survey_stats.errors import enumerate_first
from survey_stats.harmonise.check import breaks
from survey_stats.harmonise.check.breaks import Floats, Sample
from survey_stats.harmonise.check.finding import Evidence, Problem, Words, first_sv, problem
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.check.view import Bools, View
from survey_stats.harmonise.reasons import reason_text
from survey_stats.labels import word

# from this many questions on, the same fault in most of them is one finding
_MANY = 4
_MOST_ROWS = 12


@dataclass(frozen=True, eq=False)
class Compared:
    """One item in one pair of waves."""

    name: str
    pair: Pair
    answers: tuple[str, ...]
    ordered: bool
    then: Sample
    now: Sample

    @property
    def broken(self) -> bool:
        """Whether the distribution broke."""
        return breaks.is_break(self.then, self.now, self.ordered, self.pair.large)

    @property
    def scale(self) -> str | None:
        """The scale of the answers."""
        return self.pair.now.scale(self.name)


def compare(name: str, pair: Pair) -> Compared:
    """An item in two waves."""
    answers, ordered = pair.answers(name)
    return Compared(name, pair, answers, ordered, *pair.shares(name, answers))


def against(pairs: Mapping[str, Pair], main: Pair, skip: set[str]) -> Iterator[Problem]:
    """Every break from the waves before.

    Args:
        pairs: item -> the pair of waves in which it is compared.
        main: the pair in which it is looked at how questions go together.
        skip: items that hardly anybody answered, of which that is said already.
    """
    compared = {n: compare(n, p) for n, p in pairs.items() if n not in skip and len(_told(n, p))}
    broken = {n: c for n, c in compared.items() if c.broken}
    own = [n for n, p in pairs.items() if p is main and n in compared]
    telling, opposite, gone = _together(main, own, {n: compared[n] for n in own})
    for name in compared:
        partners = next((names for names in opposite if name in names), ())
        if name in broken:
            yield _broken(broken[name], broken, name in telling, bool(partners))
        elif partners and partners[0] == name:
            yield _turned(compared[name], partners)
        elif name in gone:
            yield _gone(compared[name])
    yield from _silent(pairs, skip)


def _told(name: str, pair: Pair) -> tuple[str, ...]:
    return pair.answers(name)[0] if pair.now.book.item(name, pair.now.year).variable else ()


def _broken(c: Compared, broken: Mapping[str, Compared], telling: bool, opposite: bool) -> Problem:
    """A finding on a distribution, with the reading of the codes that would undo it."""
    evidence = evidence_of(c)
    moved = _moved(c)
    year, where = c.pair.then.year, c.pair.now.where(c.name)
    order = breaks.reading(c.then.shares, c.now.shares, c.ordered)
    backwards = tuple(reversed(range(len(c.answers))))
    reverse = c.ordered and order == backwards and (opposite or not telling)
    if reverse or opposite:
        also = opposite and reverse
        what = Words(
            f"the answers are those of {year} turned round: {moved.en}"
            + (", and it goes with the other questions the opposite way" if also else ""),
            f"svaren är de från {year} i omvänd ordning: {moved.sv}"
            + (", och sambanden med de andra frågorna är de motsatta" if also else ""),
        )
        if not reverse:
            what = Words(
                f"it goes with the other questions the opposite way than in {year}: {moved.en}",
                f"sambanden med de andra frågorna är motsatta mot {year}: {moved.sv}",
            )
        return problem("warning", "reversed", where, c.now.n, what, _TURN, c.name, evidence)
    what = Words(f"broke from {year}: {moved.en}", f"bröt mot {year}: {moved.sv}")
    hint = _hint(c, broken, order)
    return problem("warning", "distribution", where, c.now.n, what, hint, c.name, evidence)


_TURN = Words(
    "the codes may stand in reverse order; confirm with who made the delivery, then turn 'codes'",
    "koderna kan stå i omvänd ordning; fråga den som gjort leveransen och vänd sedan 'codes'",
)


def _hint(c: Compared, broken: Mapping[str, Compared], order: tuple[int, ...] | None) -> Words:
    for other in broken.values():
        if other.name != c.name and other.scale == c.scale and other.answers == c.answers:
            crosswise = (
                breaks.size(other.then.shares, c.now.shares, c.ordered),
                breaks.size(c.then.shares, other.now.shares, c.ordered),
            )
            if max(crosswise) < breaks.LARGE:
                return Words(
                    f"its answers are like those of {other.name} before, and the other way round; "
                    "the two columns may be swapped",
                    f"svaren liknar dem på {other.name} tidigare, och tvärtom; de två kolumnerna "
                    "kan ha bytt plats",
                )
    if order is not None:
        moved = [i for i, j in enumerate(order) if i != j]
        if len(moved) == 2:
            a, b = (_words(c, c.answers[i]) for i in moved)
            return Words(
                f"it would be as before if {a.en!r} and {b.en!r} were swapped",
                f"det vore som förut om {a.sv!r} och {b.sv!r} bytte plats",
            )
        if len(moved) == len(c.answers):
            return Words(
                "it would be as before if every code were moved by one",
                "det vore som förut om varje kod flyttades ett steg",
            )
    return Words(
        "ask whether the question, its filter or its codes changed; a change of this size is "
        "seldom one of opinion",
        "fråga om frågan, dess filter eller dess koder har ändrats; en så stor förändring är "
        "sällan en åsiktsförändring",
    )


def _turned(c: Compared, partners: Sequence[str]) -> Problem:
    year = c.pair.then.year
    if len(partners) == 1:
        what = Words(
            f"it goes with the other questions the opposite way than in {year}",
            f"sambanden med de andra frågorna är motsatta mot {year}",
        )
        where = c.pair.now.where(c.name)
    else:
        what = Words(
            f"they go together the opposite way than in {year}; one of them may be turned round",
            f"sambandet mellan dem är motsatt mot {year}; en av dem kan vara omvänd",
        )
        where = ", ".join(c.pair.now.where(n) for n in partners)
    return problem("warning", "reversed", where, c.now.n, what, _TURN, c.name, evidence_of(c))


def _gone(c: Compared) -> Problem:
    year = c.pair.then.year
    what = Words(
        f"it no longer goes with the questions that it went with in {year}",
        f"sambanden med andra frågor från {year} är borta",
    )
    hint = Words(
        "its values may stand in the wrong rows; ask for the file again",
        "värdena kan stå i fel rader; be om filen på nytt",
    )
    where = c.pair.now.where(c.name)
    return problem("warning", "association", where, c.now.n, what, hint, c.name)


def _together(
    main: Pair, names: Sequence[str], compared: Mapping[str, Compared]
) -> tuple[set[str], list[tuple[str, ...]], set[str]]:
    """Items with telling correlations, those that were turned, those whose correlations went."""
    names = [n for n in names if compared[n].ordered and len(compared[n].answers) > 1]
    names = [n for n in names if min(compared[n].then.n, compared[n].now.n) > 1]
    if len(names) < 2:
        return set(), [], set()
    sides = []
    for view, rows, side in ((main.then, main.rows[1], "then"), (main.now, main.rows[0], "now")):
        scores = np.column_stack([_scores(view, n, compared[n].answers, rows) for n in names])
        sizes: list[Sample] = [getattr(compared[n], side) for n in names]
        effects = np.array([s.n / s.effective for s in sizes])
        sides.append(breaks.together(scores, view.weights[rows], effects))
    telling, opposite, faded = breaks.turned(*sides)
    turned = breaks.culprits(telling, opposite, 1)
    gone = breaks.culprits(telling, faded, 2)
    return (
        {n for n, row in zip(names, telling, strict=True) if row.any()},
        [tuple(names[i] for i in found) for found in turned],
        {names[found[0]] for found in gone if len(found) == 1},
    )


def _scores(view: View, name: str, answers: tuple[str, ...], rows: Bools) -> Floats:
    positions = view.positions(name, answers, rows)
    return np.where(positions >= 0, positions, np.nan).astype(np.float64)


def _silent(pairs: Mapping[str, Pair], skip: set[str]) -> Iterator[Problem]:
    """Jumps in the share without an answer, by reason."""
    found: list[tuple[str, Words, int, Evidence]] = []
    looked = 0
    for name, pair in pairs.items():
        if name in skip or pair.now.book.item(name, pair.now.year).variable is None:
            continue
        looked += 1
        reasons, then, now = pair.reasons(name)
        if not breaks.is_break(then, now, False, pair.large):
            continue
        moved = np.abs(now.shares - then.shares)
        moved[0] = 0
        worst = int(moved.argmax())
        words = Words(*(reason_text(reasons[worst], lang) for lang in ("en", "sv")))
        p, q = then.shares[worst], now.shares[worst]
        told = Words(
            f"{words.en!r} {_percent(p)} in {pair.then.year}, {_percent(q)} now",
            f"”{words.sv}” {_percent(p)} år {pair.then.year}, {_percent(q)} nu",
        )
        n = round(abs(q - p) * now.n)
        found.append((name, told, n, _missing_evidence(pair, reasons, then, now)))
    if len(found) >= _MANY and len(found) > looked / 2:
        names = [name for name, *_ in found]
        what = Words(
            f"the share without an answer jumped in {len(found)} of {looked} questions: "
            f"{enumerate_first(names)}; in the first, {found[0][1].en}",
            f"andelen utan svar hoppade i {len(found)} av {looked} frågor: {first_sv(names)}; "
            f"i den första, {found[0][1].sv}",
        )
        file = pairs[names[0]].now.source.file
        yield problem("warning", "non-response", file, len(found), what, _ASK, evidence=found[0][3])
        return
    for name, told, n, evidence in found:
        what = Words(
            f"the share without an answer jumped: {told.en}",
            f"andelen utan svar hoppade: {told.sv}",
        )
        where = pairs[name].now.where(name)
        yield problem("warning", "non-response", where, n, what, _ASK, name, evidence)


_ASK = Words(
    "ask whether fewer people got the question or a code for missing answers changed",
    "fråga om färre har fått frågan eller om en kod för saknat svar har ändrats",
)


def _missing_evidence(pair: Pair, reasons: Sequence[str], then: Sample, now: Sample) -> Evidence:
    rows = []
    for i, reason in enumerate(reasons):
        if max(then.shares[i], now.shares[i]) > 0:
            words = Words(reason_text(reason, "en"), reason_text(reason, "sv"))
            if reason == "answered":
                words = Words("answered", "har svarat")
            rows.append((words, float(then.shares[i]), float(now.shares[i])))
    return Evidence(str(pair.then.year), str(pair.now.year), tuple(rows))


def evidence_of(c: Compared) -> Evidence:
    """The two distributions of an item; of many answers those that changed most."""
    kept = range(len(c.answers))
    if len(c.answers) > _MOST_ROWS:
        by_change = np.argsort(-np.abs(c.now.shares - c.then.shares), kind="stable")
        kept = sorted(by_change[:_MOST_ROWS].tolist())  # type: ignore[assignment]
    rows = tuple(
        (_words(c, c.answers[i]), float(c.then.shares[i]), float(c.now.shares[i])) for i in kept
    )
    return Evidence(str(c.pair.then.year), str(c.pair.now.year), rows)


def _moved(c: Compared) -> Words:
    """The answers that changed most, as text."""
    change = c.now.shares - c.then.shares
    most = np.argsort(-np.abs(change), kind="stable")[: 1 if len(change) == 2 else 2]
    en, sv = [], []
    for i in sorted(most.tolist(), key=lambda i: -abs(change[i])):
        words = _words(c, c.answers[i])
        p, q = _percent(c.then.shares[i]), _percent(c.now.shares[i])
        en.append(f"{words.en!r} {p} to {q}")
        sv.append(f"”{words.sv}” {p} till {q}")
    return Words(", ".join(en), ", ".join(sv))


def _words(c: Compared, answer: str) -> Words:
    scale = c.scale
    if scale is not None:
        text = c.pair.now.book.scales[scale].answers.get(answer)
        if text is not None:
            return Words(text.en, text.sv)
    return Words(word(answer, "en"), word(answer, "sv"))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"
