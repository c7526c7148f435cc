"""What broke from an earlier wave: distributions, and how questions go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from survey_stats.harmonise.check import breaks, order
from survey_stats.harmonise.check.breaks import Floats, Sample
from survey_stats.harmonise.check.finding import (
    Evidence,
    Problem,
    Words,
    listed,
    percent_words,
    problem,
    say,
)
from survey_stats.harmonise.check.pair import Pair
from survey_stats.harmonise.check.view import Bools, View
from survey_stats.labels import number

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

    def words(self, i: int) -> Words:
        """The readers' words for an answer."""
        return self.pair.now.words(self.name, self.answers[i])


def compare(name: str, pair: Pair) -> Compared:
    """An item in two waves."""
    answers, ordered = pair.answers(name)
    return Compared(name, pair, answers, ordered, *pair.shares(name, answers))


def against(pairs: Mapping[str, Pair], main: Pair, skip: set[str]) -> Iterator[Problem]:
    """Every distribution or correlation that broke from the waves before.

    Args:
        pairs: item -> the pair of waves in which it is compared.
        main: the pair in which it is looked at how questions go together.
        skip: items that hardly anybody answered, of which that is said already.
    """
    compared = {n: compare(n, p) for n, p in pairs.items() if n not in skip and len(_told(n, p))}
    broken = {n: c for n, c in compared.items() if c.broken}
    own = [n for n, p in pairs.items() if p is main and n in compared]
    links = _together(main, own, {n: compared[n] for n in own})
    for name, c in compared.items():
        link = links.turned.get(name)
        if name in broken:
            yield _broken(c, broken, name in links.telling, link)
        elif link is not None and name == link.names[0]:
            yield _turned(c, link)
        elif name in links.gone:
            yield _gone(c, links.gone[name])
        elif name in links.moved:
            yield _swapped(c, links.moved[name])


def _told(name: str, pair: Pair) -> tuple[str, ...]:
    return pair.answers(name)[0] if pair.now.book.item(name, pair.now.year).variable else ()


def _broken(
    c: Compared, broken: Mapping[str, Compared], telling: bool, link: Link | None
) -> Problem:
    """A finding on a distribution, with the reading of the codes that would undo it."""
    evidence, moved = evidence_of(c), _moved(c)
    year, where = c.pair.then.year, c.pair.now.where(c.name)
    other = breaks.reading(c.then.shares, c.now.shares, c.ordered)
    backwards = c.ordered and other == tuple(reversed(range(len(c.answers))))
    if link is not None or (backwards and not telling):
        start = Words(f"broke from {year}", f"bröt mot {year}")
        if backwards:
            start = Words(
                f"the answers are those of {year} turned round",
                f"svaren är de från {year} i omvänd ordning",
            )
        also = Words("", "") if link is None else _opposite(link)
        what = Words(
            "; ".join(t for t in (f"{start.en}: {moved.en}", also.en) if t),
            "; ".join(t for t in (f"{start.sv}: {moved.sv}", also.sv) if t),
        )
        return problem("warning", "reversed", where, c.now.n, what, _TURN, c.name, evidence)
    what = Words(f"broke from {year}: {moved.en}", f"bröt mot {year}: {moved.sv}")
    hint = _hint(c, broken, other)
    return problem("warning", "distribution", where, c.now.n, what, hint, c.name, evidence)


_TURN = Words(
    "the codes may stand in reverse order; confirm with who made the delivery, then turn 'codes'",
    "koderna kan stå i omvänd ordning; fråga den som gjort leveransen och vänd sedan 'codes'",
)


def _hint(c: Compared, broken: Mapping[str, Compared], reading: tuple[int, ...] | None) -> Words:
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
    if reading is not None:
        moved = [i for i, j in enumerate(reading) if i != j]
        if len(moved) == 2:
            a, b = (c.words(i) for i in moved)
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


def _turned(c: Compared, link: Link) -> Problem:
    what, where = _opposite(link), c.pair.now.where(c.name)
    if len(link.names) > 1:
        where = ", ".join(c.pair.now.where(n) for n in link.names)
        what = Words(
            f"{what.en}; one of the two may be turned round",
            f"{what.sv}; en av de två kan vara omvänd",
        )
    return problem("warning", "reversed", where, c.now.n, what, _TURN, c.name)


def _opposite(link: Link) -> Words:
    return Words(
        f"it goes with other questions the opposite way, {link.told.en}",
        f"sambanden med andra frågor är motsatta, {link.told.sv}",
    )


def _gone(c: Compared, link: Link) -> Problem:
    what = Words(
        f"it no longer goes with other questions, {link.told.en}",
        f"sambanden med andra frågor är borta, {link.told.sv}",
    )
    hint = Words(
        "its values may stand in the wrong rows; ask for the file again",
        "värdena kan stå i fel rader; be om filen på nytt",
    )
    where = c.pair.now.where(c.name)
    return problem("warning", "association", where, c.now.n, what, hint, c.name)


