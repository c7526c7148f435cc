"""A data set as files: data, dictionary, provenance and a DDI-Codebook."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from survey_stats.errors import InputError
from survey_stats.harmonise.dataset import dictionary
from survey_stats.harmonise.dataset.ddi import to_ddi
from survey_stats.harmonise.dataset.harmonised_set import HarmonisedSet
from survey_stats.harmonise.dataset.pooling import Scale, WaveWeights, weights_of
from survey_stats.harmonise.reasons import reason_text
from survey_stats.harmonise.recode import REASON_NAMES
from survey_stats.labels import Language, number, word
from survey_stats.read import Delivery, Manifest, UserMissing, VariableLabels
from survey_stats.read import write as write_delivery

Progress = Callable[[str, int, int], None]

# in the name of every file of a data set with made-up answers
SYNTHETIC = "_SYNTETISK"
FILES = {
    "data.parquet": "svaren, en rad per svarande, med etiketter i filens metadata",
    "data.csv": "samma svar som text",
    "dictionary.csv": "variabler: vad de säger, var de kommer från, kodning, universum",
    "values.csv": "värden och skäl till bortfall, med antal per våg",
    "waves.csv": "vågor: leverans med kontrollsumma, fältarbete, urval, vikternas skala",
    "provenance.csv": "varje levererad kod, vad den lästs som och hur ofta",
    "delivered_codes.parquet": "varje svarandes levererade koder och skäl till bortfall",
    "ddi.xml": "allt om variabler och vågor i DDI-Codebook 2.5",
    "LASMIG.md": "den här texten",
}
_TABLES: dict[str, Callable[[HarmonisedSet], pd.DataFrame]] = {
    "dictionary.csv": dictionary.variables,
    "values.csv": dictionary.values,
    "waves.csv": dictionary.waves,
    "provenance.csv": lambda data: data.provenance,
}
_SCALES: dict[Scale, str] = {
    "everybody counts once": "alla räknas en gång",
    "mean 1": "medelvärde 1",
    "sum to a population": "en befolkning",
    "another scale": "annan skala",
}


def write(
    data: HarmonisedSet, path: str | Path, lang: Language = "sv", progress: Progress | None = None
) -> list[Path]:
    """Write a data set with its dictionary into a folder, or one file of it.

    The folder gets `data.parquet` (which `read` gives back with labels), `data.csv`,
    `dictionary.csv`, `values.csv`, `waves.csv`, `provenance.csv`, `delivered_codes.parquet`,
    `ddi.xml` and `LASMIG.md`; where a delivery is made up every name says so
    (`data_SYNTETISK.csv`). The files appear whole and all together at the end.

    Args:
        path: a folder, made when it is not there; or a file that ends with .parquet, .csv or .xml
            and gets the data, or the DDI-Codebook.
        lang: the language of the labels in the Parquet file; the dictionaries have both.
        progress: called as progress(file, done, total).

    Raises:
        InputError: the folder is a file, the folder of a single file is not there, or a single CSV
            file of made-up answers does not say so in its name.
    """
    target = Path(path)
    kinds = {".parquet": "data.parquet", ".csv": "data.csv", ".xml": "ddi.xml"}
    single = kinds.get(target.suffix.lower())
    if single == "data.csv" and data.synthetic and "SYNTET" not in target.name.upper():
        raise InputError(
            f"{target.name}: the answers are made up and a CSV file cannot say so; write a name "
            f"with {SYNTHETIC[1:]} in it"
        )
    if single is None and target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; give a folder, or a .parquet, .csv or .xml file")
    if single is None:
        target.parent.mkdir(parents=True, exist_ok=True)
    elif not target.parent.is_dir():
        raise InputError(f"The folder {target.parent} does not exist; create it")
    # beside the target, so that putting it in place is a rename
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        scratch.mkdir()
        if single is not None:
            _write_one(single, data, scratch / target.name, lang, {})
            (scratch / target.name).replace(target)
            return [target]
        _write_all(data, scratch, lang, progress)
        return _put(scratch, target, data.synthetic)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def file_name(name: str, synthetic: bool) -> str:
    """The name of a file of the export.

    >>> file_name("data.csv", True)
    'data_SYNTETISK.csv'
    """
    stem, dot, ending = name.partition(".")
    return f"{stem}{SYNTHETIC if synthetic else ''}{dot}{ending}"


def _write_all(
    data: HarmonisedSet, folder: Path, lang: Language, progress: Progress | None
) -> None:
    written: dict[str, str] = {}
    for i, name in enumerate(FILES):
        file = folder / file_name(name, data.synthetic)
        _write_one(name, data, file, lang, written)
        if name.startswith("data."):
            written[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
        if progress is not None:
            progress(file.name, i + 1, len(FILES))


def _put(scratch: Path, folder: Path, synthetic: bool) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in FILES:
        file = file_name(name, synthetic)
        (scratch / file).replace(folder / file)
        # the same export of real data must not stand beside one of made-up data
        (folder / file_name(name, not synthetic)).unlink(missing_ok=True)
    return [folder / file_name(name, synthetic) for name in FILES]


def _write_one(
    name: str, data: HarmonisedSet, file: Path, lang: Language, written: dict[str, str]
) -> None:
    if name == "data.parquet":
        write_delivery(as_delivery(data, lang), file)
    elif name == "data.csv":
        _write_data_csv(data.frame, file)
    elif name == "delivered_codes.parquet":
        delivered_codes(data).to_parquet(file, index=False)
    elif name == "ddi.xml":
        file.write_bytes(to_ddi(data, written))
    elif name == "LASMIG.md":
        file.write_text(_read_me(data), encoding="utf-8")
    else:
        _TABLES[name](data).to_csv(file, index=False, encoding="utf-8", lineterminator="\n")


def _write_data_csv(frame: pd.DataFrame, file: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv

    # several times as fast as pandas, and text in quotes keeps keys of digits apart from numbers
    table = pa.Table.from_pandas(csv_frame(frame), preserve_index=False)
    csv.write_csv(table, file, csv.WriteOptions(quoting_style="needed"))


def as_delivery(data: HarmonisedSet, lang: Language = "sv") -> Delivery:
    """The data set as `read` gives it back: frame, labels of variables and values, notes."""
    columns = [str(c) for c in data.frame.columns]
    values = {
        c: {v: dictionary.value_label(v, lang) for v in known}
        for c in columns
        if (known := dictionary.categories(data, c)) and c != "wave"
    }
    files = [h.manifest for h in data.waves]
    notes = [
        *([word("synthetic", "sv") + ": inga verkliga personer"] if data.synthetic else []),
        *(
            f"{h.codebook.survey} {h.wave}: {h.manifest.file} sha256 {h.manifest.sha256}"
            for h in data.waves
        ),
        *(f"{q}: coding {c}" for q, c in data.codings.items()),
    ]
    return Delivery(
        data.frame,
        VariableLabels({c: dictionary.column_label(data, c, lang) for c in columns}, values),
        UserMissing(),
        Manifest(
            file=" + ".join(f.file for f in files),
            sha256="",
            bytes=0,
            rows=len(data.frame),
            columns=len(columns),
            reader="harmonise",
            notes=tuple(notes),
        ),
    )


def csv_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with yes and no as 1 and 0, as the CSV file holds them."""
    yes_no = {c: "Int8" for c in frame.columns if frame[c].dtype == "boolean"}
    return frame.astype(yes_no)


