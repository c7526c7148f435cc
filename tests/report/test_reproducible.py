"""The same deliveries give the same bytes anywhere, and nothing of people or machine gets out."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest

from survey_stats import __version__
from survey_stats.report.waves import demo_folder

HERE = Path(__file__).resolve().parent
PLAN = HERE / "plans" / "small.yaml"
SECRET_FOLDER, SECRET_HOME = "HEMLIGMAPP7391", "HEMLIGTHEM5512"
SECRET_TEXT, SECRET_ID = "HEMLIGTSVAR4417", "994170100"
STEM = "small-farsta-2023"

pytestmark = pytest.mark.slow


def deliveries(folder: Path) -> Path:
    """Two waves of the region with a free text and keys that are easily found again."""
    folder.mkdir(parents=True)
    for year in (2021, 2023):
        name = f"Trygghetsundersokning_region_{year}_SYNTETISK.csv"
        text = (demo_folder() / name).read_text(encoding="cp1252")
        head, *rows = list(csv.reader(text.splitlines(), delimiter=";"))
        key = [h.lower() for h in head].index("lopnr")
        with (folder / name).open("w", encoding="cp1252", newline="") as file:
            out = csv.writer(file, delimiter=";", lineterminator="\n")
            out.writerow([*head, "Fritext"])
            for i, row in enumerate(rows):
                if i % 8 == 0 or "Farsta" in row:
                    row[key] = f"{SECRET_ID}{i:06d}"
                    out.writerow([*row, f"{SECRET_TEXT} jag bor hos {i}"])
    return folder


@dataclass(frozen=True)
class Run:
    """A run of the command line: where it was, what it made and what it said."""

    out: Path
    said: str
    status: int

    @property
    def files(self) -> dict[str, bytes]:
        """What it made, by name."""
        return {p.name: p.read_bytes() for p in self.out.iterdir() if p.is_file()}


def run(root: Path, source: Path, environment: dict[str, str], *more: str) -> Run:
    home = root / SECRET_HOME
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "survey_stats.cli", "report", str(PLAN), "--area", "Farsta"]
    options = ["--year", "2023", "--deliveries", os.path.relpath(source, root), "--out", "build"]
    done = subprocess.run(
        [*command, *options, "--engine", "embedded", *more],
        cwd=root,
        env={
            **os.environ,
            "HOME": str(home),
            "SURVEY_STATS_CACHE": str(root / "cache"),
            "PYTHONPATH": str(HERE.parents[1]),
            **environment,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return Run(root / "build", done.stdout + done.stderr, done.returncode)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    one = tmp_path_factory.mktemp("one")
    two = tmp_path_factory.mktemp("another place with a much longer name")
    first = run(
        one,
        deliveries(one / SECRET_FOLDER / "in"),
        {"TZ": "UTC", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
    )
    second = run(
        two,
        deliveries(two / "x"),
        {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4711", "LC_ALL": "C", "LANG": "sv_SE"},
    )
    assert first.status == 0, first.said
    assert second.status == 0, second.said
    return first, second


def test_two_places_times_and_locales_give_the_same_bytes(runs: tuple[Run, Run]) -> None:
    one, two = (r.files for r in runs)
    suffixes = ("html", "docx", "pdf", "xlsx", "csv", "csv-metadata.json", "parquet")
    assert set(one) == set(two) == {f"{STEM}.{s}" for s in suffixes} | {"audit.json", "audit.csv"}
    assert [name for name in sorted(one) if one[name] != two[name]] == []


def parts(name: str, content: bytes) -> Iterator[bytes]:
    """All that a file holds: also what is packed in it."""
    yield content
    if name.endswith((".docx", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield member.filename.encode() + member.comment + member.extra
                yield archive.read(member)
    if name.endswith(".html"):
        for found in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content):
            yield base64.b64decode(found)
    if name.endswith(".pdf"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        yield str(dict(reader.metadata or {})).encode()
        for page in reader.pages:
            yield page.extract_text().encode()
        for number in reader.xref[0]:
            held = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
            if isinstance(held, pypdf.generic.StreamObject):
                yield held.get_data() if held.get("/Subtype") != "/Image" else b""
            yield repr(held).encode()


def holds(content: bytes, word: str) -> bool:
    forms = [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")]
    return any(form.lower() in content.lower() for form in forms)


def test_the_search_finds_what_is_there(runs: tuple[Run, Run]) -> None:
    for name, content in runs[0].files.items():
        if name.startswith(STEM):
            assert any(holds(part, "Farsta") for part in parts(name, content)), name


@pytest.mark.parametrize("secret", [SECRET_TEXT, SECRET_ID, SECRET_FOLDER, SECRET_HOME])
def test_no_answer_key_or_path_is_in_any_file(runs: tuple[Run, Run], secret: str) -> None:
    for name, content in runs[0].files.items():
        for part in parts(name, content):
            assert not holds(part, secret), name
    for file in (runs[0].out / ".state").iterdir():
        assert not holds(file.read_bytes(), secret), file.name


def test_no_file_tells_where_it_was_made(runs: tuple[Run, Run]) -> None:
    root = str(runs[0].out.parent.parent)
    package = str(HERE.parents[1])
    for name, content in runs[0].files.items():
        for part in parts(name, content):
            assert not holds(part, root), name
            assert not holds(part, package), name
            assert not holds(part, "ipykernel"), name


def test_what_is_said_has_no_answer_key_or_home(runs: tuple[Run, Run]) -> None:
    said = runs[0].said
    assert f"{STEM}.html" in said
    for secret in (SECRET_TEXT, SECRET_ID, SECRET_HOME, str(runs[0].out.parent)):
        assert secret not in said


def test_every_document_tells_what_it_was_made_from(runs: tuple[Run, Run]) -> None:
    files = runs[0].files
    note = json.loads(files[f"{STEM}.csv-metadata.json"])["notes"][0]
    version = note["data_version"]
    for name, content in files.items():
        if name.startswith(STEM) and not name.endswith(".csv"):
            found = b"".join(parts(name, content))
            # a PDF may break the line between them
            squeezed = re.sub(rb"\s", b"", found)
            for word in (version, __version__, "2023"):
                assert word.encode() in squeezed, (name, word)


def test_every_page_tells_versions_and_parameters(runs: tuple[Run, Run]) -> None:
    files = runs[0].files
    version = json.loads(files[f"{STEM}.csv-metadata.json"])["notes"][0]["data_version"]
    line = (
        f"Farsta 2023 · språk sv · skyddsprofil survey_stats · data {version} · "
        f"kod survey_stats {__version__}"
    )
    pages = pypdf.PdfReader(io.BytesIO(files[f"{STEM}.pdf"])).pages
    assert len(pages) > 1
    assert all(line in page.extract_text() for page in pages)
    assert f'<footer class="page-footer">{line}</footer>' in files[f"{STEM}.html"].decode()
    with zipfile.ZipFile(io.BytesIO(files[f"{STEM}.docx"])) as word:
        assert line in word.read("word/footer1.xml").decode()
    with zipfile.ZipFile(io.BytesIO(files[f"{STEM}.xlsx"])) as book:
        sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        assert len(sheets) > 1
        assert all(line in book.read(n).decode() for n in sheets)


def test_an_error_in_a_delivery_tells_no_answer_and_no_place(tmp_path: Path) -> None:
    source = deliveries(tmp_path / SECRET_FOLDER / "in")
    file = next(source.glob("*2023*"))
    text = file.read_text(encoding="cp1252")
    file.write_text(text.replace(";Kvinna;", ";Kvinnna;", 1), encoding="cp1252")
    made = run(tmp_path, source, {})
    assert made.status == 2
    assert file.name in made.said
    assert made.said.count("Error:") == 1
    assert "Traceback" not in made.said
    for secret in (SECRET_TEXT, SECRET_ID, SECRET_FOLDER, SECRET_HOME, str(tmp_path)):
        assert secret not in made.said
    assert not made.files


def test_a_defect_tells_its_place_in_the_package_only(tmp_path: Path) -> None:
    source = deliveries(tmp_path / SECRET_FOLDER / "in")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import survey_stats.report.waves as w\n"
        "def no(*a, **k): raise KeyError('" + SECRET_TEXT + " ' + str(a))\n"
        "w.load_waves = no\n"
    )
    path = os.pathsep.join([str(broken), str(HERE.parents[1])])
    made = run(tmp_path, source, {"PYTHONPATH": path})
    assert made.status == 3
    last = made.said.strip().splitlines()[-1]
    assert "KeyError in survey_stats/report/" in last
    assert "defect" in last
    assert "Traceback" not in made.said
    for secret in (SECRET_TEXT, SECRET_FOLDER, SECRET_HOME, str(tmp_path)):
        assert secret not in made.said
    shown = run(tmp_path, source, {"PYTHONPATH": path, "SURVEY_STATS_DEBUG": "1"})
    assert "Traceback" in shown.said
