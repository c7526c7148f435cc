"""How right small-area estimates are, and how sure their intervals and ranks, by simulation.

python benchmarks/small_areas.py [--draws 200] [--only NAME ...] [--out benchmarks/small_areas.csv]
python benchmarks/small_areas.py --summarise

A setting draws areas with true shares, a clustered sample of each, and gives it to `ss.Survey` and
`small_areas` as an analyst would. True shares are drawn anew each time, as the model has it; in
"fixed shares" they stay. The seed of a setting is its number.

Written to the CSV, one line a setting, way of estimating and measure: the value with its
Monte-Carlo standard error. docs/small_areas.md says what the measures mean.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

import survey_stats as ss
from survey_stats.explain.small_areas import rank_areas, small_areas

Floats = NDArray[np.float64]
HERE = Path(__file__).parent

LEVEL = 0.95
# respondents a PSU, and what those of one PSU have in common beyond their area (latent scale)
# part of the draws that are ranked too
RANKED = 0.3
PER_PSU, WITHIN = 5, 0.08

BIAS = "bias, points"
RMSE = "root mean squared error, points"
GAIN = "mean squared error against the direct one, %"
MSE_RATIO = "estimated mean squared error against the true one, %"
COVERAGE = "95 % intervals hold the share, %"
WORST = "coverage of the area with the lowest, %"
WIDTH = "width of the interval, points"
ZERO = "model variance 0, %"
EMPTY = "95 % intervals of areas without respondents, %"
RANKS = "places of all areas hold at once, %"
TOP = "the highest is in its set, %"
SET = "areas in the set of the highest"


@dataclass(frozen=True)
class Setting:
    """A way in which areas and samples come about.

    Attributes
    ----------
    name: as printed
    spread: standard deviation of areas beyond their auxiliaries, on the arcsine scale; 0.05 is
        about five points
    share: where the shares lie
    areas: how many, and `empty` of them without respondents
    smallest, largest: bases, evenly between
    known: what the auxiliary explains of the whole standard deviation of the areas; None without
    wrong: the auxiliary the analyst has is of another shape: "curved", or "unrelated"
    fixed: the same true shares in every draw
    outlier: one area lies four standard deviations off
    unequal: coefficient of variation of weights
    """

    name: str
    spread: float
    share: float = 0.3
    areas: int = 40
    empty: int = 0
    smallest: int = 15
    largest: int = 150
    known: float | None = 0.7
    wrong: str = ""
    fixed: bool = False
    outlier: bool = False
    unequal: float = 0.4


SETTINGS = (
    Setting("no differences beyond the auxiliary", 0.0),
    Setting("small differences", 0.03),
    Setting("moderate differences", 0.07),
    Setting("large differences", 0.15),
    Setting("no auxiliary", 0.07, known=None),
    Setting("auxiliary of another shape", 0.05, wrong="curved"),
    Setting("auxiliary without meaning", 0.07, wrong="unrelated"),
    Setting("rare shares (6 %)", 0.05, share=0.06),
    Setting("shares about half", 0.07, share=0.5),
    Setting("nine areas", 0.07, areas=9, smallest=60, largest=160, known=None),
    Setting("bases of 15 to 40", 0.07, largest=40),
    Setting("five areas without respondents", 0.07, empty=5),
    Setting("very unequal weights", 0.07, unequal=1.0),
    Setting("one area far off", 0.05, outlier=True),
    Setting("fixed shares", 0.07, fixed=True),
)
WAYS: dict[str, dict[str, Any]] = {
    "direct": {},
    "adjusted": {"method": "adjusted"},
    "reml": {"method": "reml"},
    "logit": {"scale": "logit"},
    "no scale": {"scale": "none"},
    "own deff": {"variances": "design"},
    "common deff": {"variances": "common"},
    "benchmarked": {"benchmark": "ratio"},
}


RANKED_WAYS = ("ranks of the model", "ranks of direct shares")
# measures and ways that docs/small_areas.md shows; the CSV has all
TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (COVERAGE, tuple(WAYS)),
    (MSE_RATIO, ("direct", "adjusted", "reml", "logit", "own deff", "benchmarked")),
    (GAIN, ("adjusted", "reml", "logit", "no scale", "own deff", "benchmarked")),
    (BIAS, ("direct", "adjusted", "logit", "no scale")),
    (ZERO, ("adjusted", "reml")),
    (EMPTY, ("adjusted", "reml", "logit")),
    (WORST, ("direct", "adjusted")),
    (RANKS, RANKED_WAYS),
    (TOP, RANKED_WAYS),
    (SET, RANKED_WAYS),
)


@dataclass
class World:
    """True shares of the areas, their bases and the auxiliary that the analyst has."""

    share: Floats
    base: NDArray[np.int64]
    auxiliary: pd.DataFrame | None


def worlds(setting: Setting, rng: np.random.Generator) -> Iterator[World]:
    """True shares, drawn anew each time unless they are fixed."""
    while True:
        world = _world(setting, rng)
        yield world
        while setting.fixed:
            yield world


def _world(setting: Setting, rng: np.random.Generator) -> World:
    m = setting.areas + setting.empty
    base = np.linspace(setting.smallest, setting.largest, setting.areas).round().astype(int)
    base = np.concatenate([rng.permutation(base), np.zeros(setting.empty, dtype=int)])
    own = setting.spread * rng.standard_normal(m)
    if setting.outlier:
        own[int(np.argmin(np.abs(base - 60)))] = 4 * setting.spread
    x = rng.standard_normal(m)
    reach = 0.0
    if setting.known is not None:
        # so that the auxiliary explains `known` of the standard deviation of moderate differences
        reach = 0.07 * setting.known / np.sqrt(1 - setting.known**2)
    told = np.exp(0.7 * x) - np.exp(0.245) if setting.wrong == "curved" else x
    middle = np.arcsin(np.sqrt(setting.share))
    share = np.sin(np.clip(middle + reach * told + own, 0.05, np.pi / 2 - 0.05)) ** 2
    seen = rng.standard_normal(m) if setting.wrong == "unrelated" else x
    auxiliary = None
    if setting.known is not None:
        auxiliary = pd.DataFrame({"crime": seen}, index=names(m))
    return World(share, base, auxiliary)


def names(m: int) -> list[str]:
    return [f"a{i:02}" for i in range(m)]


def sample(world: World, setting: Setting, rng: np.random.Generator) -> ss.Survey:
    """PSUs of five respondents whose answers are alike; areas are strata, weights vary."""
    area = np.repeat(np.arange(world.base.size), world.base)
    first = np.concatenate([[0], np.cumsum(world.base)[:-1]])
    psu = (np.arange(area.size) - first[area]) // PER_PSU
    code = 1000 * area + psu
    _, unit = np.unique(code, return_inverse=True)
    common = rng.standard_normal(unit.max() + 1)[unit]
    latent = np.sqrt(WITHIN) * common + np.sqrt(1 - WITHIN) * rng.standard_normal(area.size)
    yes = latent < special.ndtri(world.share)[area]
    cv = setting.unequal
    weight = rng.gamma(1 / cv**2, cv**2, area.size) + 0.05
    frame = pd.DataFrame(
        {
            "area": pd.Categorical.from_codes(area, names(world.base.size)),
            "psu": code,
            "yes": yes,
            "weight": weight,
        }
    )
    return ss.Survey(frame, weights="weight", strata="area", clusters="psu")


@dataclass
class Found:
    """One way of estimating in one draw, of the areas with respondents."""

    estimate: Floats
    rmse: Floats
    low: Floats
    high: Floats
    zero: bool = False
    empty: Floats | None = None


def run(setting: Setting, number: int, draws: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng([23, number])
    every = worlds(setting, rng)
    truth: list[Floats] = []
    found: dict[str, list[Found]] = {way: [] for way in WAYS}
    ranked: dict[str, list[tuple[bool, bool, int]]] = {}
    for draw in range(draws):
        world = next(every)
        survey = sample(world, setting, rng)
        est = survey.share("yes", by="area")
        there = world.base > 0
        truth.append(world.share[there])
        people = dict(zip(names(world.base.size), 50.0 + world.base, strict=True))
        for way, how in WAYS.items():
            if way == "direct":
                found[way].append(Found(est.estimate, est.se, est.ci_low, est.ci_high))
                continue
            extra = {"populations": people} if "benchmark" in how else {}
            model = small_areas(est, world.auxiliary, **how, **extra)
            at = [model.areas.index(a) for a in est.keys["area"]]
            kept = np.array([i for i in at if model.n[i] > 0])
            hit = np.zeros(0)
            rest = [i for i in range(len(model)) if model.n[i] == 0]
            if rest:
                true = world.share[[int(str(model.areas[i])[1:]) for i in rest]]
                hit = (model.ci_low[rest] <= true) & (true <= model.ci_high[rest])
            found[way].append(
                Found(model.estimate[kept], model.rmse[kept], model.ci_low[kept],
                      model.ci_high[kept], model.model_variance == 0, hit.astype(float))
            )  # fmt: skip
            if way == "adjusted" and draw < draws * RANKED:
                for label, ranks in (
                    ("ranks of the model", model.ranks()),
                    ("ranks of direct shares", rank_areas(est)),
                ):
                    share = world.share[[int(str(a)[1:]) for a in ranks.areas]]
                    wrong = ranks.above & (share[:, None] <= share[None, :])
                    top = ranks.areas[int(share.argmax())] in ranks.highest
                    ranked.setdefault(label, []).append((not wrong.any(), top, len(ranks.highest)))
    rows = []
    for way, results in found.items():
        rows += measures(setting, way, truth, results, found["direct"])
    for label, told in ranked.items():
        held, top, size = (np.array(v, dtype=float) for v in zip(*told, strict=True))
        rows += [
            line(setting, label, RANKS, 100 * held), line(setting, label, TOP, 100 * top),
            line(setting, label, SET, size),
        ]  # fmt: skip
    return rows


def measures(
    setting: Setting, way: str, truth: list[Floats], found: list[Found], direct: list[Found]
) -> list[dict[str, Any]]:
    """Means over areas in each draw; their spread over draws gives the simulation error."""
    with warnings.catch_warnings():
        # an area where all answers agree has no direct standard error to speak of
        warnings.simplefilter("ignore", RuntimeWarning)
        error = np.stack([f.estimate - t for f, t in zip(found, truth, strict=True)])
        other = np.stack([f.estimate - t for f, t in zip(direct, truth, strict=True)])
        claimed = np.stack([f.rmse**2 for f in found])
        inside = np.stack(
            [(f.low <= t) & (t <= f.high) for f, t in zip(found, truth, strict=True)]
        ).astype(float)
        width = np.stack([f.high - f.low for f in found])
    square = (error**2).mean(axis=1)
    rows = [
        line(setting, way, BIAS, 100 * error.mean(axis=1)),
        root_line(setting, way, RMSE, square),
        ratio_line(setting, way, GAIN, square, (other**2).mean(axis=1)),
        ratio_line(setting, way, MSE_RATIO, np.nanmean(claimed, axis=1), square),
        line(setting, way, COVERAGE, 100 * inside.mean(axis=1)),
        line(setting, way, WIDTH, 100 * np.nanmean(width, axis=1)),
    ]
    if setting.fixed:
        by_area = 100 * inside.mean(axis=0)
        worst = int(by_area.argmin())
        rows.append(line(setting, way, WORST, 100 * inside[:, worst]))
    if way in ("adjusted", "reml"):
        rows.append(line(setting, way, ZERO, 100 * np.array([float(f.zero) for f in found])))
    if setting.empty and way != "direct":
        hits = np.array([f.empty.mean() for f in found if f.empty is not None])
        rows.append(line(setting, way, EMPTY, 100 * hits))
    return rows


def line(setting: Setting, way: str, measure: str, values: Floats) -> dict[str, Any]:
    return {
        "setting": setting.name,
        "way": way,
        "measure": measure,
        "value": values.mean(),
        "error": values.std(ddof=1) / np.sqrt(values.size),
        "draws": values.size,
    }


def root_line(setting: Setting, way: str, measure: str, square: Floats) -> dict[str, Any]:
    out = line(setting, way, measure, square)
    root = np.sqrt(out["value"])
    return out | {"value": 100 * root, "error": 100 * out["error"] / (2 * root)}


def ratio_line(
    setting: Setting, way: str, measure: str, over: Floats, under: Floats
) -> dict[str, Any]:
    ratio = over.mean() / under.mean()
    spread = (over - ratio * under).std(ddof=1) / under.mean() / np.sqrt(over.size)
    return line(setting, way, measure, over) | {"value": 100 * ratio, "error": 100 * spread}


def summarise(frame: pd.DataFrame) -> str:
    """The tables of docs/small_areas.md."""
    parts = []
    for measure, ways in TABLES:
        rows = frame[(frame["measure"] == measure) & frame["way"].isin(ways)]
        digits = 2 if measure == BIAS else 1
        told = rows.assign(
            text=[
                f"{v:.{digits}f} ± {e:.{digits}f}"
                for v, e in zip(rows["value"], rows["error"], strict=True)
            ]
        )
        table = told.set_index(["setting", "way"])["text"].unstack()  # noqa: PD010
        table = table.reindex([s.name for s in SETTINGS if s.name in table.index])
        shown = [w for w in ways if w in table]
        head = f"| setting | {' | '.join(shown)} |\n|" + " --- |" * (len(shown) + 1)
        body = [
            "| " + " | ".join([str(name), *("" if pd.isna(v) else v for v in row)]) + " |"
            for name, row in zip(table.index, table[shown].to_numpy(), strict=True)
        ]
        parts.append("\n".join([f"### {measure[:1].upper()}{measure[1:]}", "", head, *body]))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=HERE / "small_areas.csv")
    parser.add_argument("--summarise", action="store_true")
    args = parser.parse_args()
    if not args.summarise:
        rows: list[dict[str, Any]] = []
        for number, setting in enumerate(SETTINGS):
            if args.only and setting.name not in args.only:
                continue
            start = time.time()
            rows += run(setting, number, args.draws)
            print(f"{setting.name}: {time.time() - start:.0f} s", flush=True)
        new = pd.DataFrame(rows)
        if args.only and args.out.exists():
            old = pd.read_csv(args.out)
            new = pd.concat([old[~old["setting"].isin(new["setting"])], new])
        new.to_csv(args.out, index=False, float_format="%.5g")
    print(summarise(pd.read_csv(args.out)))


if __name__ == "__main__":
    main()
