"""How the command line starts: from where it is called, and how little the help loads."""

from __future__ import annotations

import subprocess
import sys

import typer

import survey_stats.cli
from survey_stats import __version__

_HEAVY = ("pandas", "numpy", "scipy", "statsmodels", "matplotlib", "seaborn", "pydantic", "pyarrow")


def test_the_help_lists_every_command_and_loads_no_room() -> None:
    code = (
        "import sys\n"
        "from survey_stats.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('LOADED', sorted(set({_HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"
    commands = typer.main.get_command(survey_stats.cli.app).commands  # type: ignore[attr-defined]
    assert {"appendix", "demo", "audit", "check", "share"} <= set(commands)
    assert all(name in done.stdout for name in commands)


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "survey_stats.cli", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == __version__
