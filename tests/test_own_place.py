"""docs/own_place.md: another municipality's files become a document with nothing of Stockholm's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats.errors import InputError, SurveyStatsError, UnknownNameError
from survey_stats.place import place
from survey_stats.resources import OWN_DATA, use_data

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own_place.md").read_text(encoding="utf-8")
BEFORE = ["Andersberg", "Bomhus", "Brynäs", "Sätra", "Valbo", "Forsbacka"]


def deliveries(folder: Path) -> None:
    """A file as an old Swedish program writes it; one renumbered, turned and without weights."""
    rng = np.random.default_rng(3)
    n = 900
    home = rng.choice(len(BEFORE), n, p=[0.2, 0.25, 0.3, 0.15, 0.08, 0.02])
    old = pd.DataFrame(
        {
            "Löpnr": np.arange(1, n + 1),
            "Kommundel": np.array(BEFORE)[home],
            "Kön": rng.choice(["Kvinna", "Man"], n),
            "Ålder": rng.integers(16, 85, n),
            "Funktionsnedsättning": rng.integers(1, 3, n),
            "F12": rng.choice([1, 2, 3, 4, 5, 9], n, p=[0.3, 0.3, 0.2, 0.1, 0.05, 0.05]),
            "F20": rng.choice([1, 2], n, p=[0.6, 0.4]),
            "Vikt": np.round(rng.gamma(4, 20, n), 3),
        }
    )
    old.to_csv(folder / "safety_2021.csv", sep=";", decimal=",", index=False, encoding="latin-1")
    new = pd.DataFrame(
        {
            "lopnr": np.arange(1, n + 1),
            "kommundel": np.minimum(home, 4) + 1,
            "kon": rng.integers(1, 3, n),
            "alder": rng.integers(16, 85, n),
            "funk": rng.integers(0, 2, n),
            "q7": rng.choice([1, 2, 3, 4, 5, 8], n, p=[0.1, 0.2, 0.3, 0.3, 0.05, 0.05]),
            "q15": rng.choice([1, 2], n, p=[0.3, 0.7]),
        }
    )
    new.to_excel(folder / "safety_2024_SYNTETISK.xlsx", index=False, engine="xlsxwriter")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page as it prints them, and deliveries that fit its codebook."""
    root = tmp_path_factory.mktemp("own")
    found = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, flags=re.S)
    assert [name for name, _ in found] == [
        "place.yaml",
        "geography/districts.yaml",
        "codebooks/our_safety.yaml",
        "plan.yaml",
    ]
    for name, text in found:
        path = root / "our_data" / name if name != "plan.yaml" else root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "files").mkdir()
    deliveries(root / "files")
    return root


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """A session of its own, since documents know their place from the start."""
    env = {
        **{k: v for k, v in os.environ.items() if k != OWN_DATA},
        "PYTHONPATH": str(ROOT),
        "SURVEY_STATS_CACHE": str(folder / "cache"),
    }
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True
    )


FIGURES = """
import json
import survey_stats as ss
ss.use_data("our_data")
old = ss.harmonise("files/safety_2021.csv", "our_safety")
new = ss.harmonise("files/safety_2024_SYNTETISK.xlsx", "our_safety")
told = {n: sorted(set(old.frame[n])) for n in ("district", "district_own_year")}
told["turned"] = float(new.frame["unsafe_evening"].mean())
change = ss.change(old.survey(), new.survey(), "litter", by="district")
told["caveats"] = list(change.caveats)
told["rows"] = len(change.to_frame())
told["against"] = len(ss.against(new.survey(), "litter", "district").to_frame())
print(json.dumps(told))
"""


def test_files_become_figures(folder: Path) -> None:
    made = run(folder, FIGURES)
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["district"] == ["Andersberg", "Bomhus", "Brynäs", "Sätra", "Valbo-Forsbacka"]
    assert told["district_own_year"] == sorted(BEFORE)
    path = folder / "files" / "safety_2024_SYNTETISK.xlsx"
    codes = pd.read_excel(path, engine="calamine")["q7"]
    assert told["turned"] == pytest.approx(codes[codes != 8].isin([1, 2, 5]).mean())
    assert told["caveats"] == [
        "answers are weighted in one of the waves and not in Gävle's safety survey 2024",
        "different modes: post and web against web",
    ]
    assert told["rows"] == told["against"] == 5


