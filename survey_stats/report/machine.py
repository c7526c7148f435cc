"""The figures for machines: CSV, the same as Parquet, and what every column means.

The description is CSV on the Web (W3C Recommendation, Metadata Vocabulary for Tabular Data), which
finds it by its name: `NAME.csv` is described by `NAME.csv-metadata.json`, so that the figures of
many areas lie in one folder. No file of these holds a time or a path, so the same figures give the
same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from survey_stats import __version__
from survey_stats.labels import Language, told
from survey_stats.protect import Rule
from survey_stats.report.dictionary import UNITS, meaning
from survey_stats.report.schema import KEYS, to_csv
from survey_stats.report.spreadsheet_text import RULE
from survey_stats.report.waves import Wave

PARQUET = ".parquet"
METADATA = ".csv-metadata.json"
_SYNTHETIC = "SYNTETISKA DATA / SYNTHETIC DATA"


@dataclass(frozen=True)
class About:
    """What a figures file is about.

    Attributes:
        title: of the document, in the reader's language.
        area, year, lang: the document's parameters.
        data_version: a hash of the deliveries.
        rule: what may be shown.
        waves: the deliveries.
        notes: sentences on how the numbers were made.
    """

    title: str
    area: str
    year: int
    lang: Language
    data_version: str
    rule: Rule
    waves: tuple[Wave, ...]
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether any answer is made up."""
        return any(w.synthetic for w in self.waves)


def files(folder: Path, stem: str) -> list[Path]:
    """The names of the figures as CSV, its description, and the figures as Parquet."""
    return [folder / f"{stem}{suffix}" for suffix in (".csv", METADATA, PARQUET)]


def write(folder: Path, stem: str, figures: pd.DataFrame, about: About) -> list[Path]:
    """Write the figures and what they mean.

    Args:
        folder: where to.
        stem: the start of the files' names.
        figures: as `schema.tidy` makes them.
        about: what they are about.

    Returns:
        The files, in the order of `files`.
    """
    table, description, columns = files(folder, stem)
    table.write_text(to_csv(figures), encoding="utf-8", newline="")
    text = json.dumps(metadata(table.name, columns.name, figures, about), **_JSON)
    description.write_text(text + "\n", encoding="utf-8", newline="")
    write_parquet(columns, figures, about)
    return [table, description, columns]


_JSON: dict[str, Any] = {"ensure_ascii": False, "indent": 1, "allow_nan": False}


def metadata(table: str, parquet: str, figures: pd.DataFrame, about: About) -> dict[str, Any]:
    """The description of a figures file, as CSV on the Web wants it."""
    out: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": about.lang}],
        "@type": "Table",
        "url": table,
        "dc:title": about.title,
        "dc:language": about.lang,
        "dc:identifier": f"{about.data_version}/{__version__}",
        "dc:description": _purpose(about),
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\n"], "delimiter": ",",
                    "quoteChar": '"', "doubleQuote": True, "header": True},
        "notes": [_note(parquet, figures, about)],
        "tableSchema": {
            "columns": [_column(name, figures[name]) for name in figures.columns],
            "primaryKey": [k for k in KEYS if k in figures],
        },
    }  # fmt: skip
    return out


def write_parquet(path: Path, figures: pd.DataFrame, about: About) -> None:
    """The figures with their types, and the meaning of each column beside it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(figures, preserve_index=False)
    fields = [
        field.with_metadata(
            {"description": meaning(field.name).en, "beskrivning": meaning(field.name).sv}
        )
        for field in table.schema
    ]
    kept = dict(table.schema.metadata or {})
    kept[b"survey_stats"] = json.dumps(_note("", figures, about), **_JSON).encode()
    pq.write_table(table.cast(pa.schema(fields, metadata=kept)), path, compression="zstd")


def _purpose(about: About) -> list[dict[str, str]]:
    made_up = f" {_SYNTHETIC}." if about.synthetic else ""
    return [
        {
            "@value": f"Alla tal i bilagan för {about.area} {about.year}, en rad för varje "
            f"kombination av undersökning, år, område, fråga, kodning och grupp.{made_up}",
            "@language": "sv",
        },
        {
            "@value": f"Every number of the appendix of {about.area} {about.year}, one row for "
            f"each combination of survey, year, area, question, coding and group.{made_up}",
            "@language": "en",
        },
    ]


def _column(name: str, values: pd.Series[Any]) -> dict[str, Any]:
    about = meaning(name)
    out: dict[str, Any] = {
        "name": name,
        "titles": name,
        "datatype": _datatype(values),
        "required": name in KEYS,
        "dc:description": [
            {"@value": about.sv, "@language": "sv"},
            {"@value": about.en, "@language": "en"},
        ],
    }
    if about.unit:
        sv, en = UNITS[about.unit]
        out["schema:unitText"] = [
            {"@value": sv, "@language": "sv"},
            {"@value": en, "@language": "en"},
        ]
    return out


def _datatype(values: pd.Series[Any]) -> Any:
    if pd.api.types.is_bool_dtype(values.dtype):
        return {"base": "boolean", "format": "True|False"}
    if pd.api.types.is_integer_dtype(values.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(values.dtype):
        return "double"
    return "string"


def _note(parquet: str, figures: pd.DataFrame, about: About) -> dict[str, Any]:
    """What a reader of the numbers must know and no column tells."""
    out: dict[str, Any] = {
        "synthetic": about.synthetic,
        "code": {"name": "survey_stats", "version": __version__},
        "data_version": about.data_version,
        "parameters": {"area": about.area, "year": about.year, "lang": about.lang},
        "rule": asdict(about.rule),
        "hidden_numbers": "A number that may not be shown is empty; flag and change_flag say why.",
        "texts": RULE,
        "deliveries": [
            {
                "survey": w.survey,
                "wave": w.year,
                "file": w.file,
                "sha256": w.sha256,
                "synthetic": w.synthetic,
            }
            for w in about.waves
        ],
        "questions": _questions(figures, about.waves),
        "values": {
            column: _words(figures[column])
            for column in ("survey", "group", "value", "verdict", "rest_verdict", "survey_verdict")
            if column in figures
        },
        "notes": list(about.notes),
    }
    if parquet:
        out["same_figures"] = parquet
    return out


def _questions(figures: pd.DataFrame, waves: Iterable[Wave]) -> list[dict[str, Any]]:
    """Each question as its survey asked it, and each of its codings."""
    seen = figures[["survey", "question", "coding"]].drop_duplicates()
    books = {w.survey: w.book for w in waves}
    out = []
    for key, rows in seen.groupby(["survey", "question"], sort=False):
        survey, question = (str(part) for part in key)
        row: dict[str, Any] = {
            "survey": survey,
            "question": question,
            "share": {"sv": told(question, "sv"), "en": told(question, "en")},
        }
        known: Mapping[str, Any] = books[survey].questions if survey in books else {}
        if question in known:
            asked = known[question]
            row["asked"] = {"sv": asked.text.sv, "en": asked.text.en}
            row["codings"] = {
                name: {"sv": asked.codings[name].text.sv, "en": asked.codings[name].text.en}
                for name in rows["coding"]
                if name in asked.codings and asked.codings[name].text is not None
            }
        out.append(row)
    return out


def _words(values: pd.Series[Any]) -> dict[str, dict[str, str]]:
    """The codes of a column in a reader's words."""
    codes = [str(v) for v in pd.unique(values.dropna()) if str(v)]
    return {code: {"sv": told(code, "sv"), "en": told(code, "en")} for code in codes}
