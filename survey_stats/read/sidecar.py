"""Labels and user-missing codes as JSON, for formats that have no place of their own for them."""

from __future__ import annotations

import json
from typing import Any

from survey_stats.read.delivery import Code, UserMissing, VariableLabels

KEY = b"survey_stats"


def pack(labels: VariableLabels, missing: UserMissing, notes: tuple[str, ...]) -> bytes:
    """What is known beside the values, as JSON; codes keep their type as pairs."""
    content = {
        "labels": dict(labels.variables),
        "value_labels": {v: list(map(list, c.items())) for v, c in labels.value_labels.items()},
        "missing_codes": {v: list(codes) for v, codes in missing.codes.items()},
        "missing_ranges": {v: list(map(list, spans)) for v, spans in missing.ranges.items()},
        "notes": list(notes),
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8")


def unpack(content: bytes) -> tuple[VariableLabels, UserMissing, tuple[str, ...]]:
    """The inverse of `pack`.

    >>> labels = VariableLabels({"q": "Fråga"}, {"q": {1: "Ja", "a": "Vet ej"}})
    >>> unpack(pack(labels, UserMissing({"q": (9,)}), ("en not",)))[0] == labels
    True
    """
    told: dict[str, Any] = json.loads(content)
    values: dict[str, dict[Code, str]] = {v: dict(c) for v, c in told["value_labels"].items()}
    missing = UserMissing(
        {v: tuple(codes) for v, codes in told["missing_codes"].items()},
        {v: tuple((low, high) for low, high in s) for v, s in told["missing_ranges"].items()},
    )
    return VariableLabels(told["labels"], values), missing, tuple(told["notes"])
