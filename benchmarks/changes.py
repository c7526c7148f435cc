"""How often the verdicts of `ss.change` are wrong, and how often right, by simulation.

python benchmarks/changes.py [--families 400] [--only NAME ...] [--out benchmarks/changes.csv]

A setting draws two waves again and again from a superpopulation in which the true change of every
cell is known, and gives them to `ss.change` as an analyst would: two Surveys, or one in which the
PSUs of both waves are the same units (`join`). All cells of a draw are one family.

Written to the CSV, one line a setting, rule and measure: the value with its Monte-Carlo standard
error, both in the unit that the line names. docs/changes.md says what the measures mean.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

import survey_stats as ss
from survey_stats.compare import adjust_p
from survey_stats.estimate import join

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALPHA, MARGIN = 0.05, 0.03
ADJUSTMENTS = ("holm", "hochberg", "fdr_bh", "fdr_by", "none")
# least base where a rule asks for one
ENOUGH = 30
# part of the families in which the waves are tested as if independent too
THOROUGH = 0.2
FALSE, SHARE, FOUND = (
    "families with a false verdict, %",
    "false among the verdicts, %",
    "true changes found, %",
)
WORTH = "df of unequal PSUs"
SE_RATIO, COVERAGE, LEVEL = (
    "standard error against the true one, %",
    "95 % interval holds the truth, %",
    "unchanged cells called changed, %",
)
TABLES = (
    ("no change", "df"),
    ("no change", WORTH),
    ("no change", FALSE),
    ("mixture", FALSE),
    ("mixture", SHARE),
    ("mixture", FOUND),
    ("power", FALSE),
    ("power", SHARE),
    ("power", FOUND),
    ("margin", "cells called unchanged, %"),
    ("margin", "families with a cell called unchanged, %"),
    *(
        (claim, measure)
        for claim in ("no change", "power")
        for measure in (SE_RATIO, COVERAGE, LEVEL)
    ),
)
COMMON = (0.05, 0.10, 0.20, 0.35, 0.50)


@dataclass(frozen=True)
class Setting:
    """Two waves of some areas, and the truth.

    areas, psus, per_psu: an area is a stratum with `psus` PSUs in each wave, each with `per_psu`
        respondents in each wave
    overlap: part of the PSUs that both waves visit; None for independent samples
    correlation: of two answers in one PSU and wave, on the latent scale
    lasting: correlation of a PSU's level between the waves
    weights, sizes: coefficients of variation of the weights and of the PSUs' sizes
    shares: true shares before, one a question
    groups: 0, or the number of groups into which the respondents of an area fall
    changed: part of the cells that truly change, up or down at random
    points: by how much they do
    families: of how many draws, as a part of --families
    """

    name: str
    claim: Literal["no change", "mixture", "power", "margin"]
    areas: int = 200
    psus: int = 12
    per_psu: int = 10
    overlap: float | None = 1.0
    correlation: float = 0.10
    lasting: float = 0.8
    weights: float = 0.6
    sizes: float = 0.5
    shares: tuple[float, ...] = COMMON
    groups: int = 0
    changed: float = 0.0
    points: float = 0.0
    families: float = 1.0

    @property
    def questions(self) -> list[str]:
        return [f"q{k}" for k in range(len(self.shares))]

    @property
    def units(self) -> int:
        """PSUs of an area over both waves."""
        return 2 * self.psus - (0 if self.overlap is None else round(self.overlap * self.psus))

    @property
    def by(self) -> list[str]:
        return ["area", "group"] if self.groups else ["area"]


HALF = Setting("half of the PSUs in both waves", "no change", overlap=0.5)
ALONE = Setting("independent waves", "no change", overlap=None)
LARGE = Setting(
    "50 areas of 30 PSUs, 600 respondents",
    "power",
    areas=50,
    psus=30,
    per_psu=20,
    shares=tuple(np.linspace(0.1, 0.5, 20).round(3).tolist()),
    changed=0.2,
    families=0.075,
)
SURE = Setting(
    "25 areas of 12 PSUs, 1 200 respondents",
    "margin",
    areas=25,
    psus=12,
    per_psu=100,
    correlation=0.01,
    shares=(0.06, 0.10, 0.15, 0.20),
    changed=1.0,
    families=0.25,
)
SETTINGS = (
    Setting("all PSUs in both waves", "no change"),
    HALF,
    ALONE,
    Setting("equal weights and PSUs", "no change", weights=0.0, sizes=0.0),
    Setting(
        "half of the PSUs, equal weights and PSUs", "no change", overlap=0.5, weights=0, sizes=0
    ),
    Setting("very unequal weights and PSUs", "no change", weights=1.0, sizes=1.0),
    Setting("36 respondents an area", "no change", per_psu=3),
    Setting("rare answers", "no change", shares=(0.01, 0.02, 0.03, 0.04, 0.05)),
    Setting("five groups in each area", "no change", shares=(0.25,), groups=5),
    Setting(
        "panel of 60 people an area", "no change", psus=60, per_psu=1, correlation=0.6, sizes=0
    ),
    replace(HALF, claim="mixture", changed=0.2, points=0.20, families=0.25),
    replace(ALONE, claim="mixture", changed=0.2, points=0.20, families=0.25),
    *(replace(LARGE, points=points) for points in (0.03, 0.05, 0.08, 0.12)),
    *(replace(SURE, points=points) for points in (0.0, 0.01, 0.02, 0.03, 0.04)),
)


@dataclass(frozen=True)
class Draw:
    """Two waves as they were drawn; `truth` is the change of each cell by area and question."""

    before: pd.DataFrame
    after: pd.DataFrame
    truth: Floats


def draw(s: Setting, rng: np.random.Generator) -> Draw:
    """One family: a frame a wave, one row a respondent.

    Answers follow a probit model with a normal effect of the PSU, so that the expected share of a
    cell is exactly that of the setting; weights and sizes say nothing about answers.
    """
    A, Q, P = s.areas, len(s.shares), s.psus
    old = np.broadcast_to(np.asarray(s.shares), (A, Q))
    moved = rng.random((A, Q)) < s.changed
    up = np.where(rng.random((A, Q)) < 0.5, -1.0, 1.0)
    # shares that would leave their range go the other way
    up = np.where((old + up * s.points > 0) & (old + up * s.points < 1), up, -up)
    truth = moved * up * s.points
    kept = 2 * P - s.units
    waves = []
    # PSUs 0 to P - 1 of an area are in the first wave, the next ones after P - kept in the second
    level = rng.normal(size=(A, s.units, Q))
    members = np.maximum(1, np.rint(s.per_psu * _positive(s.sizes, (A, s.units), rng)))
    for first, chance in ((0, old), (P - kept, old + truth)):
        own = rng.normal(size=(A, P, Q))
        effect = np.sqrt(s.lasting) * level[:, first : first + P]
        effect += np.sqrt(1 - s.lasting) * own
        cut = special.ndtri(chance)[:, None, :] + np.sqrt(s.correlation) * effect
        by_psu = special.ndtr(cut / np.sqrt(1 - s.correlation)).reshape(A * P, Q)
        psu = np.repeat(np.arange(A * P), members[:, first : first + P].ravel().astype(np.intp))
        answers = rng.random((psu.size, Q)) < by_psu[psu]
        columns: dict[str, Any] = {
            "area": psu // P,
            "psu": psu % P + first,
            "weight": _positive(s.weights, (psu.size,), rng),
            **{f"q{k}": answers[:, k] for k in range(Q)},
        }
        if s.groups:
            part = np.arange(1.0, s.groups + 1)
            columns["group"] = rng.choice(s.groups, psu.size, p=part / part.sum())
        waves.append(pd.DataFrame(columns))
    return Draw(waves[0], waves[1], truth)


def _positive(variation: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Lognormal numbers with mean 1 and this coefficient of variation."""
    if variation == 0:
        return np.ones(shape)
    sigma = np.sqrt(np.log1p(variation**2))
    return np.exp(rng.normal(-(sigma**2) / 2, sigma, shape))


