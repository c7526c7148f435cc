"""How often the intervals of a decomposition hold the truth, on pairs of surveys made up for it.

Every pair is drawn from two populations whose parts are known exactly: other shares of the groups
(composition), other answers of the same groups (rest), answers counted by another key and an age
group that one survey nearly lacks (definition). Samples have strata with unequal weights and PSUs
that differ in answers and in who lives there.

python benchmarks/disagreement.py [--replications 2000] [--out benchmarks/disagreement.csv]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import survey_stats as ss
from survey_stats.explain.disagreement import Decomposition, decompose
from survey_stats.explain.disagreement.kitagawa import Parts, Totals, by_variable, difference
from survey_stats.explain.disagreement.modelled import Method, modelled

AGES = ("16-29", "30-64", "65-79", "80+")
SHARE_OF_STRATA = np.array([0.5, 0.3, 0.2])
SPREAD = 0.12


@dataclass(frozen=True)
class Population:
    """One survey's world: who there is, what they answer, and how they are drawn.

    Attributes:
        people: parts of the cells by age, gender and area, shape (4, 2, A).
        rates: yes by cell, counted by the common key, same shape.
        extra: chance that another answer is a yes by the survey's own key.
        units: PSUs a stratum; 0 for respondents drawn one by one.
        size: respondents a PSU, or a stratum where there are none.
        likeness: how alike PSUs are in who lives there; larger is more alike.
    """

    people: np.ndarray
    rates: np.ndarray
    extra: float = 0.0
    units: int = 20
    size: int = 20
    likeness: float = 60.0

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """A sample, one row a respondent."""
        cells = self.people.size
        frames = []
        for stratum, part in enumerate(SHARE_OF_STRATA):
            units = max(self.units, 1)
            chances = np.broadcast_to(self.people.ravel(), (units, cells))
            effect = np.zeros(units)
            if self.units:
                chances = rng.dirichlet(self.likeness * self.people.ravel() + 1e-9, units)
                effect = rng.uniform(-SPREAD, SPREAD, units)
            counts = np.stack([rng.multinomial(self.size, c) for c in chances])
            unit = np.repeat(np.arange(units), self.size)
            cell = np.concatenate([np.repeat(np.arange(cells), c) for c in counts])
            rate = self.rates.ravel()[cell] + effect[unit]
            yes = rng.random(cell.size) < rate
            own = yes | (rng.random(cell.size) < self.extra)
            age, gender, area = np.unravel_index(cell, self.people.shape)
            frames.append(
                pd.DataFrame(
                    {
                        "q": own,
                        "q__own": own,
                        "q__common": yes,
                        "age": np.array(AGES)[age],
                        "gender": np.array(["women", "men"])[gender],
                        "area": area,
                        "stratum": stratum,
                        "psu": unit if self.units else np.arange(cell.size),
                        "weight": part / cell.size,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True)
class Case:
    """A pair of populations and what is asked of it.

    Attributes:
        hidden: the variable that the second survey lacks, whose share there is assumed as it is.
    """

    name: str
    first: Population
    second: Population
    variables: tuple[str, ...]
    method: Method = "kitagawa"
    hidden: str = ""

    def truth(self) -> dict[tuple[str, str], float]:
        """Every part at the populations themselves."""
        axes = {"age": 0, "gender": 1, "area": 2}
        kept = [axes[v] for v in self.variables]
        worlds = (self.first, self.second)
        within = [w.people.copy() for w in worlds]
        for people in within:
            people[3] = 0.0

        def share(world: Population, people: np.ndarray, own: bool) -> float:
            rate = world.rates + (1 - world.rates) * world.extra if own else world.rates
            return float((people * rate).sum() / people.sum())

        gaps = {
            (own, all_ages): share(worlds[1], (worlds[1].people if all_ages else within[1]), False)
            - share(worlds[0], (worlds[0].people if all_ages else within[0]), own)
            for own in (True, False)
            for all_ages in (True, False)
        }
        coding = (gaps[True, True] - gaps[False, True] + gaps[True, False] - gaps[False, False]) / 2
        universe = (
            gaps[True, True] - gaps[True, False] + gaps[False, True] - gaps[False, False]
        ) / 2
        others = tuple(i for i in range(3) if i not in kept)
        sums = []
        for world, people in zip(worlds, within, strict=True):
            sums += [people.sum(axis=others)[:3].ravel()]
            sums += [(people * world.rates).sum(axis=others)[:3].ravel()]
        totals = Totals(*(s / sums[2 * (i // 2)].sum() for i, s in enumerate(sums)))
        shape = [3 if k == 0 else self.first.people.shape[k] for k in kept]
        levels = np.stack(np.unravel_index(np.arange(totals.weight_first.size), shape), axis=1)
        parts: Parts = by_variable(totals, levels)
        if self.method != "kitagawa":
            parts = modelled(totals, levels, self.variables, self.method, 0.5, False)
        every = float(parts.value.sum())
        rest = float(difference(totals).value[0]) - every
        truth = {
            ("difference", ""): gaps[True, True],
            ("definition", "coding"): coding,
            ("definition", "universe"): universe,
            ("composition", ""): every,
            ("rest", ""): rest,
        }
        truth |= {("composition", v): p for v, p in zip(self.variables, parts.value, strict=True)}
        if self.hidden:
            shares, gap = self._hidden()
            explained = (shares[1] - shares[0]) * gap
            truth |= {("sensitivity", "explained"): explained}
            truth |= {("sensitivity", "remaining"): rest - explained}
        return truth

    def _hidden(self) -> tuple[tuple[float, float], float]:
        """Shares of women, the same at every age, and their gap, in rates that are additive."""
        first, second = (float(w.people[:, 0].sum()) for w in (self.first, self.second))
        return (first, second), float(self.first.rates[0, 0, 0] - self.first.rates[0, 1, 0])

    def pair(self, rng: np.random.Generator) -> tuple[ss.Survey, ss.Survey]:
        """A sample of each."""
        surveys = []
        for world in (self.first, self.second):
            frame = world.draw(rng)
            if self.hidden and world is self.second:
                frame = frame.drop(columns=self.hidden)
            clusters = "psu" if world.units else None
            surveys.append(ss.Survey(frame, "weight", "stratum", clusters))
        return surveys[0], surveys[1]


def people(age: list[float], gender: list[float], areas: int, tilt: float) -> np.ndarray:
    """Parts by age, gender and area; `tilt` makes the areas' sizes unequal."""
    size = np.linspace(1 - tilt, 1 + tilt, areas)
    out = np.multiply.outer(np.multiply.outer(age, gender), size / size.sum())
    return np.asarray(out, dtype=float)