DOCUMENT = """
import survey_stats as ss
ss.use_data("our_data")
from survey_stats import report
from survey_stats.report.batch import all_areas
from survey_stats.report.qmd import write_qmd
print(all_areas())
for lang in ("sv", "en"):
    made = report.load("brynas", 2024, lang, "files", plan="plan.yaml")
    shown = [made.show(form, row.question, **row.options).text
             for row in made.plan.rows for form in row.form]
    print("\\n".join(shown))
print(len(report.load("Gävle", 2024, "sv", "files", plan="plan.yaml").figures))
"""


def test_a_document_says_nothing_of_stockholm(folder: Path) -> None:
    made = run(folder, DOCUMENT)
    assert made.returncode == 0, made.stderr
    text = made.stdout
    assert text.startswith(
        "['Andersberg', 'Bomhus', 'Brynäs', 'Sätra', 'Valbo-Forsbacka', 'Gävle']"
    )
    for told in (
        "andelen som upplever problem med nedskräpning",
        "resten av kommunen",
        "the rest of the municipality",
        "Kommun, %",
        "underlag till kommunens trygghetsarbete",
        "svaren är viktade i den ena mätningen men inte i Gävles trygghetsenkät 2024",
        "division into 5 areas in force since 1 January 2023",
        "SYNTETISKA DATA",
    ):
        assert told in text
    for other in ("Stockholm", "staden", "the city", "Farsta", "stadsdel", "polis"):
        assert other not in text.replace("bostaden", "")


def test_notes_of_sentences_without_a_figure_stand_below(folder: Path) -> None:
    code = (
        "import survey_stats as ss; ss.use_data('our_data')\n"
        "from survey_stats import report\n"
        "made = report.load('Brynäs', 2024, 'sv', 'files', plan='plan.yaml')\n"
        "print(made.show('sentences', 'litter').text)\n"
        "print(made.show('sentences', 'unsafe_evening').text)"
    )
    made = run(folder, code)
    assert made.returncode == 0, made.stderr
    litter, evening = made.stdout.split("- Gävles trygghetsenkät 2024")[1:]
    assert "(#litter-told-note-1)" in litter
    assert "{#litter-told-note-1}" in litter
    # beside a figure the notes stand under the figure
    assert "(#unsafe-evening-note-1)" in evening
    assert "{#unsafe" not in evening


def test_the_command_line_takes_the_folder(folder: Path) -> None:
    code = (
        "from survey_stats.cli.root import main\n"
        "main(['--data', 'our_data', 'check', 'files/safety_2021.csv', '--codebook', 'our_safety'])"
    )
    made = run(folder, code)
    assert made.returncode == 0, made.stderr
    assert "fits the codebook our_safety 2021" in made.stdout


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ss.use_data('none')", "There is no folder"),
        ("ss.use_data('files')", "has no place.yaml"),
        ("from survey_stats.report import plan; ss.use_data('our_data')", "before anything else"),
        (
            "ss.use_data('our_data'); report.load('Farsta', 2024, deliveries='files')",
            "a plan of your own",
        ),
        (
            "ss.use_data('our_data'); report.load('Farsta', 2024, plan='plan.yaml')",
            "there is no area 'Farsta'",
        ),
        (
            "ss.use_data('our_data'); report.load('Bomhus', 2024, plan='plan.yaml')",
            "the demo is of the shipped surveys only",
        ),
        ("ss.use_data('our_data'); ss.audit('claims.csv')", "claims.csv"),
        (
            "import os; os.environ['SURVEY_STATS_DATA'] = 'our_data'; ss.Codebook.names()",
            "give the full path",
        ),
        ("ss.Codebook.load('our_data/codebooks/our_safety.yaml')", "docs/own_place.md"),
    ],
)
def test_what_is_wrong_is_told(folder: Path, code: str, told: str) -> None:
    start = "import survey_stats as ss\nfrom survey_stats import report\n"
    made = run(folder, start + code)
    assert made.returncode == 1
    last = made.stderr.strip().splitlines()[-1]
    assert last.startswith("survey_stats.errors.")
    assert told.lower() in last.lower()