@dataclass(frozen=True)
class Waves:
    """The results of one draw; arrays by cell, in one order.

    separate: the waves as two Surveys
    worth: df that the PSUs are worth, by cell; see `worth`
    """

    before: ss.Estimates
    after: ss.Estimates
    changes: ss.Changes
    truth: Floats
    separate: tuple[ss.Survey, ss.Survey]
    worth: Floats


# of the tests; --df changes it
DF = "domain"


def worth(s: Setting, drawn: Draw) -> Floats:
    """df of the variance of each area's or group's difference, were all answers independent; (G,).

    Satterthwaite's approximation for a sum of squared scores of unequal PSUs, as Bell and McCaffrey
    (2002, Survey Methodology 28:169) have it for regression: twice the squared mean of the variance
    estimate over its variance. With equal PSUs it is their number less one. For domains of a survey
    see Valliant and Rust (2010, Journal of Official Statistics 26:585).
    """
    G = s.areas * max(s.groups, 1)
    spread = np.zeros((G, s.units, s.units))
    for wave in (drawn.before, drawn.after):
        cell = wave["area"].to_numpy() * max(s.groups, 1)
        if s.groups:
            cell = cell + wave["group"].to_numpy()
        at, w = cell * s.units + wave["psu"].to_numpy(), wave["weight"].to_numpy()
        by_psu, squares = (np.bincount(at, x, G * s.units).reshape(G, s.units) for x in (w, w * w))
        # nobody in a cell: nothing to test
        total = np.maximum(by_psu.sum(1, keepdims=True), 1e-300)
        part, error = by_psu / total, squares / total / total
        # the scores of a PSU are its own errors less its part of the errors of all
        keep = np.eye(s.units) - part[:, :, None]
        # a PSU outside the wave has neither errors nor a part
        spread += np.einsum("gij,gj,gkj->gik", keep, error, keep, optimize=True)
    mean = np.einsum("gii->g", spread)
    return np.asarray(mean**2 / np.maximum(np.einsum("gij,gij->g", spread, spread), 1e-300))


