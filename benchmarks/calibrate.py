"""Times of `calibrate` against R survey, svy, balance and weightipy, measured in one run.

python benchmarks/calibrate.py [--svy PYTHON] [--balance PYTHON] [--rows 30000 300000]

Four margins of 11 x 6 x 2 x 2 levels, unequal weights before, and 200 sets of replicate weights
calibrated again. Weights are compared before any time is told. svy, balance and weightipy run in
interpreters of their own (see requirements.txt; balance and svy cannot share one), R where
`Rscript` and its package survey are found; what is missing is skipped with a message. weightipy
knows no weights before, and is compared where all are equal.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from survey_stats.weight import Weights, calibrate

HERE = Path(__file__).parent
SIZES = {"district": 11, "age": 6, "gender": 2, "disability": 2}
PEOPLE = 1_000_000.0


def make(n: int, seed: int = 6) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """`n` respondents whose composition is not that of the population, and the totals."""
    rng = np.random.default_rng(seed)
    codes = {
        c: rng.choice(size, n, p=rng.dirichlet(np.full(size, 10.0))) for c, size in SIZES.items()
    }
    frame = pd.DataFrame(
        {
            c: pd.Categorical.from_codes(code, [f"{c} {k:02d}" for k in range(SIZES[c])])
            for c, code in codes.items()
        }
    )
    frame["w"] = PEOPLE / n * np.exp(rng.normal(0, 0.4, n))
    tilt = sum(rng.normal(0, 0.3, SIZES[c])[code] for c, code in codes.items())
    target = frame["w"].to_numpy() * np.exp(tilt)
    target *= PEOPLE / target.sum()
    totals = {c: pd.Series(target).groupby(frame[c], observed=False).sum() for c in SIZES}
    return frame, totals


def replicate_weights(frame: pd.DataFrame, number: int) -> np.ndarray:
    """Weights (n, number) of bootstrap samples of the respondents."""
    n = len(frame)
    rng = np.random.default_rng(12)
    copies = np.empty((n, number))
    for r in range(number):
        copies[:, r] = np.bincount(rng.integers(0, n, n), minlength=n)
    return frame["w"].to_numpy()[:, None] * copies


def calibrated_replicates(weights: Weights, replicates: np.ndarray) -> np.ndarray:
    """The replicate weights (n, R) after the last step is made again in each of them."""
    refit = weights.steps[-1].refit
    assert refit is not None
    n = replicates.shape[0]
    rows = sparse.csr_array((np.ones(n), refit.code, np.arange(n + 1)), shape=(n, refit.size))
    factors = refit.factors(np.asarray(rows.T @ replicates))
    return factors[refit.code] * replicates


def best(work: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def same(found: np.ndarray, mine: np.ndarray, program: str, rtol: float) -> float:
    """The largest relative difference of two sets of weights, which must be small."""
    off = float(np.abs(found / np.where(mine == 0, 1, mine) - (mine != 0)).max())
    if not off <= rtol:
        raise SystemExit(f"{program} has other weights: they differ by up to {off:.2g}")
    return off


def ask_peer(python: str, program: str, folder: Path, replicates: int) -> dict[str, Any]:
    script, file = str(HERE / "calibrate_peers.py"), str(folder / "sample.parquet")
    found: dict[str, Any] = json.loads(
        run([python, script, program, file, str(replicates)]).splitlines()[-1]
    )
    return found


def ask_r(folder: Path, replicates: bool) -> list[float]:
    script = str(HERE / "calibrate_with_survey.R")
    out = run(["Rscript", script, str(folder), str(int(replicates))])
    return [float(line) for line in out.split()]


def peak(n: int) -> float:
    """Memory held at most above the frame, in bytes a respondent; own process."""
    code = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import calibrate as bench
from survey_stats.weight import Weights, calibrate
small, totals = bench.make(2000)
calibrate(Weights.delivered(small["w"]), small, totals)
frame, totals = bench.make({n})
weights = Weights.delivered(frame["w"])
status = lambda key: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(key))
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
calibrate(weights, frame, totals)
print((status("VmHWM") - before) * 1024 / {n})
"""
    return float(run([sys.executable, "-c", code]))


