"""The whole job: documents that agree with the figures beside them, made once."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook

from survey_stats import protect
from survey_stats.errors import InputError, RenderError, UnknownNameError
from survey_stats.labels import heading, number, word
from survey_stats.report import load
from survey_stats.report.build import build_appendix
from survey_stats.report.evidence import documents
from survey_stats.report.tables import change, interval
from survey_stats.report.waves import delivered, demo_folder, load_waves
from survey_stats.resources import data_path
from tests.report import printed

build_module = importlib.import_module("survey_stats.report.build")

AREA, YEAR = "Hässelby-Vällingby", 2023
STEM = "appendix-hasselby-vallingby-2023"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("appendix")
    files = build_appendix(AREA, YEAR, folder, engine="embedded")
    assert all(f.is_file() for f in files)
    return folder


@pytest.fixture(scope="module")
def figures(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / f"{STEM}.csv", keep_default_na=True)


@pytest.fixture(scope="module")
def page(out: Path) -> BeautifulSoup:
    return BeautifulSoup((out / f"{STEM}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.slow
def test_the_files_have_their_names_and_nothing_else_is_left(out: Path) -> None:
    names = {p.name for p in out.iterdir()}
    suffixes = ("html", "docx", "pdf", "xlsx", "csv", "csv-metadata.json", "parquet")
    declared = {f"{STEM}-quality.json"}
    wanted = {f"{STEM}.{s}" for s in suffixes}
    assert names == wanted | declared | {"audit.json", "audit.csv", ".state", "deliveries"}


@pytest.mark.slow
def test_the_demo_is_beside_it_and_not_a_link_into_the_cache(out: Path) -> None:
    files = sorted((out / "deliveries").iterdir())
    assert [f.name for f in files] == [f.name for f in delivered(demo_folder())]
    assert all(f.stat().st_nlink == 1 for f in files)
    assert load(AREA, YEAR, deliveries=out / "deliveries").data_version == (
        load(AREA, YEAR).data_version
    )


def printed_rows(page: BeautifulSoup, table_id: str) -> list[tuple[str, list[str]]]:
    """Section and cells of each row of a table of the page."""
    holder = page.find(id=table_id)
    assert holder is not None, table_id
    section, rows = "", []
    for row in holder.select("tbody tr"):
        cells = [" ".join(c.get_text().split()) for c in row.find_all(["th", "td"])]
        if len(cells) == 1:
            section = cells[0]
        else:
            rows.append((section, cells))
    return rows


def plain(text: str) -> str:
    return " ".join(text.split())


def expected(row: pd.Series, before: pd.Series) -> list[str]:
    """What the file's numbers look like in a table, from the label on."""

    def share(r: pd.Series) -> str:
        if str(r["flag"]).startswith("suppressed"):
            return ".."
        star = "*" if str(r["flag"]).startswith("uncertain") else ""
        return number(100 * r["share"], 1) + star

    hidden = str(row["flag"]).startswith("suppressed")
    paired = str(row["change_flag"]).startswith("suppressed")
    span = ".." if hidden else interval(row["ci_low"], row["ci_high"], unit=False)
    base = number(row["n"]) if row["n"] == row["n"] else ".."
    moved = change(row["difference"], row["difference_low"], row["difference_high"])
    return [share(before), share(row), span, base, ".." if paired else moved]


SECTIONS = {("school_survey", "age_group"): "school_year"}
PUPILS = {"women": "Flickor", "men": "Pojkar"}


def label_of(row: pd.Series) -> str:
    """What stands before the numbers of a row: its group as the survey asked it."""
    if row["group"] == "all":
        return str(row["area"]) if row["area_level"] == "district" else heading("city")
    if row["survey"] == "school_survey" and row["group"] == "gender":
        return PUPILS[row["value"]]
    if row["survey"] == "regional_safety" and row["value"] == "80+":
        return "80–84 år"  # 16-84 were asked
    return heading(str(row["value"]))


@pytest.mark.slow
def test_every_number_of_the_question_tables_is_in_the_csv(
    page: BeautifulSoup, figures: pd.DataFrame
) -> None:
    checked = 0
    default = figures[figures["default_coding"]]
    tables = [t for t in page.find_all(id=True) if str(t["id"]).startswith("tbl-")]
    for (question, survey), own in default.groupby(["question", "survey"]):
        table_id = f"tbl-{question}-{survey}".replace("_", "-")
        if not any(t["id"] == table_id for t in tables):
            continue
        last = own[own["wave"] == own["wave"].max()]
        earlier = own.set_index(["wave", "area_level", "group", "value"])
        rows = printed_rows(page, table_id)
        assert len(rows) == len(last)
        by_label = {
            (heading("total" if g == "all" else SECTIONS.get((survey, g), g)), v): r
            for g, v, r in (
                (
                    r["group"],
                    label_of(r),
                    r,
                )
                for _, r in last.iterrows()
            )
        }
        for section, (label, *cells) in rows:
            row = by_label[section, label]
            key = (row["previous_wave"], row["area_level"], row["group"], row["value"])
            wanted = [plain(c) for c in expected(row, earlier.loc[key])]
            assert cells[:5] == wanted, (table_id, section, label)
            if isinstance(row["verdict"], str):
                assert cells[5].removeprefix("▲ ").removeprefix("▼ ") == word(row["verdict"])
            checked += 1
    assert checked > 200


