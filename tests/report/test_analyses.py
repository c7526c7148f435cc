"""The scripts in analyses/ run as they stand and print what they promise."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

ANALYSES = Path(__file__).resolve().parents[2] / "analyses"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("did_it_change.py", ["SYNTHETIC", "unsafe_evening", "cannot be decided"]),
        (
            "who_is_unsafe.py",
            ["80 år och äldre", "allt annat lika", "från 2017 till 2023", "SYNTETISKA DATA"],
        ),
        ("does_the_coding_matter.py", ["health_portal", "research", "school_survey 2022"]),
        ("do_the_weights_hold.py", ["weights as delivered", "Designeffekten", "calibrated_se"]),
        ("which_stadsdelar.py", ["Vällingby", "pooled", "den högsta andelen"]),
        ("why_the_surveys_disagree.py", ["Delarna summerar", "funktionsnedsättning", "kitagawa"]),
    ],
)
def test_a_script_answers_its_question(
    script: str,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", [script])
    runpy.run_path(str(ANALYSES / script), run_name="__main__")
    said = capsys.readouterr().out
    assert all(w in said for w in words)


def test_scripts_import_survey_stats_and_pandas_only() -> None:
    scripts = sorted(ANALYSES.glob("*.py"))
    assert len(scripts) >= 7
    for script in scripts:
        for line in script.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import ", "from ")):
                module = line.split()[1].split(".")[0]
                known = {"survey_stats", "pandas", *sys.stdlib_module_names}
                assert module in known, line
