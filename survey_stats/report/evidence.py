"""The published documents whose statements are audited."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from survey_stats.audit import Finding
from survey_stats.resources import data_path


@dataclass(frozen=True)
class Published:
    """A published document: its title, the district it is about, and its year."""

    title: str
    area: str
    year: int


DOCUMENTS = {
    "hv2022": Published("Lokal lägesbild Hässelby-Vällingby 2022", "Hässelby-Vällingby", 2022),
    "hv2023": Published("Lägesbild Hässelby-Vällingby 2023", "Hässelby-Vällingby", 2023),
    "ha2024": Published("Lägesbild 2024 Hägersten-Älvsjö", "Hägersten-Älvsjö", 2024),
    "plan2020": Published("Åtgärdsplan Hässelby-Vällingby 2020", "Hässelby-Vällingby", 2020),
}
"""The documents whose statements are audited, by their short names."""


def about(findings: Sequence[Finding], area: str, year: int) -> list[Finding]:
    """The findings about the documents of a district up to a year."""
    own = {s for s, d in DOCUMENTS.items() if d.area == area and d.year <= year}
    return [f for f in findings if f.source in own]


def swedish_subjects() -> dict[str, str]:
    """The published statements in Swedish, by id."""
    path = data_path("published", "claims_sv.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["subject"] for row in csv.DictReader(file)}
