"""Times of `Survey(...).share(...)` against R survey, svy and bare numpy, measured in one run.

python benchmarks/estimate.py [--svy PYTHON] [--rows 30000 300000 3000000] [--markdown FILE]

Answers are compared before any time is told. svy runs in an interpreter of its own (see
requirements.txt), R where `Rscript` and its package survey are found; what is missing is skipped
with a message, as is whatever would keep R busy for more than five minutes.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402

import survey_stats as ss  # noqa: E402

R_PATIENCE = 300.0
KINDS = {"element": None, "clustered": "psu"}


def best(work: Callable[[], Any], repeats: int) -> float:
    """The shortest of several runs, in seconds: the least disturbed one."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def against(work: Callable[[], Any], other: Callable[[], Any], pairs: int) -> tuple[float, ...]:
    """Shortest seconds of `work` and of `other`, and the median ratio of runs made in turn.

    Whatever else the machine does disturbs both runs of a pair, so the ratio is steadier than
    the quotient of the two times.
    """
    times = np.array([(best(work, 1), best(other, 1)) for _ in range(pairs)])
    mine, its = times.min(axis=0)
    return float(mine), float(its), float(np.median(times[:, 0] / times[:, 1]))


def ours(frame: pd.DataFrame, kind: str, by: Any = None, question: Any = "y") -> ss.Estimates:
    survey = ss.Survey(frame, weights="w", strata="stratum", clusters=KINDS[kind])
    return survey.share(question, by=sample.BY if by is None else by)


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def svy(python: str | None, file: Path, kind: str, repeats: int) -> dict[str, Any] | None:
    if python is None:
        return None
    found: dict[str, Any] = json.loads(
        run([python, str(HERE / "with_svy.py"), str(file), kind, str(repeats)])
    )
    return found


def r_survey(file: Path, kind: str) -> dict[str, Any]:
    lines = run(["Rscript", str(HERE / "with_survey.R"), str(file), kind]).splitlines()
    cells = np.array([line.split() for line in lines[1:]], dtype=float)
    return {"seconds": float(lines[0]), "estimate": cells[:, 0], "se": cells[:, 1]}


def check(mine: ss.Estimates, other: dict[str, Any], name: str) -> None:
    for field in ("estimate", "se"):
        np.testing.assert_allclose(
            getattr(mine, field), other[field], rtol=1e-8, err_msg=f"{name} disagrees on {field}"
        )


def peak_ratio(file: Path, kind: str) -> float:
    """Memory held at most above the frame, over the bytes of the columns used; own process."""
    code = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import pandas as pd, estimate, sample