@pytest.mark.slow
def test_the_workbook_has_the_numbers_of_the_csv(out: Path, figures: pd.DataFrame) -> None:
    book = CalamineWorkbook.from_path(str(out / f"{STEM}.xlsx"))
    assert "1 Översikt" in book.sheet_names
    name = next(n for n in book.sheet_names if "Staden, otrygg ute" in n)
    rows = book.get_sheet_by_name(name).to_python()
    head = next(i for i, row in enumerate(rows) if "Grupp" in row)
    women = next(r for r in rows[head + 1 :] if r[1] == "Kvinnor")
    row = figures.query(
        "question == 'unsafe_evening' and survey == 'city_safety' and wave == 2023 "
        "and value == 'women'"
    ).iloc[0]
    assert women[3:7] == pytest.approx([row["share"], row["ci_low"], row["ci_high"], row["n"]])
    assert women[7] == pytest.approx(100 * row["difference"])
    assert book.sheet_names[0] == "Läs mig"
    assert "SYNTETISKA DATA" in str(book.get_sheet_by_index(0).to_python())


@pytest.mark.slow
def test_every_document_says_that_the_data_are_made_up(out: Path, page: BeautifulSoup) -> None:
    import docx
    import pypdf

    assert page.get_text().count("SYNTETISKA DATA") >= 2
    pages = pypdf.PdfReader(out / f"{STEM}.pdf").pages
    assert 10 <= len(pages) <= 34
    assert all("SYNTETISKA DATA" in p.extract_text() for p in pages)
    document = docx.Document(str(out / f"{STEM}.docx"))
    assert any("SYNTETISKA DATA" in p.text for s in document.sections for p in s.header.paragraphs)


@pytest.mark.slow
def test_figures_have_their_numbers_as_text_and_nothing_is_loaded(page: BeautifulSoup) -> None:
    images = page.find_all("img")
    assert len(images) >= 11
    assert all("%" in str(i["alt"]) and len(str(i["alt"])) > 60 for i in images)
    assert all(str(i["src"]).startswith("data:") for i in images)
    assert not page.find_all("script", src=True)
    assert not page.find_all("link", href=True, rel="stylesheet")
    captions = page.find_all("figcaption")
    assert len(captions) >= len(images)


@pytest.fixture(scope="module")
def facts(out: Path, figures: pd.DataFrame) -> pd.DataFrame:
    """The true bases and shares of the district's cells, from the deliveries."""
    waves = load_waves(out / "deliveries", YEAR)
    return printed.truth(waves, figures[figures["area_level"] == "district"])


def everywhere(
    out: Path, page: BeautifulSoup, figures: pd.DataFrame, hidden: pd.DataFrame
) -> pd.DataFrame:
    """The figures with what the page and the workbook print of the hidden cells, if they do."""
    told = figures.copy()
    books = list(printed.sheets(out / f"{STEM}.xlsx"))
    pages = dict(printed.tables(page))
    for i, cell in hidden.iterrows():
        table = pages.get(f"tbl-{cell['question']}-{cell['survey']}".replace("_", "-"), [])
        found = [r for r in table if r[0] == label_of(cell)]
        caption = f"{heading(cell['question'])} enligt {word(cell['survey'])} {cell['wave']}"
        rows = [r for said, s in books if said.startswith(caption) for r in s]
        found += [[*r[1:4], "", *r[6:]] for r in rows if len(r) > 6 and r[1] == label_of(cell)]
        assert found, f"{caption} is printed nowhere"
        for row in found:
            # the share before, the share, its interval, the base
            for column, text in (("share", row[2]), ("n", row[4])):
                value = str(text).replace(",", ".").rstrip("*")
                if any(c.isdigit() for c in value):
                    told.loc[i, column] = float(value) / (100 if "," in str(text) else 1)
    return told