def delivered_codes(data: HarmonisedSet) -> pd.DataFrame:
    """What each respondent's values were made from, one row a respondent as in the data.

    `code.NAME` is the delivered code (as text) of a background variable, question or part, and
    `reason.NAME` why a column of the data is missing; `row` is the row of the delivery.
    """
    names = dict.fromkeys(i for h in data.waves for i in h.lineage.items)
    columns = [str(c) for c in data.frame.columns]
    coded = [c for c in columns if any(c in h.lineage.columns for h in data.waves)]
    rows = [np.arange(1, len(h.frame) + 1) for h in data.waves]
    return pd.DataFrame(
        {
            "survey": data.frame["survey"],
            "wave": data.frame["wave"],
            "respondent": data.frame["respondent"],
            "row": np.concatenate(rows),
            **{f"code.{n}": _codes(data, n) for n in names},
            **{f"reason.{c}": _reasons(data, c) for c in coded},
        }
    )


def _codes(data: HarmonisedSet, name: str) -> pd.Series[Any]:
    texts: dict[str, int] = {}
    parts = []
    for h in data.waves:
        answers = h.lineage.items.get(name)
        if answers is None or answers.delivered is None:
            parts.append(np.full(len(h.frame), -1))
            continue
        at = [texts.setdefault(str(t.code), len(texts)) for t in answers.told]
        parts.append(np.array(at)[answers.delivered])
    return _category(np.concatenate(parts), list(texts))


def _reasons(data: HarmonisedSet, column: str) -> pd.Series[Any]:
    unasked = REASON_NAMES.index("not_asked")
    parts = [
        answers.reason
        if (answers := h.lineage.columns.get(column)) is not None
        else np.full(len(h.frame), unasked)
        for h in data.waves
    ]
    return _category(np.concatenate(parts), list(REASON_NAMES))


def _category(codes: npt.NDArray[Any], names: list[str]) -> pd.Series[Any]:
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=object)))


def _scale_words(weights: WaveWeights) -> str:
    text = _SCALES[weights.scale]
    if weights.declared:
        return text
    return f"av storleken att döma {text}; kodboken säger det inte"


def _read_me(data: HarmonisedSet) -> str:
    files = [f"- `{file_name(n, data.synthetic)}`: {text}" for n, text in FILES.items()]
    scales = [
        f"- {word(w.survey)} {w.wave}: {number(w.n)} svarande, vikterna summerar till "
        f"{number(w.total)} "
        f"({_scale_words(w)})"
        for w in map(weights_of, data.waves)
    ]
    reasons = sorted({str(r) for r in data.missing["reason"]})
    made_up = [f"**{word('synthetic')}**: inga verkliga personer har svarat.", ""]
    return "\n".join(
        [
            "# Harmoniserade svar",
            "",
            *(made_up if data.synthetic else []),
            f"{number(len(data.frame))} svarande, {data.frame.shape[1]} variabler. En rad är en "
            "svarande; nyckeln är `survey`, `wave` och `respondent`.",
            "",
            "Filerna håller enskildas svar och är till för analys. Tabeller som ska spridas görs "
            "med regler för små celler.",
            "",
            "## Filer",
            "",
            *files,
            "",
            "Textfilerna är UTF-8 med komma mellan fälten och decimalpunkt. Ett tomt fält är "
            "bortfall, ja och nej är 1 och 0.",
            "",
            "## Vikter",
            "",
            "Vikterna är som levererade. Olika undersökningars vikter står på olika skalor och får "
            "inte läggas ihop som de är.",
            "",
            *scales,
            "",
            "## Skäl till bortfall",
            "",
            *(f"- `{r}`: {reason_text(r)}" for r in reasons),
            "",
            "## Kodningar",
            "",
            *(
                f"- `{q}`: kodningen `{c}`; varje kodning har också en egen variabel, `{q}__...`"
                for q, c in data.codings.items()
            ),
            "",
        ]
    )