def compare(n: int, replicates: int, arguments: argparse.Namespace, folder: Path) -> list[dict]:
    """One line a program: its seconds, over ours, and how far its weights are from ours."""
    frame, totals = make(n)
    start = Weights.delivered(frame["w"])
    ours = calibrate(start, frame, totals)
    text = frame.assign(**{c: frame[c].astype(str) for c in SIZES})
    np.testing.assert_allclose(calibrate(start, text, totals).values, ours.values, rtol=1e-12)
    seconds = best(lambda: calibrate(start, frame, totals), 15)
    own = {"program": "survey_stats", "seconds": seconds, "text": 0.0}
    own["text"] = best(lambda: calibrate(start, text, totals), 5)
    sets = replicate_weights(frame, replicates)
    mine = calibrated_replicates(ours, sets)
    own["replicates"] = best(lambda: calibrated_replicates(ours, sets), 3)
    own["bytes a row"] = peak(n)
    lines = [own]

    plain = {c: {str(k): float(v) for k, v in t.items()} for c, t in totals.items()}
    (folder / "totals.json").write_text(json.dumps(plain))
    rows = [(c, k, v) for c, t in plain.items() for k, v in t.items()]
    pd.DataFrame(rows, columns=["variable", "level", "total"]).to_csv(
        folder / "totals.csv", index=False
    )
    in_file = n * replicates <= arguments.most
    columns = {f"r{r + 1}": sets[:, r] for r in range(replicates)} if in_file else {}
    whole = pd.concat([frame, pd.DataFrame(columns)], axis=1)
    whole.to_parquet(folder / "sample.parquet")
    whole.to_csv(folder / "sample.csv", index=False)

    def add(program: str, taken: float, off: float, again: float | None = None) -> None:
        line = {"program": program, "seconds": taken, "over ours": taken / seconds, "off": off}
        if again is not None:
            line |= {"replicates": again, "replicates over ours": again / own["replicates"]}
        lines.append(line)

    if arguments.svy:
        found = ask_peer(arguments.svy, "svy", folder, replicates if in_file else 0)
        off = same(np.load(folder / "svy_weights.npy"), ours.values, "svy", 1e-6)
        if in_file:
            same(np.load(folder / "svy_replicates.npy"), mine, "svy (replicates)", 1e-6)
        add("svy rake", found["seconds"], off, found.get("replicate_seconds"))
    if arguments.balance:
        found = ask_peer(arguments.balance, "balance", folder, 0)
        off = same(np.load(folder / "balance_weights.npy"), ours.values, "balance", 1e-5)
        add("balance rake", found["seconds"], off)
        found = ask_peer(arguments.balance, "weightipy", folder, 0)
        equal = calibrate(Weights.delivered(np.ones(n)), frame, totals).values
        off = same(np.load(folder / "weightipy_weights.npy"), equal, "weightipy", 1e-5)
        add("weightipy (equal weights before)", found["seconds"], off)
    if not arguments.no_r and shutil.which("Rscript"):
        found_r = ask_r(folder, in_file)
        weights = pd.read_csv(folder / "survey_weights.csv")
        # its rake stops where a sweep moves no total by more than a thousandth of a person
        off = same(weights["rake"].to_numpy(), ours.values, "R rake", 1e-6)
        add("R survey rake", found_r[0], off)
        off = same(weights["calibrate"].to_numpy(), ours.values, "R calibrate", 1e-9)
        if in_file:
            again = pd.read_csv(folder / "survey_replicates.csv").to_numpy()
            same(again, mine, "R (replicates)", 1e-8)
        add("R survey calibrate", found_r[1], off, found_r[2] if in_file else None)
    for line in lines:
        line["rows"] = n
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--svy", help="a Python that has svy")
    parser.add_argument("--balance", help="a Python that has balance and weightipy")
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument(
        "--most", type=int, default=10_000_000, help="replicate weights that peers are given"
    )
    parser.add_argument("--no-r", action="store_true", help="leave R survey out")
    arguments = parser.parse_args()
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"numpy {np.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    for name in ("svy", "balance"):
        if not getattr(arguments, name):
            print(f"{name} is skipped: --{name} names no interpreter")
    lines = []
    for n in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            lines += compare(n, arguments.replicates, arguments, Path(folder))
    table = pd.DataFrame(lines)
    order = ["rows", "program", *[c for c in table if c not in ("rows", "program")]]
    print(table[order].to_string(index=False, na_rep="-", float_format=lambda v: f"{v:.4g}"))
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
