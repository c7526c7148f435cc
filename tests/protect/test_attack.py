"""An attacker who reads everything that is printed, against random sets of tables.

He knows nothing of how the tables were protected. To him a document is a set of statements about
unknown numbers of people, one unknown for each combination of all columns and answers: a printed
base or share is an equation, the flag of a hidden one an inequality. Linear programming then tells
how closely he knows each hidden cell. Some documents print a share of yes, under a rule for bases;
others all answers, under a rule that also asks for a number of each kind of answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

from survey_stats import protect
from survey_stats.protect import Printed, Sum

SETS, OF_ANSWERS = 940, 60
AT_ONCE = 20
"""So many documents are protected in one call, and attacked in one programme."""
MOST = 5_000.0
YES_NO = ("yes", "no")
ANSWERS = ("never", "seldom", "often")
KINDS = protect.Rule("kinds", minimum_answers=5)


@dataclass
class World:
    """How many gave each answer, by all columns; and which tables are printed of them.

    A column in `within` follows from another: the place is the district or the rest.
    """

    kind: int
    columns: dict[str, list[str]]
    answers: tuple[str, ...]
    people: np.ndarray
    tables: list[tuple[str, ...]]
    within: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def atoms(self) -> list[dict[str, str]]:
        names = list(self.columns)
        out = [dict(zip(names, v, strict=True)) for v in itertools.product(*self.columns.values())]
        for column, (fine, coarse) in self.within.items():
            out = [a | {column: coarse[a[fine]]} for a in out]
        return out

    def rows(self, by: tuple[str, ...]) -> list[dict[str, object]]:
        """One table of it: who, how many answered, and what part of them gave each answer."""
        people: dict[tuple[str, ...], np.ndarray] = {}
        for atom, counts in zip(self.atoms(), self.people.T, strict=True):
            who = tuple(atom[c] for c in by)
            people[who] = people.get(who, 0) + counts
        levels = [(a, {"level": a}) for a in self.answers] if self.levels else [("yes", {})]
        return [
            {
                **dict(zip(by, who, strict=True)),
                **level,
                "estimate": counts[self.answers.index(answer)] / n if n else np.nan,
                "n": n,
            }
            for who, counts in people.items()
            for n in [int(counts.sum())]
            for answer, level in levels
        ]

    @property
    def levels(self) -> bool:
        """Whether all answers are printed."""
        return self.answers != YES_NO


def world(rng: np.random.Generator, answers: tuple[str, ...] = YES_NO, kinds: int = 6) -> World:
    """A small document: margins, a cross table, neighbourhoods in districts, a district against
    the rest, or all of it."""
    kind = int(rng.integers(kinds))
    places, ages = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    if answers != YES_NO:
        # three times as many numbers a cell
        places, ages = min(places, 3), 2
    columns = {"place": [f"p{i}" for i in range(places)], "age": [f"a{i}" for i in range(ages)]}
    tables: list[tuple[str, ...]] = [(), ("place",), ("age",)]
    within: dict[str, tuple[str, dict[str, str]]] = {}
    if kind == 1:
        columns = {k: v[:3] for k, v in columns.items()}
        tables.append(("place", "age"))
    elif kind == 2:
        tables = [("place",), ("place", "age")]
    elif kind == 3:
        columns = {"place": columns["place"][:3], "age": columns["age"][:2], "sex": ["w", "m"]}
        tables = [(), ("place",), ("place", "age"), ("place", "sex")]
    elif kind == 4:
        columns = {"place": columns["place"]}
        tables = [(), ("place",)]
    elif kind == 5:
        columns = {"place": [f"p{i}" for i in range(3)], "age": columns["age"][:2]}
        coarse = {p: "district" if p == "p0" else "rest" for p in columns["place"]}
        within = {"part": ("place", coarse)}
        tables = [(), ("part",), ("place",), ("part", "age"), ("age",)]
    size = math.prod(len(v) for v in columns.values())
    level = np.exp(rng.normal(np.log(120 / size * 3), 1.3, size))
    people = np.minimum(rng.poisson(level), 2_000)
    share = rng.choice([0.0, 0.05, 0.3, 0.5, 0.9, 1.0], p=[0.05, 0.2, 0.3, 0.25, 0.15, 0.05])
    if answers == YES_NO:
        yes = rng.binomial(people, share)
        counts = np.stack([yes, people - yes])
    else:
        # of the others few or many give the second answer
        second = rng.choice([0.02, 0.1, 0.5])
        parts = np.array([share, (1 - share) * second, (1 - share) * (1 - second)])
        counts = rng.multinomial(people, parts).T
    return World(kind, columns, answers, counts, tables, within)


# the parts of a city overlap with its places: what adds up is told
SUMS = [
    Sum({"part": "district"}, [{"place": "p0"}]),
    Sum({"part": "rest"}, [{"place": "p1"}, {"place": "p2"}]),
]


def protected(worlds: Sequence[World], rule: protect.Rule) -> list[list[list[dict]]]:
    """The rows of each table of each document as printed; each document is a survey of its own."""
    places = sorted({(w.kind, by) for w in worlds for by in w.tables})
    printed = []
    for kind, by in places:
        rows = [
            {"survey": i, **row}
            for i, w in enumerate(worlds)
            if w.kind == kind
            for row in w.rows(by)
        ]
        frame = pd.DataFrame(rows).assign(se=0.1, flag="")
        level = [c for c in frame if c == "level"]
        frame = frame[["survey", *by, *level, "estimate", "se", "n", "flag"]]
        printed.append(Printed(frame, by=["survey", *by]))
    out: list[dict[tuple[str, ...], list[dict]]] = [{by: [] for by in w.tables} for w in worlds]
    for (_, by), made in zip(places, protect.together(printed, rule, SUMS), strict=True):
        for row in made.frame.to_dict("records"):
            out[row["survey"]][by].append(row)
    return [[found[by] for by in w.tables] for w, found in zip(worlds, out, strict=True)]


class Attacker:
    """Equations and inequalities about the unknown people, read off the printed rows.

    An unknown is an answer of an atom; all of the first answer come first.
    """

    def __init__(
        self, atoms: Sequence[dict[str, str]], answers: Sequence[str], rule: protect.Rule
    ) -> None:
        self.atoms, self.answers, self.rule = atoms, answers, rule
        self.equal: list[tuple[np.ndarray, float]] = []
        self.most: list[tuple[np.ndarray, float]] = []
        # of each hidden cell: the row, what is asked, and how closely it may be known
        self.hidden: list[tuple[dict[str, object], np.ndarray, float]] = []

    def cell(self, row: dict[str, object], by: Sequence[str], answer: str | None) -> np.ndarray:
        who = np.array([all(a[c] == row[c] for c in by) for a in self.atoms], float)
        return np.concatenate([who * (answer in (None, one)) for one in self.answers])

    def classes(self) -> None:
        """Forget what is printed, but for what its flag would say if it were hidden."""
        few = self.rule.minimum_answers
        for row, value in self.equal:
            whole = np.ptp(row.reshape(len(self.answers), -1), axis=0).max() == 0
            least = self.rule.minimum_base if whole else few
            if least and value >= least:
                self.most.append((-row, -float(least)))
        self.equal.clear()

    def read(self, rows: Sequence[dict], by: Sequence[str]) -> None:
        rule, few = self.rule, self.rule.minimum_answers
        for row in rows:
            answer = str(row.get("level", "yes"))
            base, own = self.cell(row, by, None), self.cell(row, by, answer)
            flag, shown = str(row["flag"]), pd.notna(row["estimate"])
            if pd.notna(row["n"]):
                self.equal.append((base, float(row["n"])))
                if shown:
                    self.equal.append((own, float(row["n"]) * float(row["estimate"])))
                elif flag == protect.SECONDARY:
                    # a kind of answer that nobody gave is shown
                    self.most.append((-own, -float(few)))
            elif shown:
                raise AssertionError("a share without its base")
            if pd.isna(row["n"]):
                assert flag.startswith("suppressed")
                if flag == rule.suppressed:
                    self.most += [(base, rule.minimum_base - 1.0), (-base, -1.0)]
                    if answer in ("yes", self.answers[0]):
                        self.hidden.append((row, base, float(rule.spread)))
                    kinds = self.answers if "level" not in row else [answer]
                    for one in kinds:
                        asked = self.cell(row, by, one)
                        self.hidden.append((row, asked, float(rule.answer_protection)))
                else:
                    self.most.append((-base, -float(rule.minimum_base)))
            if few and flag == rule.few_answers:
                self.most += [(own, few - 1.0), (-own, -1.0)]
                width = min(rule.answer_protection, few - 2)
                self.hidden.append((row, own, float(width)))


def widths(work: Sequence[tuple[Attacker, np.ndarray]]) -> list[np.ndarray]:
    """How closely each attacker knows each sum of unknowns: all in one linear programme."""
    goal, equal, right, most, limit = [], [], [], [], []
    for attacker, asked in work:
        blocks = 2 * len(asked)
        A_eq = np.array([r for r, _ in attacker.equal]).reshape(-1, asked.shape[1])
        A_ub = np.array([r for r, _ in attacker.most]).reshape(-1, asked.shape[1])
        goal.append(np.stack([asked, -asked], axis=1).ravel())
        equal += [sparse.csr_array(A_eq)] * blocks
        right.append(np.tile([b for _, b in attacker.equal], blocks))
        most += [sparse.csr_array(A_ub)] * blocks
        limit.append(np.tile([b for _, b in attacker.most], blocks))
    found = linprog(
        np.concatenate(goal),
        A_ub=sparse.block_diag(most, format="csr"),
        b_ub=np.concatenate(limit),
        A_eq=sparse.block_diag(equal, format="csr"),
        b_eq=np.concatenate(right),
        bounds=(0, MOST),
    )
    assert found.status == 0, found.message
    out, at = [], 0
    for _, asked in work:
        x = found.x[at : at + 2 * asked.size].reshape(len(asked), 2, -1)
        at += 2 * asked.size
        low, high = (np.einsum("ij,ij->i", x[:, k], asked) for k in (0, 1))
        out.append(high - low)
    return out


def attack(
    worlds: Sequence[World], rule: protect.Rule, printed: Sequence[Sequence[list[dict]]]
) -> tuple[list[int], list[str]]:
    """How many cells each document hides, and what of all of them is known too closely."""
    readers = []
    for made, tables in zip(worlds, printed, strict=True):
        everything, sums, flags = (Attacker(made.atoms(), made.answers, rule) for _ in range(3))
        for rows, by in zip(tables, made.tables, strict=True):
            everything.read(rows, by)
            flags.read(rows, by)
            if any(set(by) < set(other) for other in made.tables):
                sums.read(rows, by)
        if everything.hidden:
            asked = np.array([a for _, a, _ in everything.hidden])
            flags.classes()
            readers.append((everything, sums, flags, asked))
    counts = [len({id(row) for row, *_ in reader.hidden}) for reader, *_ in readers]
    if not readers:
        return counts, []
    known = widths([(a, asked) for a, *_, asked in readers])
    wanted = [np.array([w for *_, w in reader.hidden]) for reader, *_ in readers]
    # of answers that hardly anybody gave in the whole, no more than the whole lets anybody know; of
    # those that are few themselves, no more than all cells leave open when only flags are printed
    narrow = [i for i, w in enumerate(known) if (w < wanted[i] - 1e-3).any()]
    if narrow:
        by_sums = widths([(readers[i][1], readers[i][3]) for i in narrow])
        by_flags = widths([(readers[i][2], readers[i][3]) for i in narrow])
        for i, summed, flagged in zip(narrow, by_sums, by_flags, strict=True):
            few = np.array([row["flag"] == rule.few_answers for row, *_ in readers[i][0].hidden])
            answers = wanted[i] < rule.spread
            allowed = np.where(few, flagged, np.minimum(summed, flagged))
            wanted[i] = np.where(answers, np.minimum(wanted[i], allowed), wanted[i])
    told = []
    for (everything, *_), width, least in zip(readers, known, wanted, strict=True):
        close = width < least - 1e-3
        told += [
            f"{row}: {w}"
            for (row, *_), w, c in zip(everything.hidden, width, close, strict=True)
            if c
        ]
    return counts, told


@pytest.mark.parametrize(
    ("sets", "answers", "rule"),
    [(SETS, YES_NO, protect.DEFAULT), (OF_ANSWERS, ANSWERS, KINDS)],
    ids=["yes and no", "all answers"],
)
def test_no_hidden_cell_of_a_thousand_documents_is_known_too_closely(
    sets: int, answers: tuple[str, ...], rule: protect.Rule
) -> None:
    rng = np.random.default_rng(20_23)
    hidden: list[int] = []
    for _ in range(sets // AT_ONCE):
        worlds = [world(rng, answers) for _ in range(AT_ONCE)]
        counts, told = attack(worlds, rule, protected(worlds, rule))
        assert not told, told
        hidden += counts
    assert len(hidden) > sets / 2, "documents that hide anything"
    assert sum(hidden) > sets


@pytest.mark.parametrize(
    ("answers", "rule"),
    [(YES_NO, protect.DEFAULT), (ANSWERS, KINDS)],
    ids=["yes and no", "all answers"],
)
def test_the_attacker_finds_what_is_not_protected(
    answers: tuple[str, ...], rule: protect.Rule
) -> None:
    rng = np.random.default_rng(5)
    alone = replace(rule, secondary=False)
    found = 0
    for _ in range(40):
        worlds = [world(rng, answers)]
        found += bool(attack(worlds, alone, protected(worlds, alone))[1])
    assert found > 10, "without secondary suppression most of these are given away"
