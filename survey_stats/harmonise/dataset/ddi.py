"""A data set described in DDI-Codebook 2.5, the archives' XML standard for survey data.

The order of elements and the values of attributes follow the schema `codebook.xsd` of the DDI
Alliance (version 2.5, 2012). The same data set gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd

from survey_stats._version import __version__
from survey_stats.harmonise.dataset import dictionary
from survey_stats.harmonise.dataset.harmonised_set import DESIGN_COLUMNS, HarmonisedSet
from survey_stats.harmonise.dataset.pooling import weights_of
from survey_stats.harmonise.lineage import SEPARATOR
from survey_stats.harmonise.result import Harmonised
from survey_stats.labels import Language

Row = dict[str, Any]

NAMESPACE = "ddi:codebook:2_5"
_SCHEMA = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LANGUAGES: tuple[Language, ...] = ("sv", "en")
# what XML 1.0 cannot hold: control characters, halves of surrogate pairs
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROLES = {
    "design": ("Nyckel, vikt och urval", "Key, weight and sample"),
    "background": ("Bakgrund", "Background"),
    "questions": ("Frågor, enligt vald kodning", "Questions, by the coding in use"),
    "codings": ("Frågor, enligt varje kodning", "Questions, by each coding"),
}
_MODES = {
    "post": ("postenkät", "postal questionnaire"),
    "web": ("webbenkät", "web questionnaire"),
    "classroom": ("enkät i klassrummet", "questionnaire in the classroom"),
    "unknown": ("insamlingssätt okänt", "mode of collection not known"),
}
_MADE_UP = (
    "SYNTETISKA DATA: svaren är framtagna med dator, inga verkliga personer har svarat.",
    "SYNTHETIC DATA: the answers were made by a computer, no real persons have answered.",
)


def to_ddi(data: HarmonisedSet, files: Mapping[str, str] | None = None) -> bytes:
    """The DDI-Codebook 2.5 document of a data set, UTF-8.

    Args:
        files: name -> sha256 of the data files that it describes.

    The document holds one study description a wave (facts of the field work, the delivery with its
    hash, assumptions), one file description a data file, and every column with labels in Swedish
    and English, values with counts over all and by wave, reasons for missing values as missing
    categories, universes, coding, wording ids and the delivered variables.
    """
    root = ET.Element(
        "codeBook",
        {
            "version": "2.5",
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{NAMESPACE} {_SCHEMA}",
            _LANG: "sv",
        },
    )
    _document(root, data, __version__)
    for h in data.waves:
        _study(root, h)
    ids = _files(root, data, files or {})
    _variables(root, data, ids)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, {k: _clean(v) for k, v in attributes.items()})
    if text is not None:
        child.text = _clean(text)
    return child


def _both(parent: ET.Element, tag: str, texts: Sequence[str], **attributes: str) -> None:
    """The same element in Swedish and English."""
    for lang, text in zip(_LANGUAGES, texts, strict=True):
        if text:
            _add(parent, tag, text, **{_LANG: lang}, **attributes)


def _clean(text: object) -> str:
    return _NOT_XML.sub("", str(text))


def _id(*parts: object) -> str:
    """An XML id made of names; other characters become underscores."""
    return "_".join(re.sub(r"[^A-Za-z0-9_.-]", "_", str(p)) for p in parts)


def _document(root: ET.Element, data: HarmonisedSet, version: str) -> None:
    document = _add(root, "docDscr")
    citation = _add(document, "citation")
    titles = _add(citation, "titlStmt")
    told = [_title(data, lang) for lang in _LANGUAGES]
    _add(titles, "titl", told[0], **{_LANG: "sv"})
    _add(titles, "parTitl", told[1], **{_LANG: "en"})
    _add(_add(citation, "prodStmt"), "software", "survey_stats", version=version)
    if data.synthetic:
        _both(document, "notes", _MADE_UP, type="synthetic data")


def _title(data: HarmonisedSet, lang: Language) -> str:
    start = "Harmoniserade svar" if lang == "sv" else "Harmonised answers"
    years: dict[str, list[str]] = {}
    for h in data.waves:
        years.setdefault(getattr(h.codebook.title, lang), []).append(str(h.wave))
    told = [f"{title} {', '.join(waves)}" for title, waves in years.items()]
    return f"{start}: {'; '.join(told)}"


def _study(root: ET.Element, h: Harmonised) -> None:
    book, wave = h.codebook, h.codebook.waves[h.wave]
    study = _add(root, "stdyDscr", ID=_id("W", book.survey, h.wave))
    citation = _add(study, "citation")
    titles = _add(citation, "titlStmt")
    _add(titles, "titl", f"{book.title.sv} {h.wave}", **{_LANG: "sv"})
    _add(titles, "parTitl", f"{book.title.en} {h.wave}", **{_LANG: "en"})
    _add(titles, "IDNo", f"{book.survey} {h.wave}", agency="survey_stats", level="study")
    if h.manifest.synthetic:
        _both(citation, "notes", _MADE_UP, type="synthetic data")
    _coverage(study, h)
    _method(study, h)
    for text in book.sources:
        _add(study, "notes", text, type="source", **{_LANG: "en"})
    for text in (*book.assumptions, *wave.assumptions):
        _add(study, "notes", text, type="assumption", **{_LANG: "en"})
    if wave.facts.note:
        _add(study, "notes", wave.facts.note, type="field work", **{_LANG: "en"})


def _coverage(study: ET.Element, h: Harmonised) -> None:
    wave = h.codebook.waves[h.wave]
    summary = _add(_add(study, "stdyInfo"), "sumDscr", ID=_id("S", h.codebook.survey, h.wave))
    _add(summary, "timePrd", h.wave, date=str(h.wave), event="single")
    if wave.facts.months:
        for event, month in (("start", min(wave.facts.months)), ("end", max(wave.facts.months))):
            date = f"{h.wave}-{month:02d}"
            _add(summary, "collDate", date, date=date, event=event)
    for area in wave.facts.areas:
        _add(summary, "geogCover", area)
    _both(
        summary,
        "geogUnit",
        (
            f"stadsdelsområden enligt indelningen {wave.districts_as_of}",
            f"city districts by the division of {wave.districts_as_of}",
        ),
    )
    _both(summary, "anlyUnit", ("individ", "individual"))
    texts = [dictionary.universe(wave.facts, lang) for lang in _LANGUAGES]
    _both(summary, "universe", texts, clusion="I")


def _method(study: ET.Element, h: Harmonised) -> None:
    wave = h.codebook.waves[h.wave]
    facts, weights = wave.facts, weights_of(h)
    method = _add(study, "method")
    collection = _add(method, "dataColl")
    design = [
        f"strata by the variable {wave.stratum}" if wave.stratum else "no strata",
        f"clusters by the variable {wave.psu}" if wave.psu else "respondents drawn directly",
    ]
    _add(collection, "sampProc", "; ".join(design), **{_LANG: "en"})
    if facts.sampled is not None:
        _add(_add(collection, "targetSampleSize"), "sampleSize", facts.sampled)
    for mode in ("unknown",) if facts.mode == "unknown" else facts.mode:
        _both(collection, "collMode", _MODES.get(mode, (mode, mode)))
    file = h.manifest
    sources = _add(collection, "sources")
    _add(
        sources,
        "dataSrc",
        f"{file.file}; sha256 {file.sha256}; {file.bytes} bytes; {file.rows} rows; "
        f"{file.columns} variables; read with {file.reader}",
    )
    told = "a constant" if not isinstance(wave.weight, str) else f"the variable {wave.weight}"
    _add(
        collection,
        "weight",
        f"{told}; scale: {weights.scale}; sum over {weights.n} respondents: {weights.total:.0f}. "
        "Weights of different surveys must not be pooled as they are.",
        **{_LANG: "en"},
    )
    if facts.sampled and facts.answers:
        rate = f"{100 * facts.answers / facts.sampled:.1f}"
        _add(
            _add(method, "anlyInfo"),
            "respRate",
            f"{rate} percent ({facts.answers} answers of {facts.sampled} sampled)",
            **{_LANG: "en"},
        )
    _add(
        method,
        "dataProcessing",
        f"Delivered codes were told in one vocabulary by the codebook {h.codebook.survey}, wave "
        f"{h.wave} (told by {h.wave_told_by}). Nothing was imputed, no respondent was left out and "
        "weights are as delivered.",
        type="harmonisation",
        **{_LANG: "en"},
    )


def _files(root: ET.Element, data: HarmonisedSet, files: Mapping[str, str]) -> str:
    ids = []
    for name, sha256 in files.items():
        ids.append(_id("F", name))
        description = _add(root, "fileDscr", ID=ids[-1], URI=name)
        text = _add(description, "fileTxt")
        _add(text, "fileName", name)
        size = _add(text, "dimensns")
        _add(size, "caseQnty", len(data.frame))
        _add(size, "varQnty", data.frame.shape[1])
        if name.endswith(".csv"):
            _add(text, "fileType", "CSV, UTF-8, comma, decimal point, first line holds names")
            _add(text, "dataMsng", "an empty field is a missing value; yes and no are 1 and 0")
        else:
            _add(text, "fileType", "Apache Parquet with labels in its metadata")
            _add(text, "dataMsng", "null is a missing value; yes and no are true and false")
        _add(text, "software", "survey_stats")
        _add(description, "notes", f"sha256 {sha256}", type="checksum")
    return " ".join(ids)


def _variables(root: ET.Element, data: HarmonisedSet, files: str) -> None:
    description = _add(root, "dataDscr")
    columns = [str(c) for c in data.frame.columns]
    for role, texts in _ROLES.items():
        members = [_id("V", c) for c in columns if _role(data, c) == role]
        if members:
            group = _add(description, "varGrp", ID=_id("G", role), type="subject", name=role)
            group.set("var", " ".join(members))
            _both(group, "labl", texts)
    told = _by_column(dictionary.variables(data))
    counts = _by_column(dictionary.values(data))
    for column in columns:
        _variable(description, data, column, told.get(column, []), counts.get(column, []), files)


def _by_column(table: pd.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in table.to_dict(orient="records"):
        rows.setdefault(row["column"], []).append({str(k): v for k, v in row.items()})
    return rows


def _role(data: HarmonisedSet, column: str) -> str:
    if column in DESIGN_COLUMNS:
        return "design"
    if SEPARATOR in column:
        return "codings"
    return "questions" if column in data.questions else "background"


def _variable(
    parent: ET.Element,
    data: HarmonisedSet,
    column: str,
    told: list[Row],
    counts: list[Row],
    files: str,
) -> None:
    kind = dictionary.kind(data.frame, column)
    variable = _add(parent, "var", ID=_id("V", column), name=column)
    if files:
        variable.set("files", files)
    if column == "weight":
        variable.set("wgt", "wgt")
    else:
        variable.set("wgt-var", "V_weight")
    variable.set("intrvl", "contin" if kind == "number" else "discrete")
    representation = {"yes/no": "code", "category": "text", "key": "text"}.get(kind, "numeric")
    variable.set("representationType", representation)
    _both(variable, "labl", [dictionary.column_label(data, column, x) for x in _LANGUAGES])
    for texts, waves in _grouped(told, ["universe_sv", "universe_en"]):
        here = [f"{text} ({waves})" for text in texts]
        _both(variable, "universe", here, clusion="I")
    valid = int(data.frame[column].notna().sum())
    _add(variable, "sumStat", valid, type="vald", wgtd="not-wgtd")
    _add(variable, "sumStat", len(data.frame) - valid, type="invd", wgtd="not-wgtd")
    if kind == "number":
        for name, value in (("min", data.frame[column].min()), ("max", data.frame[column].max())):
            _add(variable, "sumStat", repr(float(value)), type=name, wgtd="not-wgtd")
    for texts, waves in _grouped(told, ["asked_sv", "asked_en"]):
        _both(variable, "txt", [f"{text} ({waves})" for text in texts])
    _categories(variable, counts)
    for rows, waves in _grouped(told, ["coding", "positive", "negative"]):
        coding, positive, negative = rows
        if coding:
            text = f"coding {coding}: yes is {positive}; no is {negative} ({waves})"
            _add(variable, "codInstr", text, **{_LANG: "en"})
    for (wording, known), waves in _grouped(told, ["wording", "wording_known"]):
        if wording:
            sure = "" if known == "yes" else ", the wording is assumed"
            text = f"{wording} ({waves}{sure})"
            _add(variable, "concept", text, vocab="id of the question's text")
    parts = [row for row in told if " + " in row["variables"]]
    derived = [f"{how} ({waves})" for (how,), waves in _grouped(parts, ["how"])]
    if derived:
        _add(_add(variable, "derivation"), "drvdesc", "; ".join(derived), **{_LANG: "en"})
    _add(variable, "varFormat", type="numeric" if representation != "text" else "character")
    for row in told:
        if row["variables"]:
            text = f"{row['survey']} {row['wave']}: {row['variables']} of {row['file']}"
            _add(variable, "notes", text, type="delivered variable")
    for what in ("note", "assumption"):
        for (text,), waves in _grouped(told, [what]):
            if text:
                _add(variable, "notes", f"{text} ({waves})", type=what, **{_LANG: "en"})


def _grouped(told: list[Row], columns: list[str]) -> list[tuple[tuple[Any, ...], str]]:
    """The distinct values of some columns, each with the waves that they hold for."""
    found: dict[tuple[Any, ...], dict[str, list[str]]] = {}
    for row in told:
        values = tuple(row[c] for c in columns)
        if any(values):
            found.setdefault(values, {}).setdefault(row["survey"], []).append(str(row["wave"]))
    return [
        (values, "; ".join(f"{survey} {', '.join(years)}" for survey, years in waves.items()))
        for values, waves in found.items()
    ]


def _categories(variable: ET.Element, counts: list[Row]) -> None:
    """Values, then reasons for missing ones, each with its count over all and by wave."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(counts, key=lambda row: bool(row["missing"])):
        found.setdefault((row["value"], row["missing"]), []).append(row)
    for (value, missing), rows in found.items():
        attributes = {"missing": "Y", "missType": missing} if missing else {}
        category = _add(variable, "catgry", **attributes)
        if not missing:
            _add(category, "catValu", value)
        _both(category, "labl", (rows[0]["label_sv"], rows[0]["label_en"]))
        _add(category, "catStat", sum(row["n"] for row in rows), type="freq", wgtd="not-wgtd")
        for row in rows:
            wave = {"otherType": "freq-by-wave", "sdatrefs": _id("S", row["survey"], row["wave"])}
            _add(category, "catStat", row["n"], type="other", wgtd="not-wgtd", **wave)
