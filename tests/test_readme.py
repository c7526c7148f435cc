"""What the README shows runs as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lines_of_python_run(
    demo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    assert len(blocks) == 3
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for block in blocks:
        code = block.replace("build/deliveries", demo_dir.as_posix())
        code = code.replace("build/", f"{tmp_path.as_posix()}/")
        exec(compile(code, "README.md", "exec"), names)
    assert isinstance(names["frame"], pd.DataFrame)
    assert len(names["own"]) == len(names["frame"])  # type: ignore[arg-type]
    assert "SYNTETISKA DATA" in (tmp_path / "weights.html").read_text(encoding="utf-8")


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*/README.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert links or page.name != "README.md" or page.parent != ROOT
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_make_help_lists_what_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.M), target
