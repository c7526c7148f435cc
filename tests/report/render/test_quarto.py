"""The real Quarto: how it is called, and that it prints what the embedded renderer prints."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from pathlib import Path

import docx
import pytest
import yaml
from bs4 import BeautifulSoup
from docx.oxml.ns import qn

from survey_stats.errors import RenderError, UnknownNameError
from survey_stats.report.render import quarto_available, render_document, render_with_quarto

HERE = Path(__file__).parent
DOCUMENT = "---\ntitle: T\n---\n\n```{python}\n#| tags: [parameters]\narea = 'x'\n```\n"


@pytest.fixture
def fake_quarto(tmp_path, monkeypatch):
    """A program called quarto that says what it was asked and makes the file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "quarto"
    body = f"""\
        #!{sys.executable}
        import json, os, sys
        if sys.argv[1:] == ["--version"]:
            print(os.environ.get("FAKE_VERSION", "1.9.38"))
            sys.exit(0)
        args = sys.argv[1:]
        given = {{}}
        if "--execute-params" in args:
            given = open(args[args.index("--execute-params") + 1], encoding="utf-8").read()
        said = dict(args=args, params=given, python=os.environ["QUARTO_PYTHON"], cwd=os.getcwd())
        print(os.environ.get("FAKE_SAYS", ""), file=sys.stderr)
        if "FAKE_FAILS" in os.environ:
            sys.exit(1)
        with open(args[args.index("--output") + 1], "w", encoding="utf-8") as file:
            json.dump(said, file)
        """
    program.write_text(textwrap.dedent(body))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


def test_how_quarto_is_called(fake_quarto, qmd, tmp_path):
    path = qmd(DOCUMENT)
    out = tmp_path / "ut"
    made = render_document(
        path, ["html", "pdf"], {"area": "Hässelby"}, out, "bilaga", metadata={"lang": "en"}
    )
    assert made == {"html": out / "bilaga.html", "pdf": out / "bilaga.pdf"}
    said = yaml.safe_load(made["pdf"].read_text(encoding="utf-8"))
    arguments = said["args"]
    assert arguments[:4] == ["render", str(path), "--to", "typst"]
    assert arguments[-2:] == ["-M", "lang:en"]
    assert yaml.safe_load(said["params"]) == {"area": "Hässelby"}
    assert said["python"] == sys.executable
    assert sorted(p.name for p in out.iterdir()) == ["bilaga.html", "bilaga.pdf"]


def test_a_document_of_a_project_is_rendered_in_a_copy(fake_quarto, qmd, tmp_path):
    path = qmd(DOCUMENT)
    (tmp_path / "_quarto.yml").write_text("lang: sv\n")
    made = render_with_quarto(path, ["html"], out_dir=tmp_path / "ut")
    said = yaml.safe_load(made["html"].read_text(encoding="utf-8"))
    assert Path(said["cwd"]) != tmp_path
    assert not Path(said["cwd"]).exists()


def test_what_quarto_says_is_told_in_a_sentence(fake_quarto, qmd, tmp_path, monkeypatch):
    path = qmd(DOCUMENT)
    out = tmp_path / "ut"
    monkeypatch.setenv("FAKE_SAYS", "Traceback ...\nValueError: för få svar\n\nsome advice")
    monkeypatch.setenv("FAKE_FAILS", "1")
    with pytest.raises(RenderError, match="quarto could not make html: ValueError: för få svar"):
        render_with_quarto(path, ["html"], out_dir=out)
    assert not out.exists()
    monkeypatch.delenv("FAKE_FAILS")
    monkeypatch.setenv("FAKE_SAYS", "WARNING: Unable to resolve crossref @fig-a")
    with pytest.raises(RenderError, match="the cross reference '@fig-a' leads nowhere"):
        render_with_quarto(path, ["html"], out_dir=out)
    assert not out.exists()
    with pytest.raises(UnknownNameError, match="no parameter 'aera'"):
        render_with_quarto(path, ["html"], {"aera": 1}, out)


def test_old_or_missing_quarto_is_not_used(fake_quarto, qmd, tmp_path, monkeypatch):
    from survey_stats.report.render import quarto

    quarto._version.cache_clear()
    monkeypatch.setenv("FAKE_VERSION", "1.3.450")
    assert not quarto_available()
    quarto._version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not quarto_available()
    with pytest.raises(RenderError, match=r"quarto 1\.4 or newer is not on PATH"):
        render_document(qmd(DOCUMENT), ["html"], engine="quarto")
    with pytest.raises(RenderError, match="There is no engine 'latex'"):
        render_document(qmd(DOCUMENT), ["html"], engine="latex")


def _html_words(path: Path) -> list[str]:
    main = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").main
    for tag in main.find_all(["style", "script", "math"]):
        tag.decompose()
    for tag in main.select("span.math, pre"):
        tag.decompose()
    return re.sub(r"([.,:;()])", r" \1 ", main.get_text(" ")).split()


def _word_words(path: Path) -> list[str]:
    body = docx.Document(str(path)).element.body
    for holder in list(body.iter(qn("w:sdt"))):
        holder.getparent().remove(holder)
    paragraphs = ("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))
    return " ".join(paragraphs).split()


@pytest.mark.slow
@pytest.mark.skipif(not quarto_available(), reason="quarto is not installed here")
def test_quarto_prints_the_same_words(rich, tmp_path):
    for name in ("rich.qmd", "bild.svg"):
        shutil.copy(HERE / name, tmp_path / name)
    real = render_with_quarto(
        tmp_path / "rich.qmd",
        ["html", "docx", "pdf"],
        {"area": "Hässelby-Vällingby", "year": 2023},
        tmp_path / "ut",
    )
    ours, theirs = _html_words(rich["html"]), _html_words(real["html"])
    assert ours == theirs
    assert _word_words(rich["docx"]) == _word_words(real["docx"])
    assert real["pdf"].stat().st_size > 10_000
