"""The wheel in an empty environment, away from the checkout: what is shipped rides in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_what_is_shipped_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("data", "reports"):
        here = {
            f"survey_stats/_shipped/{folder}/{file.relative_to(ROOT / folder).as_posix()}"
            for file in (ROOT / folder).rglob("*")
            if file.is_file() and not file.name.startswith(".") and "_files" not in str(file)
        }
        tracked = {name for name in here if name.endswith((".csv", ".yaml", ".qmd", ".yml"))}
        assert tracked <= names
    assert "survey_stats/py.typed" in names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


@pytest.mark.slow
def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}

    def call(*command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(c) for c in command],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )

    pip = [scripts / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt"]
    call(*pip, f"survey-stats-lagesbild[report] @ {wheel.as_uri()}")
    where = call(scripts / "python", "-c", "import survey_stats; print(survey_stats.__file__)")
    assert str(home) in where.stdout
    call(scripts / "survey-stats", "audit", "--json", tmp_path / "audit.json")
    assert len(json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))) > 20
    area = ["--area", "Farsta", "--year", "2023"]
    call(scripts / "survey-stats", "appendix", *area, "--out", tmp_path / "build")
    made = {file.suffix for file in (tmp_path / "build").glob("appendix-farsta-2023.*")}
    assert made == {".html", ".docx", ".pdf", ".xlsx", ".csv", ".json", ".parquet"}