def _swapped(c: Compared, pairs: Sequence[tuple[int, int]]) -> Problem:
    told = [say("{a!r} and {b!r}", "”{a}” och ”{b}”", a=c.words(i), b=c.words(j)) for i, j in pairs]
    what = say(
        "those who answer {told} have changed places since {year}, by what they answer to the "
        "other questions",
        "de som svarar {told} har bytt plats sedan {year}, efter vad de svarar på de andra "
        "frågorna",
        told=listed(told),
        year=c.pair.then.year,
    )
    hint = Words(
        "the codes of the answers may be swapped; confirm with who made the delivery",
        "svarens koder kan ha bytt plats; fråga den som gjort leveransen",
    )
    where, evidence = c.pair.now.where(c.name), evidence_of(c)
    return problem("warning", "swapped answers", where, c.now.n, what, hint, c.name, evidence)


@dataclass(frozen=True)
class Link:
    """Questions that go with others otherwise than before, and the clearest example."""

    names: tuple[str, ...]
    told: Words


@dataclass(frozen=True)
class Links:
    """Which questions have telling correlations, were turned round, or lost theirs."""

    telling: frozenset[str] = frozenset()
    turned: Mapping[str, Link] = field(default_factory=dict)
    gone: Mapping[str, Link] = field(default_factory=dict)
    moved: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)


def _together(main: Pair, names: Sequence[str], compared: Mapping[str, Compared]) -> Links:
    """How the items go together in the two waves."""
    names = [n for n in names if compared[n].ordered and len(compared[n].answers) > 1]
    names = [n for n in names if min(compared[n].then.n, compared[n].now.n) > 1]
    if len(names) < 2:
        return Links()
    sides, every = [], []
    for view, rows, side in ((main.then, main.rows[1], "then"), (main.now, main.rows[0], "now")):
        scores = np.column_stack([_scores(view, n, compared[n].answers, rows) for n in names])
        sizes: list[Sample] = [getattr(compared[n], side) for n in names]
        effects = np.array([s.n / s.effective for s in sizes])
        every.append((scores, view.weights[rows], effects))
        sides.append(breaks.together(*every[-1]))
    telling, opposite, faded = breaks.turned(*sides)

    def link(found: tuple[int, ...], hit: Bools) -> Link:
        i = found[0]
        j = int(np.where(hit[i], np.abs(sides[0].r[i]), -1).argmax())
        r = [
            Words(*(number(float(s.r[i, j]), 2, lang, sign=True) for lang in ("en", "sv")))
            for s in sides
        ]
        told = Words(
            f"the correlation with {names[j]} is {r[1].en}, in {main.then.year} {r[0].en}",
            f"korrelationen med {names[j]} är {r[1].sv}, {main.then.year} {r[0].sv}",
        )
        return Link(tuple(names[k] for k in found), told)

    turned = [link(found, opposite) for found in breaks.culprits(telling, opposite, 1)]
    gone = [link(found, faded) for found in breaks.culprits(telling, faded, 2) if len(found) == 1]
    suspect = {n for t in (*turned, *gone) for n in t.names}
    suspect |= {n for n in names if compared[n].broken}
    moved = {}
    for i, n in enumerate(names):
        k = len(compared[n].answers)
        if k < 3 or n in suspect:
            continue
        partners = telling[i] & np.array([other not in suspect for other in names])
        r = np.where(partners, sides[0].r[i], 0.0)
        profiles = [
            order.profile(x[:, i], order.rest_score(x, w, r), w, k, effects[i])
            for x, w, effects in every
        ]
        pairs = order.changed_places(profiles[0], profiles[1]) if partners.any() else []
        if pairs:
            moved[n] = pairs
    return Links(
        frozenset(n for n, row in zip(names, telling, strict=True) if row.any()),
        {n: t for t in turned for n in t.names},
        {t.names[0]: t for t in gone},
        moved,
    )


def _scores(view: View, name: str, answers: tuple[str, ...], rows: Bools) -> Floats:
    positions = view.positions(name, answers, rows)
    return np.where(positions >= 0, positions, np.nan).astype(np.float64)


def evidence_of(c: Compared) -> Evidence:
    """The two distributions of an item; of many answers those that changed most."""
    kept = range(len(c.answers))
    if len(c.answers) > _MOST_ROWS:
        by_change = np.argsort(-np.abs(c.now.shares - c.then.shares), kind="stable")
        kept = sorted(by_change[:_MOST_ROWS].tolist())  # type: ignore[assignment]
    rows = tuple((c.words(i), float(c.then.shares[i]), float(c.now.shares[i])) for i in kept)
    return Evidence(str(c.pair.then.year), str(c.pair.now.year), rows)


def _moved(c: Compared) -> Words:
    """The answers that changed most, as text."""
    change = c.now.shares - c.then.shares
    most = np.argsort(-np.abs(change), kind="stable")[: 1 if len(change) == 2 else 2]
    en, sv = [], []
    for i in sorted(most.tolist(), key=lambda i: -abs(change[i])):
        words = c.words(i)
        p, q = (percent_words(s.shares[i]) for s in (c.then, c.now))
        en.append(f"{words.en!r} {p.en} to {q.en}")
        sv.append(f"”{words.sv}” {p.sv} till {q.sv}")
    return Words(", ".join(en), ", ".join(sv))
