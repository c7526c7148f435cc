"""What cannot be rendered is an error that names file and line, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_stats.errors import InputError, RenderError, UnknownNameError
from survey_stats.report.render import execution, render

HEAD = "---\ntitle: T\nlang: sv\nnumber-sections: true\n---\n\n"  # the body starts on line 7


@pytest.fixture
def text_only(monkeypatch):
    """For documents that are refused by their text: starting Python would only take time."""

    def nothing(document, *_args, **_kwargs):
        parts = range(len(document.parts))
        return execution.Executed({i: [] for i in parts}, {i: [] for i in parts})

    monkeypatch.setattr("survey_stats.report.render.embedded.execute", nothing)


def refused(path: Path, out: Path, formats=("html",), **more) -> str:
    with pytest.raises(RenderError) as caught:
        render(path, list(formats), out_dir=out, **more)
    assert not out.exists() or not list(out.iterdir())
    return str(caught.value)


@pytest.mark.usefixtures("text_only")
@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("Text\n\n{{< pagebreak >}}\n", 9, "shortcodes such as '{{< pagebreak >}}'"),
        ("```{r}\n1\n```\n", 7, "cells in 'r' are not supported"),
        ("```{mermaid}\nA --> B\n```\n", 7, "cells in 'mermaid'"),
        ("Värdet `{r} 1 + 1`.\n", 7, "inline code in 'r'"),
        ("```{python}\n1\n", 7, "never closed"),
        ("```{python}\n#| fig-kap: x\n1\n```\n", 8, "did you mean 'fig-cap'"),
        ("```{python}\n#| fig-width: 9\n1\n```\n", 8, "Jupyter engine ignores 'fig-width'"),
        ("```{python}\n#| output: kanske\n1\n```\n", 8, "only true or false or asis is supported"),
        ("```{python}\n#| fig-cap: Bild\n1\n```\n", 8, "needs a label that starts with 'fig-'"),
        ("```{python}\n#| echo: [\n1\n```\n", 8, "not valid YAML"),
        (
            "```{python}\n#| label: tbl-a\n1\n```\n\n```{python}\n#| label: tbl-a\n2\n```\n",
            13,
            "the label 'tbl-a' is already used on line 8",
        ),
        ("Se @fig-saknas.\n", 7, "the cross reference '@fig-saknas' leads nowhere"),
        ("# Ett {#sec-ett}\n\nSe\n@sec-et.\n", 10, "did you mean '@sec-ett'"),
        ("Enligt @andersson2020.\n", 7, "is a citation"),
        ("Se @eq-lag.\n", 7, "of the kind 'eq-' are not supported"),
        ("# A {#sec-x}\n\n# B {#sec-x}\n", 7, "the label 'sec-x' is used more than once"),
        ("[hit](#ingenstans)\n", 7, "the link to '#ingenstans' leads nowhere"),
        ("::: {.panel-tabset}\n## A\n:::\n", 7, "the class '.panel-tabset'"),
        ("::: {.column-margin}\nA\n:::\n", 7, "the class '.column-margin'"),
        ("::: {layout-ncol=2}\nA\n\nB\n:::\n", 7, "the attribute 'layout-ncol'"),
        ("::: {.callout-varning}\nA\n:::\n", 7, "there is no callout 'callout-varning'"),
        ("::: {.callout-note farg=\"röd\"}\nA\n:::\n", 7, "'farg' on a callout"),
        ('::: {.content-visible when-profile="x"}\nA\n:::\n', 7, 'the condition when-profile="x"'),
        ("| a |\n|---|\n| 1 |\n\n: En tabell utan namn\n", 11, "needs a label such as {#tbl-name}"),
        ("![Bild](finns-inte.png){#fig-a}\n", 7, "there is no image file finns-inte.png"),
        ("![](https://example.org/a.png){fig-alt=\"a\"}\n", 7, "is not a file"),
        ("Text <script>alert(1)</script>.\n", 7, "'<script>' would run as a script"),
        ("[a](javascript:alert)\n", 7, "would run as a script"),
        ("<img src='https://a.se/b.png' alt='b'>\n", 7, "would load something from elsewhere"),
        ("```{.python filename=\"a.py\"}\n1\n```\n", 7, "the attribute 'filename'"),
        ("```{=latex}\n\\newpage\n```\n", 8, "raw content for 'latex'"),
        ("::: {#lst-kod}\n```\nx\n```\n:::\n", 7, "of the kind 'lst-'"),
    ],
)  # fmt: skip
def test_the_line_is_named(qmd, tmp_path, body, line, says):
    said = refused(qmd(HEAD + body), tmp_path / "ut")
    assert said.startswith(f"dokument.qmd, line {line}: ")
    assert says in said


@pytest.mark.usefixtures("text_only")
@pytest.mark.parametrize(
    ("front", "line", "says"),
    [
        ("tok: true", 3, "did you mean 'toc'"),
        ("bibliography: x.bib", 3, "'bibliography' is not supported"),
        ("format:\n  revealjs: default", 4, "the format 'revealjs'"),
        ("format:\n  html:\n    code-fold: true", 5, "'code-fold' is True; only false"),
        ("format:\n  docx:\n    fig-width: 4", 5, "executed once"),
        ("execute:\n  cache: true", 4, "execute option 'cache' is True"),
        ("lang: de", 3, "the language 'de'"),
        ("crossref:\n  chapters: true", 4, "the crossref option 'chapters'"),
        ("date: 2026-01-01\ndate-format: MMM", 4, "date-format 'MMM'"),
        ("author:\n  - name: A\n    orcid: 1", 3, "an author may only have a name"),
        ("title: 'x", 3, "not valid YAML"),
    ],
)
def test_options_of_the_front_matter(qmd, tmp_path, front, line, says):
    said = refused(qmd(f"---\ntitle: T\n{front}\n---\n\nText\n"), tmp_path / "ut")
    if "not valid YAML" not in says:
        assert said.startswith(f"dokument.qmd, line {line}: ")
    assert says in said


@pytest.mark.usefixtures("text_only")
def test_option_of_the_project_names_the_project_file(qmd, tmp_path):
    (tmp_path / "_quarto.yml").write_text("lang: sv\nformat:\n  html:\n    tabset: 1\n")
    said = refused(qmd("Text\n"), tmp_path / "ut")
    assert said.startswith("_quarto.yml, line 4: the option 'tabset' is not supported")


@pytest.mark.usefixtures("text_only")
def test_missing_document_and_unknown_format(qmd, tmp_path):
    with pytest.raises(InputError, match=r"There is no document .*borta\.qmd"):
        render(tmp_path / "borta.qmd", ["html"])
    with pytest.raises(RenderError, match="There is no format 'odt'; use html, docx, pdf"):
        render(qmd("Text\n"), ["odt"])


@pytest.mark.usefixtures("text_only")
def test_reference_to_a_section_needs_numbers(qmd, tmp_path):
    said = refused(qmd("# A {#sec-a}\n\nSe @sec-a.\n"), tmp_path / "ut")
    assert said.startswith("dokument.qmd, line 3: ")
    assert "number-sections: true" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("```{python}\n#| label: fel\nx = 1\n\nx / 0\n```\n", 11, "ZeroDivisionError: division by"),
        ("Text\n\n`{python} saknas`\n", 9, "NameError: name 'saknas' is not defined"),
        ("`{python} '12\\xa0345'`\n", 7, "wrap the expression in Markdown(...)"),
        (
            "```{python}\n#| label: fig-två\n#| fig-cap: a\nfrom IPython.display import Markdown\n"
            "display(Markdown('a'), Markdown('b'))\n```\n",
            8,
            "shows 2 outputs",
        ),
    ],
)  # fmt: skip
def test_what_fails_when_it_runs(qmd, tmp_path, body, line, says):
    said = refused(qmd(HEAD + body), tmp_path / "ut", formats=("docx",))
    assert said.startswith(f"dokument.qmd, line {line}: ")
    assert says in said
    assert "Traceback" not in said
    assert "\x1b" not in said


@pytest.mark.slow
def test_html_that_only_a_browser_shows_is_refused_in_word_and_kept_in_html(qmd, tmp_path):
    path = qmd(HEAD + "```{python}\nfrom IPython.display import HTML\nHTML('<b>fet</b>')\n```\n")
    said = refused(path, tmp_path / "ut", formats=("html", "docx"))
    assert "line 7: its HTML output holds no table and cannot be shown in docx" in said


def test_parameters_must_exist(qmd, tmp_path):
    plain = qmd("Text\n")
    with pytest.raises(RenderError, match="it takes no parameters"):
        render(plain, ["html"], {"area": "Farsta"}, tmp_path / "ut")
    cell = qmd("```{python}\n#| tags: [parameters]\narea = 'Farsta'\nyear: int = 1\n```\n")
    with pytest.raises(
        UnknownNameError, match=r"no parameter 'aera' in dokument\.qmd; did you mean"
    ):
        render(cell, ["html"], {"aera": "Farsta"}, tmp_path / "ut")


def test_no_kernel_outlives_its_document(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    document = tmp_path / "a.qmd"
    document.write_text("---\ntitle: x\n---\n\n```{python}\n1 / 0\n```\n", encoding="utf-8")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(RenderError, match="division by zero"):
        render(document, ["html"], {}, tmp_path / "out")
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
