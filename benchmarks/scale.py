"""Shares of many questions in a table that outgrows memory: time and peak memory by rows.

python benchmarks/scale.py [--rows 1 10 100] [--questions 20] [--folder DIR] [--svy PYTHON]
                           [--r] [--spark] [--markdown FILE]

Rows are in millions. The table is made once in parquet files of a million rows each and kept in
the folder: 60 strata of 20 PSUs, 1 000 cells, questions of yes and no with 5 % missing. Every
program runs in a process of its own that is asked for its time and the most memory it held; the
answers to the first question are compared before a time is told. R survey and svy are asked one
question, of as many rows as they answer within `PATIENCE` seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
PIECE = 1_000_000
PATIENCE = 900
# memory that a peer may ask for, in bytes
ROOM = 16_000_000_000
BY = ["district", "age", "gender"]
SIZES = (10, 10, 10)

CHILD = """
import json, resource, sys, time
sys.path.insert(0, {here!r})
import scale
arguments = json.loads(sys.argv[1])
if "room" in arguments:
    resource.setrlimit(resource.RLIMIT_AS, (arguments["room"],) * 2)
start = time.perf_counter()
result = getattr(scale, arguments["how"])(arguments)
seconds = time.perf_counter() - start
own = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))
held = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({{"seconds": seconds, "memory": held / 1e6, "result": result}}))
"""


def piece(number: int, questions: int) -> pd.DataFrame:
    """A million respondents; `number` seeds them."""
    import pandas as pd

    rng = np.random.default_rng(number)
    psu = rng.integers(0, 1200, PIECE)
    level = np.random.default_rng(0).normal(-0.8, 0.4, 1200)[psu]
    frame: dict[str, Any] = {
        "stratum": (psu // 20).astype(np.int16),
        "psu": (psu % 20).astype(np.int16),
        "w": np.exp(rng.normal(1.0, 0.4, PIECE)),
    }
    for name, size in zip(BY, SIZES, strict=True):
        frame[name] = rng.integers(0, size, PIECE).astype(np.int8)
    for i in range(questions):
        yes = rng.random(PIECE) < 1 / (1 + np.exp(-level + 0.05 * i))
        frame[f"y{i}"] = pd.arrays.BooleanArray(yes, rng.random(PIECE) < 0.05)
    return pd.DataFrame(frame)


def make(folder: Path, millions: int, questions: int) -> list[str]:
    """The files of the table, made where they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(millions):
        file = folder / f"part_{number:03d}.parquet"
        if not file.exists():
            half = file.with_suffix(".making")
            piece(number, questions).to_parquet(half, index=False)
            half.replace(file)
        files.append(str(file))
    return files


def told(found: Any) -> list[list[float]]:
    """Estimates and standard errors of the first question."""
    return [found.estimate[:1000].tolist(), found.se[:1000].tolist()]


def scanned(arguments: dict[str, Any]) -> Any:
    """Parquet files through `Survey.scan`."""
    import survey_stats as ss

    survey = ss.Survey.scan(arguments["files"], weights="w", strata="stratum", clusters="psu")
    return told(survey.share(arguments["questions"], by=BY))


def in_memory(arguments: dict[str, Any]) -> Any:
    """The same files as one pandas frame."""
    import pandas as pd

    import survey_stats as ss

    frame = pd.concat(
        [pd.read_parquet(f, dtype_backend="numpy_nullable") for f in arguments["files"]],
        ignore_index=True,
    )
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters="psu")
    return told(survey.share(arguments["questions"], by=BY))


