"""An attacker who reads everything that is printed, against random sets of tables.

He knows nothing of how the tables were protected. To him a document is a set of statements about
unknown numbers of people, one unknown for each combination of all columns (and as many for those of
them who said yes): a printed base or share is an equation, the flag of a hidden one an inequality.
Linear programming then tells how closely he knows each hidden cell.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from survey_stats import protect
from survey_stats.protect import Printed, Sum

SETS = 1_000
AT_ONCE = 20
"""So many documents are protected in one call, and attacked in one programme."""
MOST = 5_000.0


@dataclass
class World:
    """Everybody who answered, by all columns; and which tables are printed of them.

    A column in `within` follows from another: the place is the district or the rest.
    """

    kind: int
    columns: dict[str, list[str]]
    people: np.ndarray
    yes: np.ndarray
    tables: list[tuple[str, ...]]
    within: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def atoms(self) -> list[dict[str, str]]:
        names = list(self.columns)
        out = [dict(zip(names, v, strict=True)) for v in itertools.product(*self.columns.values())]
        for column, (fine, coarse) in self.within.items():
            out = [a | {column: coarse[a[fine]]} for a in out]
        return out

    def rows(self, by: tuple[str, ...]) -> list[dict[str, object]]:
        """One table of it: who, how many answered, and how many of them said yes."""
        people: dict[tuple[str, ...], list[int]] = {}
        for atom, n, yes in zip(self.atoms(), self.people.tolist(), self.yes.tolist(), strict=True):
            cell = people.setdefault(tuple(atom[c] for c in by), [0, 0])
            cell[0] += n
            cell[1] += yes
        return [
            {**dict(zip(by, who, strict=True)), "estimate": yes / n if n else np.nan, "n": n}
            for who, (n, yes) in people.items()
        ]


def world(rng: np.random.Generator, kinds: int = 6) -> World:
    """A small document: margins, a cross table, neighbourhoods in districts, a district against
    the rest, or all of it."""
    kind = int(rng.integers(kinds))
    places, ages = int(rng.integers(2, 5)), int(rng.integers(2, 4))
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
    yes = rng.binomial(people, share)
    return World(kind, columns, people, yes, tables, within)


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
        frame = frame[["survey", *by, "estimate", "se", "n", "flag"]]
        printed.append(Printed(frame, by=["survey", *by]))
    out: list[dict[tuple[str, ...], list[dict]]] = [{by: [] for by in w.tables} for w in worlds]
    for (_, by), made in zip(places, protect.together(printed, rule, SUMS), strict=True):
        for row in made.frame.to_dict("records"):
            out[row["survey"]][by].append(row)
    return [[found[by] for by in w.tables] for w, found in zip(worlds, out, strict=True)]


class Attacker:
    """Equations and inequalities about the unknown people, read off the printed rows."""

    def __init__(self, atoms: Sequence[dict[str, str]], rule: protect.Rule) -> None:
        self.atoms, self.rule = atoms, rule
        self.equal: list[tuple[np.ndarray, float]] = []
        self.most: list[tuple[np.ndarray, float]] = []
        self.hidden: list[tuple[dict[str, object], np.ndarray]] = []
        A = len(atoms)
        # nobody can say yes more often than there are people
        self.most += [(row, 0.0) for row in np.hstack([-np.eye(A), np.eye(A)])]

    def cell(self, row: dict[str, object], by: Sequence[str]) -> np.ndarray:
        return np.array([all(a[c] == row[c] for c in by) for a in self.atoms], float)

    def read(self, rows: Sequence[dict], by: Sequence[str]) -> None:
        none = np.zeros(len(self.atoms))
        for row in rows:
            who = self.cell(row, by)
            base, yes = np.concatenate([who, none]), np.concatenate([none, who])
            if pd.notna(row["n"]):
                self.equal.append((base, float(row["n"])))
                if pd.notna(row["estimate"]):
                    self.equal.append((yes, float(row["n"]) * float(row["estimate"])))
            elif pd.notna(row["estimate"]):
                raise AssertionError("a share without its base")
            if pd.isna(row["n"]):
                assert str(row["flag"]).startswith("suppressed")
                if row["flag"] == self.rule.suppressed:
                    self.most += [(base, self.rule.minimum_base - 1.0), (-base, -1.0)]
                    self.hidden.append((row, who))
                elif row["flag"] == protect.SECONDARY:
                    self.most.append((-base, -float(self.rule.minimum_base)))

    def asked(self) -> np.ndarray:
        """Of each hidden cell the base, the yes and the no, as sums of the unknowns."""
        out = []
        for _, who in self.hidden:
            none = np.zeros(len(who))
            out += [np.concatenate(p) for p in ((who, none), (none, who), (who, -who))]
        return np.array(out)


def widths(work: Sequence[tuple[Attacker, np.ndarray]]) -> list[np.ndarray]:
    """How closely each attacker knows each sum of unknowns: all in one linear programme."""
    goal, equal, right, most, limit = [], [], [], [], []
    for attacker, asked in work:
        blocks = 2 * len(asked)
        A_eq = np.array([r for r, _ in attacker.equal]).reshape(-1, asked.shape[1])
        A_ub = np.array([r for r, _ in attacker.most])
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
        everything, sums = (Attacker(made.atoms(), rule) for _ in range(2))
        for rows, by in zip(tables, made.tables, strict=True):
            everything.read(rows, by)
            if any(set(by) < set(other) for other in made.tables):
                sums.read(rows, by)
        if everything.hidden:
            readers.append((everything, sums, everything.asked()))
    counts = [len(everything.hidden) for everything, *_ in readers]
    if not readers:
        return counts, []
    known = [w.reshape(-1, 3) for w in widths([(a, asked) for a, _, asked in readers])]
    told = []
    # of answers that hardly anybody gave in the whole, no more than the whole lets anybody know
    narrow = [i for i, w in enumerate(known) if (w[:, 1:] < rule.answer_protection - 1e-3).any()]
    allowed = {}
    if narrow:
        found = widths([(readers[i][1], readers[i][2]) for i in narrow])
        allowed = {i: w.reshape(-1, 3)[:, 1:] for i, w in zip(narrow, found, strict=True)}
    for i, (width, (everything, *_)) in enumerate(zip(known, readers, strict=True)):
        close = width[:, 0] < rule.spread - 1e-4
        if i in allowed:
            least = np.minimum(rule.answer_protection, allowed[i])
            close |= (width[:, 1:] < least - 1e-3).any(axis=1)
        told += [
            f"{row}: {w}"
            for (row, _), w, c in zip(everything.hidden, width, close, strict=True)
            if c
        ]
    return counts, told


def test_no_hidden_cell_of_a_thousand_documents_is_known_too_closely() -> None:
    rng = np.random.default_rng(20_23)
    hidden: list[int] = []
    for _ in range(SETS // AT_ONCE):
        worlds = [world(rng) for _ in range(AT_ONCE)]
        counts, told = attack(worlds, protect.DEFAULT, protected(worlds, protect.DEFAULT))
        assert not told, told
        hidden += counts
    assert len(hidden) > SETS / 2, "documents that hide anything"
    assert sum(hidden) > SETS


def test_the_attacker_finds_what_is_not_protected() -> None:
    rng = np.random.default_rng(5)
    rule = protect.Rule("primary only", secondary=False)
    found = 0
    for _ in range(40):
        worlds = [world(rng)]
        found += bool(attack(worlds, rule, protected(worlds, rule))[1])
    assert found > 10, "without secondary suppression most of these are given away"
