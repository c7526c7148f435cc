"""How often the interval of a share holds the true share, by simulation.

python benchmarks/coverage.py [--samples 10000] [--out benchmarks/coverage.csv]

Every setting draws `samples` samples from a superpopulation with a known share in the domain, and
puts them into one frame, so that one call of `Survey.share` by sample estimates them all: the
strata and PSUs of different samples are different ones. The intervals are the package's own. A
domain is a random part of the sample with a fixed base; PSUs without a member stay in the design.

Written to the CSV, one line a setting and interval: coverage in percent, mean width in percentage
points, the mean df, and how often the share was estimated at 0 or 100 %.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special

import survey_stats as ss
from survey_stats.estimate import intervals

SHARES = (0.01, 0.02, 0.05, 0.10, 0.20, 0.35, 0.50)
BASES = (15, 20, 30, 50, 100, 200)
METHODS = ("wilson", "wald", "logit", "korn-graubard", "likelihood")
LEAST_BASE, LEAST_DF = 20, 8
AIM = (94.0, 97.5)


@dataclass(frozen=True)
class Population:
    """Strata whose shares and weights differ, so that a weighted share is needed.

    psus: number of sampled PSUs, 0 where respondents are sampled directly
    correlation: intra-cluster correlation of the answers
    spread: coefficient of variation of the weights within strata
    """

    name: str
    strata: int
    psus: int = 0
    correlation: float = 0.0
    spread: float = 0.4


POPULATIONS = (
    Population("stratified", 4),
    Population("stratified, equal weights within strata", 4, spread=0.0),
    Population("clustered, 20 PSUs, correlation 5 %", 4, 20, 0.05),
    Population("clustered, 20 PSUs, correlation 1 %", 4, 20, 0.01),
    Population("clustered, 20 PSUs, correlation 10 %", 4, 20, 0.10),
    Population("clustered, 12 PSUs, correlation 5 %", 2, 12, 0.05),
    Population("clustered, 60 PSUs, correlation 5 %", 10, 60, 0.05),
)


def draw(
    population: Population, share: float, base: int, samples: int, rng: np.random.Generator
) -> pd.DataFrame:
    """`samples` samples with `base` members of the domain each, one row a respondent."""
    strata = population.strata
    expansion = np.exp(np.linspace(-0.5, 0.5, strata))
    shift = np.linspace(-0.4, 0.4, strata)
    # strata hold equal parts of the sample, so their part of the population follows the weights
    part = expansion / expansion.sum()
    level = optimize.brentq(
        lambda a: float((part * special.expit(a + shift)).sum()) - share, -20, 20
    )
    chance = special.expit(level + shift)
    sample = np.repeat(np.arange(samples), base)
    n = samples * base
    if population.psus:
        per_stratum = population.psus // strata
        stratum_of = np.repeat(np.arange(strata), per_stratum)
        psu = rng.integers(0, population.psus, n)
        stratum = stratum_of[psu]
        rho = population.correlation
        p = chance[stratum_of]
        by_psu = rng.beta(
            np.broadcast_to(p * (1 - rho) / rho, (samples, population.psus)),
            np.broadcast_to((1 - p) * (1 - rho) / rho, (samples, population.psus)),
        )
        y = rng.random(n) < by_psu[sample, psu]
        # everybody else in the sample: one respondent keeps each PSU in the design
        others = pd.DataFrame(
            {
                "sample": np.repeat(np.arange(samples), population.psus),
                "stratum": np.tile(stratum_of, samples),
                "psu": np.tile(np.arange(population.psus), samples),
            }
        )
    else:
        stratum = rng.integers(0, strata, n)
        psu = np.zeros(n, dtype=np.int64)
        y = rng.random(n) < chance[stratum]
        # the domain is half of the sample
        others = pd.DataFrame(
            {
                "sample": sample,
                "stratum": np.tile(np.arange(base) % strata, samples),
                "psu": 0,
            }
        )
    sigma = np.sqrt(np.log1p(population.spread**2))
    w = expansion[stratum] * np.exp(rng.normal(0.0, sigma, n) - sigma**2 / 2)
    members = pd.DataFrame({"sample": sample, "stratum": stratum, "psu": psu})
    frame = pd.concat([members, others], ignore_index=True)
    frame["w"] = np.append(w, np.ones(len(others)))
    frame["y"] = np.append(y, np.zeros(len(others), dtype=bool))
    frame["member"] = np.append(np.ones(n, dtype=bool), np.zeros(len(others), dtype=bool))
    return frame


def setting(
    population: Population, share: float, base: int, samples: int, seed: int
) -> list[dict[str, Any]]:
    """Coverage and mean width of each interval in one setting."""
    frame = draw(population, share, base, samples, np.random.default_rng(seed))
    survey = ss.Survey(
        frame,
        weights="w",
        strata=["sample", "stratum"],
        clusters="psu" if population.psus else None,
        # few samples have a stratum with one respondent, who then adds nothing
        lonely_psu="certainty",
    )
    est = survey.share("y", by="sample", where="member")
    members = frame["w"][frame["member"]].groupby(frame["sample"])
    kish = (members.sum() ** 2 / members.agg(lambda w: (w**2).sum())).to_numpy()
    lines = []
    for method in METHODS:
        if method == est.interval:
            low, high = est.ci_low, est.ci_high
        else:
            low, high = intervals.share_interval(
                method, est.estimate, est.se**2, est.n, kish, est.df, 0.95
            )
        known = ~np.isnan(low)
        low, high = np.clip(low[known], 0, 1), np.clip(high[known], 0, 1)
        lines.append(
            {
                "population": population.name,
                "share": share,
                "base": base,
                "interval": method,
                "coverage": round(100 * float(((low <= share) & (share <= high)).mean()), 2),
                "width": round(100 * float((high - low).mean()), 2),
                "df": round(float(est.df.mean()), 1),
                "degenerate": round(100 * float(np.isin(est.estimate, (0.0, 1.0)).mean()), 2),
            }
        )
    return lines


def simulate(samples: int) -> pd.DataFrame:
    """Every setting; the seed of each is its number, so a part can be run again alone."""
    lines: list[dict[str, Any]] = []
    settings = itertools.product(POPULATIONS, SHARES, BASES)
    for seed, (population, share, base) in enumerate(settings):
        lines += setting(population, share, base, samples, seed)
        print(lines[-len(METHODS)], flush=True)
    return pd.DataFrame(lines)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One line an interval, over the settings that the aim is for."""
    aimed = table[(table["base"] >= LEAST_BASE) & (table["df"] >= LEAST_DF)]
    inside = aimed["coverage"].between(*AIM)
    rows = aimed.assign(inside=100.0 * inside, below=aimed["coverage"] < AIM[0]).groupby("interval")
    return pd.DataFrame(
        {
            "settings": rows.size(),
            "in aim %": rows["inside"].mean().round(1),
            "below": rows["below"].sum(),
            "least coverage": rows["coverage"].min(),
            "mean coverage": rows["coverage"].mean().round(1),
            "most coverage": rows["coverage"].max(),
            "mean width": rows["width"].mean().round(2),
        }
    ).loc[list(METHODS)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the intervals of shares.")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("coverage.csv"))
    parser.add_argument("--summarise", action="store_true", help="only read the file of --out")
    arguments = parser.parse_args()
    if not arguments.summarise:
        simulate(arguments.samples).to_csv(arguments.out, index=False)
    table = pd.read_csv(arguments.out)
    print(summary(table).to_string())
    default = table[(table["interval"] == METHODS[0]) & (table["base"] >= LEAST_BASE)]
    missed = default[(default["df"] >= LEAST_DF) & ~default["coverage"].between(*AIM)]
    print("\nWhere the default misses the aim:")
    print(missed.drop(columns="interval").to_string(index=False))


if __name__ == "__main__":
    main()
