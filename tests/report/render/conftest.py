from __future__ import annotations

from pathlib import Path

import pytest

from survey_stats.report.render import render

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The document that uses everything, rendered once for all tests."""
    out = tmp_path_factory.mktemp("rich")
    return render(
        HERE / "rich.qmd",
        ["html", "docx", "pdf"],
        {"area": "Hässelby-Vällingby", "year": 2023},
        out,
        "bilaga",
    )


@pytest.fixture
def qmd(tmp_path: Path):
    """Writes a document from its text."""

    def write(text: str, name: str = "dokument.qmd") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