frame = pd.read_parquet({str(file)!r})
estimate.ours(sample.make(2000), {kind!r}).to_frame()
used = frame.drop(columns=[c for c in frame if c.startswith("y") and c != "y"])
if {kind!r} == "element": used = used.drop(columns="psu")
status = lambda key: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(key))
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
estimate.ours(frame, {kind!r}).to_frame()
print((status("VmHWM") - before) * 1024 / used.memory_usage(index=False).sum())
"""
    return float(run([sys.executable, "-c", code]))


def import_ratio(repeats: int = 9) -> tuple[float, float]:
    """Time to import the package, and to reach `Survey`, over `import pandas`; new processes."""

    def start(code: str) -> Callable[[], str]:
        return lambda: run([sys.executable, "-c", code])

    empty = start("pass")
    pandas, package = start("import pandas"), start("import survey_stats as ss; ss.Survey")
    package()
    nothing = best(empty, repeats)
    mine, its, _ = against(package, pandas, repeats)
    alone = best(start("import survey_stats"), repeats)
    return (alone - nothing) / (its - nothing), (mine - nothing) / (its - nothing)


def rivals(rows: list[int], python: str | None, with_r: bool, folder: Path) -> pd.DataFrame:
    """One line a size and design: our seconds, the floor, svy and R, and their ratios."""
    lines = []
    r_before: dict[str, tuple[int, float]] = {}
    for n in rows:
        frame = sample.make(n)
        file = folder / f"{n}.parquet"
        frame.to_parquet(file)
        for kind in KINDS:
            repeats = 25 if n <= 300_000 else 7
            mine = ours(frame, kind)
            np.testing.assert_allclose(
                mine.estimate, sample.floor(frame, kind == "clustered"), rtol=1e-10
            )
            seconds, least, over = against(
                lambda f=frame, k=kind: ours(f, k).to_frame(),
                lambda f=frame, k=kind: sample.floor(f, k == "clustered"),
                repeats,
            )
            line: dict[str, Any] = {
                "rows": n,
                "design": kind,
                "ours": seconds,
                "floor": least,
                "ours / floor": over,
            }
            theirs = svy(python, file, kind, 3 if n <= 300_000 else 1)
            if theirs is not None:
                check(mine, theirs, "svy")
                line |= {
                    "svy": min(theirs["seconds"]),
                    "svy / ours": min(theirs["seconds"]) / seconds,
                    "svy peak MB": theirs["memory"] / 1e6,
                }
            small, took = r_before.get(kind, (n, 0.0))
            if with_r and took * n / small <= R_PATIENCE:
                csv = folder / f"{n}.csv"
                if not csv.exists():
                    frame.assign(y=frame["y"].astype("Int8")).to_csv(csv, index=False)
                found = r_survey(csv, kind)
                check(mine, found, "R survey")
                r_before[kind] = (n, found["seconds"])
                line |= {"R": found["seconds"], "R / ours": found["seconds"] / seconds}
            elif with_r:
                print(f"R survey skipped at {n} rows, {kind}: over {R_PATIENCE:.0f} s expected")
            line["peak / columns"] = peak_ratio(file, kind)
            lines.append(line)
            print(json.dumps(line), flush=True)
    return pd.DataFrame(lines)


def scaling(n: int) -> list[tuple[str, float, str]]:
    """Ratios that say how the work grows: cells, questions, rows, text columns."""
    found = []
    rng = np.random.default_rng(3)
    frame = sample.make(n, questions=20)
    for name, size in (("ten", 10), ("a", 100), ("b", 100)):
        codes = rng.integers(0, size, n)
        frame[name] = pd.Categorical.from_codes(
            codes, categories=[f"c{i:03d}" for i in range(size)]
        )
    large = sample.make(10 * n)
    text = frame.assign(
        **{c: frame[c].astype(str).astype("str") for c in ["stratum", "psu", *sample.BY]}
    )
    names = ["y", *(f"y{i}" for i in range(1, 20))]
    for kind in KINDS:

        def ask(data: pd.DataFrame, by: Any = None, question: Any = "y", k: str = kind) -> Any:
            return lambda: ours(data, k, by, question).to_frame()

        def calls(k: str = kind) -> None:
            for q in names:
                ours(frame, k, question=q).to_frame()

        one, twenty = ask(frame), ask(frame, question=names)
        for what, work, other, pairs, aim in (
            ("10 000 cells / 10 cells", ask(frame, ["a", "b"]), ask(frame, "ten"), 11, "at most 2"),
            (f"{10 * n} rows / {n} rows", ask(large), one, 5, "10 (linear)"),
            ("20 questions in one call / one question", twenty, one, 5, "far under 20"),
            ("20 questions in one call / 20 calls", twenty, calls, 3, "far under 1"),
            ("all columns text / coded", ask(text), one, 5, "-"),
        ):
            found.append((f"{what}, {kind}", against(work, other, pairs)[2], aim))
    alone, reached = import_ratio()
    found.append(("import survey_stats / import pandas", alone, "at most 1.3"))
    found.append(("import survey_stats, Survey / import pandas", reached, "-"))
    return found


def machine() -> str:
    import os

    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python "
        f"{platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}"
    )


def markdown(table: pd.DataFrame) -> str:
    def show(value: Any, name: str) -> str:
        if not isinstance(value, float):
            return str(value)
        if np.isnan(value):
            return "-"
        if name in ("ours", "floor", "svy", "R"):
            return f"{value:.4f} s" if value < 1 else f"{value:.1f} s"
        return f"{value:.2f}" if value < 10 else f"{value:.0f}"

    head = "| " + " | ".join(table.columns) + " |\n|" + " --- |" * len(table.columns) + "\n"
    return head + "".join(
        "| " + " | ".join(show(v, c) for c, v in row.items()) + " |\n"
        for row in table.to_dict("records")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--svy", help="a Python that has benchmarks/requirements.txt")
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000, 3_000_000])
    parser.add_argument("--no-r", action="store_true", help="leave R survey out")
    parser.add_argument("--scale", type=int, default=300_000, help="rows of the scaling ratios")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    arguments = parser.parse_args()
    with_r = not arguments.no_r and shutil.which("Rscript") is not None
    if with_r:
        has_survey = ["Rscript", "-e", "library(survey)"]
        with_r = subprocess.run(has_survey, capture_output=True, check=False).returncode == 0
    if not with_r:
        print("R survey skipped: left out, or no Rscript with the package survey")
    if arguments.svy is None:
        print("svy skipped: name its interpreter with --svy (see benchmarks/requirements.txt)")
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        table = rivals(arguments.rows, arguments.svy, with_r, Path(folder))
    ratios = pd.DataFrame(scaling(arguments.scale), columns=["what", "ratio", "aim"])
    text = f"{machine()}\n\n{markdown(table)}\n{markdown(ratios)}"
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    assert statistics.median(table["ours"]) > 0


if __name__ == "__main__":
    main()