def own(folder: Path, text: str) -> Path:
    (folder / "codebooks").mkdir(exist_ok=True)
    (folder / "codebooks" / "our.yaml").write_text("survey: our\n", encoding="utf-8")
    (folder / "place.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", InputError, "holds no keys"),
        ("surveys: [our]\n", InputError, "name of the municipality"),
        ("municipality: Gävle\n", InputError, "list the codebooks"),
        ("municipality: Gävle\nsurveys: [out]\n", UnknownNameError, "'our'"),
        ("municipality: Gävle\nsurveys: [our]\nword: {}\n", UnknownNameError, "'words'"),
        ("municipality: Gävle\nsurveys: [our]\nwords: {a: b}\n", InputError, "needs sv: and en:"),
        ("municipality: [\n", InputError, "cannot be read as YAML"),
        (
            "municipality: Gävle\nsurveys: [our]\ndocuments: {a: {title: b, area: c}}\n",
            InputError,
            "and a year",
        ),
    ],
)
def test_a_mistake_in_the_place_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    error: type[SurveyStatsError],
    told: str,
) -> None:
    monkeypatch.setenv(OWN_DATA, str(own(tmp_path, text)))
    with pytest.raises(error, match=re.escape(told)):
        place()


def test_the_shipped_place_is_stockholm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OWN_DATA, raising=False)
    assert place().municipality == "Stockholm"
    with pytest.raises(InputError, match="There is no folder"):
        use_data("/nowhere")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("from survey_stats import demo; demo.build('out')", "leave out --data"),
        (
            "from survey_stats.report import charts\n"
            "import pandas as pd\n"
            "frame = pd.DataFrame({'district': ['Bomhus'], 'estimate': [0.2], 'n': [90]})\n"
            "charts.tile_map(frame, 'map')",
            "geography/tiles_districts.csv",
        ),
        (
            "from survey_stats.report.batch import summary_of; summary_of('appendix')",
            "a plan of your own",
        ),
    ],
)
def test_what_is_stockholms_alone_is_told(folder: Path, code: str, told: str) -> None:
    made = run(folder, f"import survey_stats as ss\nss.use_data('our_data')\n{code}")
    assert made.returncode == 1
    assert told in made.stderr.strip().splitlines()[-1]


def test_an_area_of_few_answers_says_so(folder: Path) -> None:
    code = (
        "import survey_stats as ss; ss.use_data('our_data')\n"
        "from survey_stats import report\n"
        "made = report.load('Valbo-Forsbacka', 2024, 'sv', 'files', plan='plan.yaml',\n"
        "    profile=ss_rule)\n"
        "print(made.summary()[0])"
    )
    rule = "from dataclasses import replace\nfrom survey_stats.protect import DEFAULT\n"
    rule += "ss_rule = replace(DEFAULT, name='strict', minimum_base=300, certain_base=400)\n"
    made = run(folder, rule + code)
    assert made.returncode == 0, made.stderr
    assert made.stdout == "Så få har svarat i Valbo-Forsbacka att inga andelar visas.\n"


def test_the_lines_of_python_run(folder: Path) -> None:
    people = pd.DataFrame(
        [
            (area, f"{age} år", gender, 2023, 40 + age % 7)
            for area in ("Andersberg", "Bomhus", "Brynäs", "Sätra", "Valbo-Forsbacka")
            for age in range(101)
            for gender in ("män", "kvinnor")
        ],
        columns=["kommundel", "ålder", "kön", "år", "antal"],
    )
    people.to_csv(folder / "people_2023.csv", sep=";", index=False)
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, flags=re.S))
    code = code.replace("safety_2021", "files/safety_2021")
    code = code.replace("safety_2024", "files/safety_2024_SYNTETISK")
    code += "\nprint(new.share('litter').to_frame()['n'][0], len(new.weighting.steps))"
    made = run(folder, code)
    assert made.returncode == 0, made.stderr
    assert made.stdout == "900 2\n"