def compare(s: Setting, rng: np.random.Generator) -> Waves:
    """Draw a family and test it."""
    drawn = draw(s, rng)
    design: dict[str, Any] = {"weights": "weight", "strata": "area", "clusters": "psu"}
    one = ss.Survey(drawn.before, **design, wave=1)
    two = ss.Survey(drawn.after, **design, wave=2)
    if s.overlap is None:
        before, after = (wave.share(s.questions, s.by) for wave in (one, two))
    else:
        both = join([one, two], shared="psu")
        before, after = (both.share(s.questions, s.by, f"wave == {k}") for k in (1, 2))
    changes = ss.change(before, after, margin=MARGIN, df=DF)
    area = changes.keys["area"].to_numpy()
    question = np.zeros(area.size, dtype=np.intp)
    if len(s.questions) > 1:
        question = changes.keys["question"].str[1:].to_numpy(dtype=np.intp)
    group = changes.keys["group"].to_numpy() if s.groups else 0
    df = worth(s, drawn)[area * max(s.groups, 1) + group]
    return Waves(before, after, changes, drawn.truth[area, question], (one, two), df)


def measures(s: Setting, w: Waves, thorough: bool) -> dict[tuple[str, str], float]:
    """Measures of one family by rule and name; their means over the families are the results."""
    c, truth = w.changes, w.truth
    tested = np.isfinite(c.p_value)
    out: dict[tuple[str, str], float] = {
        ("all", "cells tested"): float(tested.sum()),
        ("all", "df"): float(np.nanmean(c.df)),
        ("all", WORTH): float(w.worth.mean()),
        ("all", "design effect"): float(np.nanmean(w.before.deff)),
        ("all", "se of a difference, points"): 100 * float(np.nanmean(c.se)),
    }
    if s.claim == "margin":
        for method in ("none", "holm", "fdr_bh"):
            again = c if method == "holm" else ss.change(w.before, w.after, None, adjust=method)
            same = again.verdict == "unchanged"
            out[method, "cells called unchanged, %"] = 100 * float(same.mean())
            out[method, "families with a cell called unchanged, %"] = 100.0 * bool(same.any())
        return out
    for rule, cells in findings(w):
        # a change that is there, but found in the other direction, is false too
        wrong = cells & (c.difference * truth <= 0)
        out[rule, FALSE] = 100.0 * bool(wrong.any())
        out[rule, SHARE] = 100 * float(wrong.sum()) / max(cells.sum(), 1)
        out[rule, LEVEL] = 100 * float(cells[truth == 0].mean())
        if truth.any():
            out[rule, FOUND] = 100 * float((cells & ~wrong)[truth != 0].mean())
    if thorough and s.overlap is not None:
        alone = ss.change(*w.separate, s.questions, s.by)
        for what, made in (("covariance from the PSUs", c), ("as if independent", alone)):
            out |= {(what, name): x for name, x in single(made, truth).items()}
    return out


