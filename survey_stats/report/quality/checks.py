"""The findings of `check` on the deliveries of a document, each against the wave before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from survey_stats.errors import InputError
from survey_stats.harmonise import check
from survey_stats.labels import Language
from survey_stats.report.cache import cache_folder, code_key, fingerprint, write_whole
from survey_stats.report.waves import Wave


@dataclass(frozen=True)
class Found:
    """One finding about a delivery, in both languages.

    Attributes:
        survey, year: the delivery.
        severity: `error`, `warning` or `note`.
        kind: what was looked at (see `harmonise.check`).
        what_sv, what_en: what was found.
        where: the variables, each with its harmonised name.
        name: the harmonised name, where it is about one.
    """

    survey: str
    year: int
    severity: str
    kind: str
    what_sv: str
    what_en: str
    where: str = ""
    name: str = ""

    def told(self, lang: Language) -> str:
        """What was found, in a language."""
        return self.what_sv if lang == "sv" else self.what_en


@dataclass(frozen=True)
class Checks:
    """What `check` found in the deliveries, and which of them it could look at.

    Attributes:
        findings: all of them, in the order of the waves, errors first within one.
        waves: (survey, year) of the deliveries that were looked at.
    """

    findings: tuple[Found, ...]
    waves: tuple[tuple[str, int], ...]

    def number(self, severity: str) -> int:
        """How many findings are of a severity."""
        return sum(f.severity == severity for f in self.findings)


def check_deliveries(waves: Sequence[Wave], folder: Path) -> Checks:
    """Each delivery held against its codebook and the wave before; kept by hash for next time.

    Args:
        waves: those of the document.
        folder: where their files lie.

    Raises:
        InputError: a file is not there any more.
    """
    found: list[Found] = []
    for wave in waves:
        earlier = [w for w in waves if w.survey == wave.survey and w.year < wave.year]
        found.extend(_cached(wave, earlier[-1] if earlier else None, folder))
    return Checks(tuple(found), tuple((w.survey, w.year) for w in waves))


def _cached(wave: Wave, before: Wave | None, folder: Path) -> list[Found]:
    key = fingerprint(wave.sha256, before.sha256 if before else "", wave.year, code_key())
    place = cache_folder() / "checks" / f"{wave.survey}-{wave.year}-{key}.json"
    if place.is_file():
        return [Found(**row) for row in json.loads(place.read_text(encoding="utf-8"))]
    paths = [_file(w, folder) for w in (wave, *([before] if before else []))]
    checked = check(paths[0], wave.book, wave=wave.year, previous=paths[1:] or None)
    made = [
        Found(
            wave.survey,
            wave.year,
            p.severity,
            p.kind,
            p.told("sv")[0],
            p.told("en")[0],
            p.where,
            p.name,
        )
        for p in checked
    ]
    text = json.dumps([asdict(f) for f in made], ensure_ascii=False, indent=1)
    write_whole(place, lambda p: p.write_text(text, encoding="utf-8"))
    return made


def _file(wave: Wave, folder: Path) -> Path:
    path = folder / wave.file
    if not path.is_file():
        raise InputError(
            f"The delivery {wave.file} is not in {folder} any more; put it back for the quality "
            "declaration"
        )
    return path
