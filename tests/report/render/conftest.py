from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey_stats.report.render import quarto_available, render, render_with_quarto
from survey_stats.resources import reports_path

HERE = Path(__file__).parent
FORMATS = ["html", "docx", "pdf"]


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The document that uses everything, rendered once for all tests."""
    out = tmp_path_factory.mktemp("rich")
    return render(
        HERE / "rich.qmd",
        FORMATS,
        {"area": "Hässelby-Vällingby", "year": 2023},
        out,
        "bilaga",
    )


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the settings and the look of the reports, and a short appendix."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(reports_path("style"), folder / "style")
    shutil.copy(reports_path("_quarto.yml"), folder / "_quarto.yml")
    shutil.copy(HERE / "pieces.qmd", folder / "pieces.qmd")
    return folder / "pieces.qmd"


@pytest.fixture(scope="session")
def pieces(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The short appendix as the embedded renderer makes it."""
    return render(project, FORMATS, out_dir=tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="session")
def pieces_by_quarto(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The short appendix as Quarto makes it."""
    if not quarto_available():
        pytest.skip("quarto is not installed here")
    return render_with_quarto(project, FORMATS, out_dir=tmp_path_factory.mktemp("quarto"))


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("there is no Chromium on PATH; on Debian and Ubuntu: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def qmd(tmp_path: Path):
    """Writes a document from its text."""

    def write(text: str, name: str = "dokument.qmd") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
