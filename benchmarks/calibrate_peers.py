"""Time raking by svy, balance or weightipy on a parquet file: PROGRAM FILE REPLICATES; prints JSON.

The file has the columns of `calibrate.SIZES`, the weight `w`, and replicate weights `r1`, `r2`,
...; beside it are the same as CSV, and the totals. Weights are written to PROGRAM_weights.npy.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Totals = dict[str, dict[str, float]]


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    seconds, result = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def by_svy(file: Path, totals: Totals, replicates: int) -> dict[str, Any]:
    import polars as pl
    import svy

    data = pl.read_parquet(file).with_columns(pl.col(c).cast(pl.String) for c in totals)
    names = [c for c in data.columns if c.startswith("r")]
    data = data.rename({c: f"rep_{c[1:]}" for c in names})

    def rake(design: svy.Design, columns: list[str]) -> Any:
        sample = svy.Sample(data.select([*totals, "w", *columns]), design)
        return sample.weighting.rake(controls=totals, tol=1e-10, max_iter=1000)

    seconds, sample = timed(lambda: rake(svy.Design(wgt="w"), []), 3)
    found = {"seconds": seconds, "weights": sample.data["rk_wgt"].to_numpy()}
    if replicates:
        rep = svy.BootstrapWgts(prefix="rep_", n_reps=replicates)
        columns = [f"rep_{k}" for k in range(1, replicates + 1)]
        seconds, sample = timed(lambda: rake(svy.Design(wgt="w", rep_wgts=rep), columns), 1)
        found["replicate_seconds"] = seconds
        found["replicates"] = np.column_stack(
            [sample.data[f"rk_wgt{k}"].to_numpy() for k in range(1, replicates + 1)]
        )
    return found


def by_balance(file: Path, totals: Totals, _: int) -> dict[str, Any]:
    import logging

    import pandas as pd
    from balance.weighting_methods.rake import rake

    logging.disable(logging.INFO)
    data = pd.read_csv(file.with_suffix(".csv"), usecols=[*totals, "w"])
    # balance rakes to respondents of a target: one for each cell, weighted to the totals
    cells = pd.MultiIndex.from_product([list(t) for t in totals.values()], names=list(totals))
    target = cells.to_frame(index=False).astype(object)
    people = sum(next(iter(totals.values())).values())
    weight = pd.Series(people, target.index)
    for column, of in totals.items():
        weight = weight * target[column].map(of).astype(float) / people

    def work(**options: Any) -> Any:
        sample, own = data[list(totals)].copy(), data["w"].copy()
        made = rake(sample, own, target.copy(), weight.copy(), transformations=None, **options)
        return made["weight"].to_numpy()

    exact = {"convergence_rate": 1e-12, "rate_tolerance": 0.0, "max_iteration": 200}
    seconds, weights = timed(lambda: work(**exact), 3)
    return {"seconds": seconds, "weights": weights}


def by_weightipy(file: Path, totals: Totals, _: int) -> dict[str, Any]:
    import pandas as pd
    import weightipy as wp

    data = pd.read_csv(file.with_suffix(".csv"), usecols=list(totals))
    people = sum(next(iter(totals.values())).values())
    percent = {c: {k: 100 * v / people for k, v in t.items()} for c, t in totals.items()}

    def work() -> Any:
        scheme = wp.scheme_from_dict(percent, rim_params={"convcrit": 1e-12})
        return wp.weight_dataframe(data, scheme)["weights"].to_numpy()

    seconds, weights = timed(work, 3)
    return {"seconds": seconds, "weights": weights * people / weights.sum()}


def main() -> None:
    program, file, replicates = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    totals = json.loads((file.parent / "totals.json").read_text())
    work = {"svy": by_svy, "balance": by_balance, "weightipy": by_weightipy}[program]
    found = work(file, totals, replicates)
    for key in ("weights", "replicates"):
        if key in found:
            np.save(file.parent / f"{program}_{key}.npy", found.pop(key))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
