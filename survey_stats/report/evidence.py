"""The published documents whose statements are audited."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from survey_stats.audit import Finding
from survey_stats.place import Document, place
from survey_stats.resources import data_path, has_data


def documents() -> Mapping[str, Document]:
    """The documents whose statements are audited, by their short names (`place.yaml`).

    >>> documents()["ha2024"].title
    'Lägesbild 2024 Hägersten-Älvsjö'
    """
    return place().documents


def claims() -> Path | None:
    """The file of the statements that are audited; None where the place has none."""
    there = has_data("published", "claims.csv")
    return data_path("published", "claims.csv") if there else None


def about(findings: Sequence[Finding], area: str, year: int) -> list[Finding]:
    """The findings about the documents of a district up to a year."""
    own = {s for s, d in documents().items() if d.area == area and d.year <= year}
    return [f for f in findings if f.source in own]


def swedish_subjects() -> dict[str, str]:
    """The published statements in Swedish, by id."""
    if not has_data("published", "claims_sv.csv"):
        return {}
    path = data_path("published", "claims_sv.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["subject"] for row in csv.DictReader(file)}