def on_spark(arguments: dict[str, Any]) -> Any:
    """The same files as a Spark table on `cores` local cores."""
    from pyspark.sql import SparkSession

    import survey_stats as ss

    session = (
        SparkSession.builder.master(f"local[{arguments['cores']}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    table = session.read.parquet(*arguments["files"])
    survey = ss.Survey(table, weights="w", strata="stratum", clusters="psu")
    first = None
    start = time.perf_counter()
    for name in arguments["questions"]:
        found = survey.share(name, by=BY)
        first = told(found) if first is None else first
    return [*(first or []), [time.perf_counter() - start]]


def svy(arguments: dict[str, Any]) -> Any:
    """The same files with svy; runs where svy is installed."""
    import polars as pl
    import svy as peer

    used = ["stratum", "psu", "w", *BY, *arguments["questions"]]
    frame = pl.concat([pl.read_parquet(f, columns=used) for f in arguments["files"]])
    frame = frame.with_columns(
        *(pl.col(name).cast(pl.Int8) for name in arguments["questions"]),
        *(pl.col(name).cast(pl.String) for name in BY),
    )
    sample = peer.Sample(frame, peer.Design(stratum="stratum", psu="psu", wgt="w"))
    for name in arguments["questions"]:
        found = sample.estimation.mean(name, by=BY, drop_nulls=True).to_polars().sort(BY)
    return [found["est"].to_list(), found["se"].to_list()]


def r_survey(arguments: dict[str, Any]) -> Any:
    """The same rows with R survey, which is given them as a CSV."""
    import pandas as pd

    (name,) = arguments["questions"]
    used = ["stratum", "psu", "w", *BY, name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        frame = pd.concat([pd.read_parquet(f, columns=used) for f in arguments["files"]])
        frame.assign(y=frame.pop(name).astype("Int8")).to_csv(file, index=False)
        command = ["Rscript", str(HERE / "with_survey.R"), str(file), "clustered"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    cells = np.array([line.split() for line in done.stdout.splitlines()[1:]], dtype=float)
    # its cells are in the order district, gender, age
    by_cell = cells.T.reshape(2, *SIZES).transpose(0, 1, 3, 2)
    return by_cell.reshape(2, -1).tolist()


def child(how: str, python: str = sys.executable, **arguments: Any) -> dict[str, Any] | None:
    """What a program says of itself, or None where it did not finish."""
    code = CHILD.format(here=str(HERE))
    command = [python, "-c", code, json.dumps({"how": how, **arguments})]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        print(f"{how} did not finish in {PATIENCE} seconds", flush=True)
        return None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        print(f"{how} did not finish: {last[:200]}", flush=True)
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def same(one: Any, other: Any) -> None:
    for a, b in zip(one[:2], other[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def main() -> None:
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 10, 100], help="in millions")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--svy", help="a Python that has benchmarks/requirements.txt")
    parser.add_argument("--r", action="store_true", help="R survey as well")
    parser.add_argument("--most", type=int, default=10, help="millions of rows read into memory")
    parser.add_argument("--spark", action="store_true", help="Spark with one and two cores as well")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    given = parser.parse_args()
    lines = []
    peers = {"svy"} if given.svy else set()
    peers |= {"R survey"} if given.r else set()
    for millions in given.rows:
        files = make(given.folder, millions, given.questions)
        names = [f"y{i}" for i in range(given.questions)]
        ask: dict[str, Any] = {"files": files, "questions": names}
        one = ask | {"questions": names[:1]}
        programs: list[tuple[str, int, dict[str, Any] | None]] = [
            ("scan", 1, child("scanned", **one)),
            ("scan", len(names), child("scanned", **ask)),
        ]
        if millions <= given.most:
            programs.append(("in memory", len(names), child("in_memory", **ask)))
        # a program that stopped is not asked about more
        if "svy" in peers:
            programs.append(("svy", 1, child("svy", given.svy, **one, room=ROOM)))
        if "R survey" in peers:
            programs.append(("R survey", 1, child("r_survey", **one, room=ROOM)))
        if given.spark and millions <= given.most:
            for cores in (1, 2):
                found = child("on_spark", **one | {"cores": cores})
                programs.append((f"Spark, {cores} core(s)", 1, found))
        first = programs[0][2]
        for name, questions, found in programs:
            if found is None:
                peers.discard(name)
                continue
            if first is not None:
                same(found["result"], first["result"])
            lines.append(
                {
                    "million rows": millions,
                    "program": name,
                    "questions": questions,
                    "seconds": round(found["seconds"], 1),
                    "peak GB": round(found["memory"], 2),
                }
            )
            print(json.dumps(lines[-1]), flush=True)
    table = pd.DataFrame(lines)
    head = "| " + " | ".join(table.columns) + " |\n|" + " --- |" * table.shape[1] + "\n"
    rows = ("| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False))
    text = head + "\n".join(rows) + "\n"
    print(text)
    if given.markdown:
        given.markdown.write_text(text)


if __name__ == "__main__":
    main()
