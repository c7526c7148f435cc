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
from survey_stats.protect import Printed

SETS = 1_000
MOST = 5_000.0


@dataclass
class World:
    """Everybody who answered, by all columns; and which tables are printed of them."""

    columns: dict[str, list[str]]
    people: np.ndarray
    yes: np.ndarray
    tables: list[tuple[str, ...]]
    fixed: dict[str, object] = field(default_factory=dict)
    within: dict[str, dict[str, str]] = field(default_factory=dict)

    def atoms(self) -> list[dict[str, str]]:
        names = list(self.columns)
        return [dict(zip(names, v, strict=True)) for v in itertools.product(*self.columns.values())]

    def printed(self) -> list[Printed]:
        out = []
        frame = pd.DataFrame(self.atoms()).assign(n=self.people, yes=self.yes)
        for by in self.tables:
            keys = list(by)
            if keys:
                rows = frame.groupby(keys, sort=False)[["n", "yes"]].sum().reset_index()
            else:
                rows = frame[["n", "yes"]].sum().to_frame().T
            rows["estimate"] = rows["yes"] / rows["n"].where(rows["n"] > 0)
            rows = rows.drop(columns="yes").assign(se=0.1, flag="")
            rows = rows[[*keys, "estimate", "se", "n", "flag"]]
            out.append(Printed(rows, self.fixed, by=keys))
        return out


def world(rng: np.random.Generator) -> World:
    """A small document: margins, a cross table, neighbourhoods in districts, or all of it."""
    kind = int(rng.integers(5))
    places, ages = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    columns = {"place": [f"p{i}" for i in range(places)], "age": [f"a{i}" for i in range(ages)]}
    tables: list[tuple[str, ...]] = [(), ("place",), ("age",)]
    if kind == 1:
        tables.append(("place", "age"))
    elif kind == 2:
        tables = [("place",), ("place", "age")]
    elif kind == 3:
        columns["sex"] = ["w", "m"]
        tables = [(), ("place",), ("place", "age"), ("place", "sex")]
    elif kind == 4:
        columns = {"place": columns["place"]}
        tables = [(), ("place",)]
    size = math.prod(len(v) for v in columns.values())
    level = np.exp(rng.normal(np.log(120 / size * 3), 1.3, size))
    people = rng.poisson(level)
    share = rng.choice([0.0, 0.05, 0.3, 0.5, 0.9, 1.0], p=[0.05, 0.2, 0.3, 0.25, 0.15, 0.05])
    yes = rng.binomial(people, share)
    return World(columns, people, yes, tables)


class Attacker:
    """Equations and inequalities about the unknown people, read off the printed frames."""

    def __init__(self, atoms: Sequence[dict[str, str]], rule: protect.Rule) -> None:
        self.atoms, self.rule = atoms, rule
        self.equal: list[tuple[np.ndarray, float]] = []
        self.most: list[tuple[np.ndarray, float]] = []
        self.hidden: list[tuple[dict[str, object], np.ndarray]] = []
        A = len(atoms)
        # nobody can say yes more often than there are people
        for i in range(A):
            row = np.zeros(2 * A)
            row[A + i], row[i] = 1, -1
            self.most.append((row, 0.0))

    def cell(self, row: dict[str, object], by: Sequence[str]) -> np.ndarray:
        return np.array([all(a[c] == row[c] for c in by) for a in self.atoms], float)

    def read(self, frame: pd.DataFrame, by: Sequence[str]) -> None:
        none = np.zeros(len(self.atoms))
        for row in frame.to_dict("records"):
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

    def bounds(self, asked: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The smallest and the largest value of each sum of unknowns, in one programme."""
        blocks = 2 * len(asked)
        equal = np.array([r for r, _ in self.equal]).reshape(-1, 2 * len(self.atoms))
        A_eq = sparse.csr_array(equal)
        A_ub = sparse.csr_array(np.array([r for r, _ in self.most]))
        goal = np.concatenate([s * row for row in asked for s in (1.0, -1.0)])
        found = linprog(
            goal,
            A_ub=sparse.block_diag([A_ub] * blocks, format="csr"),
            b_ub=np.tile([b for _, b in self.most], blocks),
            A_eq=sparse.block_diag([A_eq] * blocks, format="csr") if self.equal else None,
            b_eq=np.tile([b for _, b in self.equal], blocks) if self.equal else None,
            bounds=(0, MOST),
        )
        assert found.status == 0, found.message
        x = found.x.reshape(blocks, -1)
        ends = np.array([x[2 * i + k] @ row for i, row in enumerate(asked) for k in (0, 1)])
        return ends[::2], ends[1::2]


def attack(made: World, rule: protect.Rule, frames: Sequence[pd.DataFrame]) -> int:
    """Assert that no hidden cell is known too closely; returns how many there are."""
    atoms = made.atoms()
    everything, sums = Attacker(atoms, rule), Attacker(atoms, rule)
    for frame, by in zip(frames, made.tables, strict=True):
        everything.read(frame, by)
        if any(set(by) < set(other) for other in made.tables):
            sums.read(frame, by)
    if not everything.hidden:
        return 0
    none = np.zeros(len(atoms))
    asked = []
    for _, who in everything.hidden:
        asked += [np.concatenate(p) for p in ((who, none), (none, who), (who, -who))]
    low, high = everything.bounds(asked)
    width = (high - low).reshape(-1, 3)
    assert (width[:, 0] >= rule.spread - 1e-4).all(), (everything.hidden, width)
    # of answers that hardly anybody gave in the whole, no more than the whole lets anybody know
    low, high = sums.bounds(asked)
    allowed = np.minimum(rule.answer_protection, (high - low).reshape(-1, 3)[:, 1:])
    assert (width[:, 1:] >= allowed - 1e-3).all(), (everything.hidden, width, allowed)
    return len(everything.hidden)


def test_no_hidden_cell_of_a_thousand_documents_is_known_too_closely() -> None:
    rng = np.random.default_rng(20_23)
    hidden = documents = 0
    for _ in range(SETS):
        made = world(rng)
        tables = made.printed()
        shown = [t.frame for t in protect.together(tables)]
        found = attack(made, protect.DEFAULT, shown)
        hidden += found
        documents += found > 0
    assert documents > SETS / 2
    assert hidden > SETS


def test_the_attacker_finds_what_is_not_protected() -> None:
    rng = np.random.default_rng(5)
    rule = protect.Rule("primary only", secondary=False)
    found = 0
    for _ in range(40):
        made = world(rng)
        shown = [t.frame for t in protect.together(made.printed(), rule)]
        try:
            attack(made, rule, shown)
        except AssertionError:
            found += 1
    assert found > 10, "without secondary suppression most of these are given away"
