"""Times of `glm` against R's svyglm, measured in one run, and the memory of both sizes.

python benchmarks/models.py [--rows 30000 300000] [--no-r] [--markdown FILE]

A logistic model of the evening question by gender, age group, disability and district, once with
these predictors and once with age in years beside them (which leaves far more patterns). The
answers are compared before any time is told. The fit is timed on a new Survey: what it looks up
once (codes of the columns) counts. R's time is that of `svyglm` alone, without `svydesign`. Beside
the seconds on the clock stand those of the processor, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import survey_stats as ss
from survey_stats.explain.models import Model, glm

HERE = Path(__file__).parent
FORMULAS = {
    "levels": "unsafe ~ gender + age_group + disability + C(district)",
    "with years": "unsafe ~ gender + age + disability + C(district)",
    "continuous": "unsafe ~ gender + age_group + disability + C(district) + z",
}
KINDS = {"clustered": "psu", "element": None}
N_STRATA, N_PSUS = 60, 20


def make(n: int, seed: int = 11) -> pd.DataFrame:
    """`n` respondents in 60 strata of 20 PSUs, answers missing."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(0, N_STRATA * N_PSUS, n)
    age = rng.integers(16, 85, n)
    gender = rng.choice(np.array(["men", "women"]), n)
    disability = rng.choice(np.array(["no", "yes"]), n, p=[0.82, 0.18])
    district = rng.integers(0, 11, n)
    level = rng.normal(-1.0, 0.3, N_STRATA * N_PSUS)[psu]
    eta = level + 0.7 * (gender == "women") + 0.5 * (disability == "yes") + 0.05 * district
    edges = [15, 19, 29, 44, 64, 79, 120]
    names = ["16-19", "20-29", "30-44", "45-64", "65-79", "80+"]
    unsafe = pd.arrays.BooleanArray(rng.random(n) < 1 / (1 + np.exp(-eta)), rng.random(n) < 0.05)
    return pd.DataFrame(
        {
            "stratum": psu // N_PSUS,
            "psu": psu % N_PSUS,
            "w": np.exp(rng.normal(1.0, 0.4, n)),
            "gender": gender,
            "age": age,
            "z": rng.normal(size=n),
            "age_group": pd.cut(age, edges, labels=names).astype(str),
            "disability": disability,
            "district": np.array([f"district {i:02d}" for i in range(11)])[district],
            "unsafe": unsafe,
        }
    )


def ours(frame: pd.DataFrame, kind: str, formula: str) -> tuple[float, float, Model]:
    """Seconds of a fit with its covariance, by the clock and the processor, and the model."""
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters=KINDS[kind])
    start, spent = time.perf_counter(), time.process_time()
    model = glm(survey, formula)
    model.cov()
    return time.perf_counter() - start, time.process_time() - spent, model


def theirs(file: Path, kind: str, formula: str) -> tuple[list[float], np.ndarray]:
    """R's seconds by both clocks, and its coefficients beside their standard errors."""
    text = formula.replace("C(district)", "factor(district)")
    command = ["Rscript", str(HERE / "models_with_survey.R"), str(file), kind, text]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"R failed:\n{done.stderr[-2000:]}")
    lines = done.stdout.splitlines()
    return [float(v) for v in lines[0].split()], np.array(
        [line.split() for line in lines[1:]], dtype=float
    )


def peak(file: Path, kind: str, formula: str) -> float:
    """Megabytes held at most above the frame by a fit in a process of its own."""
    code = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import pandas as pd, models
frame = pd.read_parquet({str(file)!r})
models.ours(models.make(2000), {kind!r}, {formula!r})
status = lambda key: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(key))
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
models.ours(frame, {kind!r}, {formula!r})
print((status("VmHWM") - before) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def line(n: int, kind: str, name: str, folder: Path, with_r: bool) -> dict[str, object]:
    """What one size, design and formula costs."""
    frame = make(n)
    parquet, csv = folder / f"{n}.parquet", folder / f"{n}.csv"
    frame.to_parquet(parquet)
    formula = FORMULAS[name]
    runs = [ours(frame, kind, formula) for _ in range(5)]
    seconds, spent = min(r[0] for r in runs), min(r[1] for r in runs)
    model = runs[-1][2]
    found: dict[str, object] = {"rows": n, "design": kind, "predictors": name}
    found |= {
        "ours s": round(seconds, 3),
        "ours cpu": round(spent, 3),
        "MB": round(peak(parquet, kind, formula)),
    }
    if with_r:
        frame.assign(unsafe=frame["unsafe"].astype("Int64")).to_csv(csv, index=False)
        (its, its_cpu), answer = theirs(csv, kind, formula)
        table = model.to_frame()
        # R stops at a deviance that changes by less than 1e-8
        np.testing.assert_allclose(table["estimate"], answer[:, 0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(table["se"], answer[:, 1], rtol=1e-5)
        found |= {"R s": round(its, 2), "R cpu": round(its_cpu, 2)}
        found |= {"ratio": round(its / seconds, 1), "ratio cpu": round(its_cpu / spent, 1)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--predictors", nargs="+", choices=list(FORMULAS), default=list(FORMULAS))
    parser.add_argument("--no-r", action="store_true")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    with_r = not arguments.no_r and shutil.which("Rscript") is not None
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            line(n, kind, name, Path(folder), with_r)
            for n in arguments.rows
            for kind in KINDS
            for name in arguments.predictors
        ]
    frame = pd.DataFrame(rows)
    print(frame.to_string(index=False))
    if arguments.markdown:
        head = "| " + " | ".join(frame.columns) + " |"
        body = ["| " + " | ".join(map(str, row)) + " |" for row in frame.itertuples(index=False)]
        bar = "| " + " | ".join("---" for _ in frame.columns) + " |"
        arguments.markdown.write_text("\n".join([head, bar, *body, ""]))


if __name__ == "__main__":
    main()