@pytest.mark.slow
def test_no_hidden_number_follows_from_all_that_is_printed(
    out: Path, page: BeautifulSoup, figures: pd.DataFrame, facts: pd.DataFrame
) -> None:
    own = figures.loc[facts.index].assign(flag=lambda f: f["flag"].fillna(""))
    hidden = own[own["n"].isna()]
    assert (hidden["flag"].str.startswith("suppressed")).all()
    assert (facts.loc[hidden.index, "n"] < protect.DEFAULT.minimum_base).any()
    told = everywhere(out, page, own, hidden)
    checked = exposed = 0
    for _, cells in told.groupby(printed.BLOCK):
        gaps = cells[cells["n"].isna()]
        if gaps.empty:
            continue
        known = printed.widths(cells, facts, protect.DEFAULT)
        for i, (base, answers) in known.items():
            if facts.loc[i, "n"] < protect.DEFAULT.minimum_base:
                assert base >= protect.DEFAULT.spread - 1e-4, cells.loc[i]
                assert answers >= protect.DEFAULT.answer_protection - 1e-3, cells.loc[i]
                checked += 1
        # the same reader with one more number knows too much
        for i in gaps.index:
            more = cells.copy()
            more.loc[i, ["n", "share"]] = facts.loc[i, ["n", "share"]].tolist()
            closer = printed.widths(more, facts, protect.DEFAULT)
            exposed += any(w < protect.DEFAULT.spread for w, _ in closer.values())
    assert checked
    assert exposed


@pytest.mark.slow
def test_no_text_and_no_file_tells_a_hidden_number(
    out: Path, page: BeautifulSoup, figures: pd.DataFrame, facts: pd.DataFrame
) -> None:
    import docx
    import pypdf

    own = figures.loc[facts.index]
    hidden, shown = own[own["share"].isna()], own[own["share"].notna()]
    said = printed.texts(page)
    said += [" ".join(r) for _, rows in printed.tables(page) for r in rows]
    said += [x for p in pypdf.PdfReader(out / f"{STEM}.pdf").pages for x in
             p.extract_text().splitlines()]  # fmt: skip
    document = docx.Document(str(out / f"{STEM}.docx"))
    said += [p.text for p in document.paragraphs]
    assert len(hidden)
    assert any(str(v) in text for v in hidden["value"] for text in said)
    assert printed.given_away(hidden, facts, shown, said) == []
    first = hidden.iloc[0]
    secret = f"{first['value']} {number(100 * facts.loc[first.name, 'share'], 1)}"
    assert printed.given_away(hidden, facts, shown, [*said, secret])
    # no column of any file holds it in full
    files = [pd.read_csv(out / f"{STEM}.csv"), pd.read_parquet(out / f"{STEM}.parquet")]
    files += [pd.DataFrame(rows) for _, rows in printed.sheets(out / f"{STEM}.xlsx")]
    secrets = facts.loc[hidden.index, "share"].dropna()
    secrets = secrets[~secrets.isin([0, 1])].to_numpy(float)
    for frame in files:
        values = pd.Series(frame.to_numpy(object).ravel(), dtype=object)
        numbers = pd.to_numeric(values, errors="coerce").dropna().to_numpy(float)
        near = abs(numbers[:, None] - secrets[None]) < 1e-9
        assert not near.any(), numbers[near.any(axis=1)]


@pytest.mark.slow
def test_the_summary_is_at_most_six_sentences_and_stands_in_the_document(
    page: BeautifulSoup,
) -> None:
    told = load(AREA, YEAR).summary()
    assert 3 <= len(told) <= 6
    text = plain(page.get_text())
    assert all(plain(s) in text for s in told)


@pytest.mark.slow
def test_the_audit_is_beside_it(out: Path) -> None:
    findings = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    table = pd.read_csv(out / "audit.csv")
    assert [f["id"] for f in findings] == table["id"].tolist()
    assert [f["verdict"] for f in findings] == table["verdict"].tolist()
    assert "doesn" not in " ".join(table["reason_sv"])
    assert "fördubblats" in table.set_index("id").loc["hv2022-05", "subject_sv"]


@pytest.mark.slow
def test_the_audit_shown_is_about_the_area(page: BeautifulSoup) -> None:
    text = plain(page.get_text())
    assert page.find(id="tbl-audit-hv2023") is not None
    assert page.find(id="tbl-audit-ha2024") is None
    findings = load(AREA, YEAR).own_findings
    assert {f.source for f in findings} == {"hv2022", "hv2023", "plan2020"}
    assert f"Av {len(findings)} uppgifter i tidigare dokument om {AREA}" in text
    assert {f.source for f in load(AREA, 2022).own_findings} == {"hv2022", "plan2020"}