def findings(w: Waves) -> Iterator[tuple[str, Bools]]:
    """Which cells each rule calls changed."""
    c = w.changes
    tested = np.isfinite(c.p_value)
    for method in ADJUSTMENTS:
        found = tested & (adjust_p(c.p_value, method) <= ALPHA)
        if method == c.family.adjust and not np.array_equal(found, _called_changed(c)):
            raise RuntimeError("the verdicts and the adjusted p-values disagree")
        yield method, found
    normal = 2 * special.ndtr(-np.abs(c.statistic))
    for method in ("holm", "fdr_bh"):
        yield f"{method}, normal test", tested & (adjust_p(normal, method) <= ALPHA)
    few = (c.n_before < ENOUGH) | (c.n_after < ENOUGH)
    yield "holm, bases of 30", adjust_p(np.where(few, np.nan, c.p_value), "holm") <= ALPHA
    unequal = 2 * special.stdtr(np.minimum(c.df, w.worth), -np.abs(c.statistic))
    for method in ("holm", "fdr_bh"):
        yield f"{method}, df of unequal PSUs", adjust_p(unequal, method) <= ALPHA
    # a cell without members in one wave is missing there
    cells = pd.MultiIndex.from_frame(c.keys)
    first, second = (
        e.to_frame().set_index(list(c.keys.columns))[["ci_low", "ci_high"]].reindex(cells)
        for e in (w.before, w.after)
    )
    apart = (first["ci_low"] > second["ci_high"]) | (second["ci_low"] > first["ci_high"])
    yield "intervals apart", tested & apart.to_numpy()


def _called_changed(c: ss.Changes) -> Bools:
    return np.isin(c.verdict.astype(str), ["significant increase", "significant decrease"])


def single(c: ss.Changes, truth: Floats) -> dict[str, float]:
    """How the standard errors, tests and intervals of the cells do, each on its own."""
    known = np.isfinite(c.p_value)
    error, se = (c.difference - truth)[known], c.se[known]
    inside = (c.ci_low <= truth) & (truth <= c.ci_high)
    found, still = c.p_value[known] <= ALPHA, truth[known] == 0
    out = {
        SE_RATIO: 100 * float(np.sqrt((se**2).mean() / (error**2).mean())),
        COVERAGE: 100 * float(inside[known].mean()),
        LEVEL: 100 * float(found[still].mean()),
    }
    if not still.all():
        out[FOUND] = 100 * float(found[~still].mean())
    return out


def simulate(s: Setting, families: int) -> pd.DataFrame:
    """The lines of one setting; its seed is its number, so that it can be run again alone."""
    number = max(10, round(families * s.families))
    rng = np.random.default_rng(SETTINGS.index(s))
    found: dict[tuple[str, str], list[float]] = {}
    for k in range(number):
        for name, value in measures(s, compare(s, rng), k < number * THOROUGH).items():
            found.setdefault(name, []).append(value)
    lines = [
        {
            "claim": s.claim,
            "setting": s.name,
            "true_change": round(100 * s.points, 1),
            "rule": rule,
            "measure": measure,
            "value": round(float(np.mean(values)), 3),
            "mc_se": round(float(np.std(values, ddof=1) / np.sqrt(len(values))), 3),
            "families": len(values),
        }
        for (rule, measure), values in found.items()
    ]
    return pd.DataFrame(lines)


def run(settings: Sequence[Setting], families: int, out: Path) -> None:
    """Simulate and write after each setting, so that a run that is stopped leaves what it has."""
    tables: list[pd.DataFrame] = []
    for s in settings:
        started = time.perf_counter()
        tables.append(simulate(s, families))
        pd.concat(tables).to_csv(out, index=False)
        took = time.perf_counter() - started
        print(f"{s.claim}: {s.name}, {100 * s.points:g} points: {took:.0f} s", flush=True)


def summary(table: pd.DataFrame) -> str:
    """The tables of docs/changes.md."""
    parts = []
    for claim, measure in TABLES:
        rows = table[(table["claim"] == claim) & (table["measure"] == measure)]
        if rows.empty:
            continue
        text = rows["value"].map("{:.1f}".format) + " ± " + rows["mc_se"].map("{:.1f}".format)
        wide = rows.assign(text=text).pivot_table(
            index=["setting", "true_change"],
            columns="rule",
            values="text",
            aggfunc="first",
            sort=False,
        )
        parts.append(f"{claim}: {measure} ± Monte-Carlo standard error\n{wide.to_string()}")
    return "\n\n".join(parts)


def main() -> None:
    global DF
    parser = argparse.ArgumentParser(description="Errors and power of the verdicts of ss.change.")
    parser.add_argument("--families", type=int, default=400)
    parser.add_argument("--only", nargs="*", default=[], help="settings by name or claim")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("changes.csv"))
    parser.add_argument("--df", choices=["domain", "effective"], default=DF)
    parser.add_argument("--summarise", action="store_true", help="only read the file of --out")
    arguments = parser.parse_args()
    DF = arguments.df
    if not arguments.summarise:
        chosen = [
            s for s in SETTINGS if not arguments.only or {s.name, s.claim} & {*arguments.only}
        ]
        run(chosen, arguments.families, arguments.out)
    print(summary(pd.read_csv(arguments.out)))


if __name__ == "__main__":
    main()
