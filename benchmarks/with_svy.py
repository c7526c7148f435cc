"""Time svy on a parquet file: FILE clustered|element REPEATS; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import polars as pl
import svy

BY = ["district", "gender", "age"]


def peak_since_reset(reset: bool = False) -> int:
    """Most memory held since the last reset, in bytes (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    file, kind, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    columns = ["stratum", "psu", "w", *BY, "y"]
    data = pl.read_parquet(file, columns=columns).with_columns(
        pl.col("y").cast(pl.Int8), *(pl.col(b).cast(pl.String) for b in BY)
    )
    seconds = []
    before = peak_since_reset(reset=True)
    for _ in range(repeats):
        start = time.perf_counter()
        psu = {"psu": "psu"} if kind == "clustered" else {}
        sample = svy.Sample(data, svy.Design(stratum="stratum", wgt="w", **psu))
        # the mean of 0/1 is svy's fastest way to a share; prop takes several times longer
        result = sample.estimation.mean("y", by=BY, drop_nulls=True)
        seconds.append(time.perf_counter() - start)
    frame = result.to_polars().sort(BY)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "estimate": frame["est"].to_list(),
                "se": frame["se"].to_list(),
                "memory": peak_since_reset() - before,
            }
        )
    )


if __name__ == "__main__":
    main()