@pytest.mark.slow
def test_an_area_that_no_document_is_about_is_told_where_the_audit_is() -> None:
    farsta = load("Farsta", YEAR)
    assert not any("stämmer inte" in s for s in farsta.summary())
    said = farsta.show("audit").text
    assert "Inget av de dokument som har granskats handlar om Farsta" in said
    assert "audit.csv" in said
    assert "tbl-" not in said
    assert not any(t.name.startswith("audit") for t in farsta.tables)


def test_every_audited_document_is_known() -> None:
    claims = pd.read_csv(data_path("published", "claims.csv"))
    assert set(claims["source"]) <= set(documents())


@pytest.mark.slow
def test_a_second_run_makes_nothing_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in out.iterdir() if p.is_file()}

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(build_module, "_render", never)
    monkeypatch.setattr(build_module, "_workbook", never)
    monkeypatch.setattr(build_module, "audit", never)
    steps: list[str] = []
    build_appendix(AREA, YEAR, out, engine="embedded", progress=lambda s, _d, _t: steps.append(s))
    assert {p.name: p.stat().st_mtime_ns for p in out.iterdir() if p.is_file()} == before
    assert steps[-1] == "done"
    assert "documents" not in steps


@pytest.mark.slow
def test_only_what_is_missing_is_made_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(build_module, "_render", never)
    (out / f"{STEM}.csv").unlink()
    build_appendix(AREA, YEAR, out, engine="embedded")
    assert (out / f"{STEM}.csv").is_file()


@pytest.mark.slow
def test_an_error_leaves_the_earlier_files_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RenderError("appendix.qmd, line 7: no")

    monkeypatch.setattr("survey_stats.report.render.render_document", broken)
    (out / ".state" / f"{STEM}.json").unlink()
    with pytest.raises(RenderError, match="line 7"):
        build_appendix(AREA, YEAR, out, engine="embedded")
    assert {p.name for p in out.iterdir() if p.is_file()} == set(before)
    pdf = out / f"{STEM}.pdf"
    assert pdf.read_bytes() == before[pdf.name]


@pytest.mark.slow
def test_an_interrupted_run_leaves_the_whole_old_set(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}

    def interrupted(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    def other(path: Path, _made: object) -> None:
        path.write_bytes(b"new")

    monkeypatch.setattr("survey_stats.report.render.render_document", interrupted)
    monkeypatch.setattr(build_module, "_workbook", other)
    monkeypatch.setattr(build_module, "audit_csv", lambda _findings: "new")
    for state in (out / ".state").iterdir():
        state.unlink()
    with pytest.raises(KeyboardInterrupt):
        build_appendix(AREA, YEAR, out, engine="embedded")
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before
    assert not [p.name for p in out.iterdir() if p.name.startswith(".making")]


def test_quarto_that_is_not_there_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match="not on PATH"):
        build_appendix(AREA, YEAR, tmp_path / "build", engine="quarto")
    with pytest.raises(RenderError, match="no engine 'word'"):
        build_appendix(AREA, YEAR, tmp_path / "build", engine="word")  # type: ignore[arg-type]
    assert not (tmp_path / "build").exists()


@pytest.mark.slow
def test_the_english_document_has_the_same_numbers(tmp_path: Path, page: BeautifulSoup) -> None:
    from survey_stats.report.render import render
    from survey_stats.resources import reports_path

    params = {"area": AREA, "year": YEAR, "lang": "en"}
    made = render(reports_path("appendix-en.qmd"), ["html"], params=params, out_dir=tmp_path)
    english = BeautifulSoup(made["html"].read_text(encoding="utf-8"), "html.parser")
    assert "SYNTHETIC DATA" in english.get_text()
    table = "tbl-unsafe-evening-city-safety"
    ours = [cells[1:5] for _, cells in printed_rows(page, table)]
    theirs = [cells[1:5] for _, cells in printed_rows(english, table)]
    assert [[c.replace(",", ".") for c in row[:3]] for row in ours] == [r[:3] for r in theirs]
    text = english.get_text()
    for swedish in ("Tabell ", "Figur ", "osäkerhetsintervall", "hela staden", "Stämmer"):
        assert swedish not in text, swedish


def test_an_unknown_area_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Hässelby-Vällingby"):
        build_appendix("Hasselby", YEAR, tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_a_year_without_data_names_the_years_there_are() -> None:
    with pytest.raises(InputError, match=r"no survey data up to 2016; there are the waves 2017, "):
        load("Farsta", 2016)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("x")
    with pytest.raises(InputError, match="cannot be made"):
        build_appendix(AREA, YEAR, tmp_path / "build")


def test_a_folder_without_deliveries_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(InputError, match="holds no delivery"):
        load("Farsta", YEAR, deliveries=tmp_path)