def rates(areas: int, level: float, shift: float, joint: float = 0.05) -> np.ndarray:
    """Yes by age, gender and area, with an interaction of the first two; within 0.15 and 0.85."""
    age = np.array([0.0, 0.02, 0.1, 0.22])[:, None, None]
    gender = np.array([0.12, 0.0])[None, :, None]
    area = np.linspace(-0.06, 0.06, areas)[None, None, :]
    both = joint * (age > 0.05) * (gender > 0)
    return level + shift + age + gender + area + both


def cases() -> Iterator[Case]:
    """What is simulated."""
    young = people([0.35, 0.45, 0.15, 0.05], [0.48, 0.52], 4, 0.1)
    old = people([0.2, 0.45, 0.33, 0.02], [0.56, 0.44], 4, 0.4)
    first = Population(young, rates(4, 0.27, 0.0), extra=0.08)
    second = Population(old, rates(4, 0.27, 0.04))
    few = Case("few cells, 60 PSUs of 20", first, second, ("age", "gender"))
    yield few
    for method in ("oaxaca", "fairlie", "reweighting"):
        yield replace(few, name=f"the same, {method}", method=method)
    yield replace(
        few,
        name="nothing differs, 60 PSUs of 20",
        first=replace(first, extra=0.0),
        second=replace(first, extra=0.0),
    )
    yield replace(
        few,
        name="few cells, 24 PSUs of 30",
        first=replace(first, units=8, size=30),
        second=replace(second, units=8, size=30),
    )
    plain = [replace(w, rates=rates(4, 0.27, x, 0.0)) for w, x in ((first, 0.0), (second, 0.04))]
    yield Case("gender hidden in the second survey", plain[0], plain[1], ("age",), hidden="gender")
    yield replace(
        few,
        name="24 cells, 60 PSUs of 20",
        variables=("age", "gender", "area"),
    )
    wide = [
        Population(people(age, gender, 15, tilt), rates(15, 0.27, shift), extra, 0, 333)
        for age, gender, tilt, shift, extra in (
            ([0.35, 0.45, 0.15, 0.05], [0.48, 0.52], 0.1, 0.0, 0.08),
            ([0.2, 0.45, 0.33, 0.02], [0.56, 0.44], 0.4, 0.04, 0.0),
        )
    ]
    yield Case("90 cells, 1 000 respondents", wide[0], wide[1], ("age", "gender", "area"))


def simulate(case: Case, replications: int, seed: int) -> pd.DataFrame:
    """A row a part: truth, bias, standard errors and how often its interval holds the truth."""
    rng = np.random.default_rng(seed)
    truth = case.truth()
    found = []
    for _ in range(replications):
        first, second = case.pair(rng)
        parts = decompose(
            first,
            second,
            "q",
            case.variables,
            second_question="q__common",
            coding="common",
            universe="age != '80+'",
            method=case.method,
        )
        found.append(parts.to_frame())
        if case.hidden:
            found.append(_assumed(parts, case))
    runs = pd.concat(found, ignore_index=True)
    rows = []
    for (part, variable), true in truth.items():
        mine = runs[(runs["part"] == part) & (runs["variable"] == variable)]
        inside = (mine["ci_low"] <= true) & (true <= mine["ci_high"])
        rows.append(
            {
                "case": case.name,
                "part": part,
                "variable": variable,
                "truth": true,
                "bias": mine["contribution"].mean() - true,
                "sd": mine["contribution"].std(),
                "mean_se": mine["se"].mean(),
                "coverage": inside.mean(),
                "replications": len(mine),
            }
        )
    return pd.DataFrame(rows)


def _assumed(parts: Decomposition, case: Case) -> pd.DataFrame:
    """What the hidden variable explains and what remains, at its true share in the other survey."""
    shares, _ = case._hidden()
    result = parts.sensitivity(case.hidden, value="women")
    told = zip(
        ("explained", "remaining"), result.remaining(np.array([shares[1]]), None), strict=True
    )
    return pd.DataFrame(
        [("sensitivity", name, x.value[0], x.se[0], x.low[0], x.high[0]) for name, x in told],
        columns=["part", "variable", "contribution", "se", "ci_low", "ci_high"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    options = parser.parse_args()
    tables = []
    for seed, case in enumerate(cases()):
        start = time.perf_counter()
        table = simulate(case, options.replications, seed)
        tables.append(table)
        print(f"\n{case.name} ({time.perf_counter() - start:.0f} s)")
        print(table.drop(columns="case").round(4).to_string(index=False), flush=True)
    pd.concat(tables).to_csv(options.out, index=False, float_format="%.6f")


if __name__ == "__main__":
    main()
