"""The verdict on one statement, and a list of verdicts as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Verdict = Literal["holds", "does not hold", "cannot be decided"]


@dataclass(frozen=True)
class Finding:
    """What became of one statement.

    `recomputed` is the number in the unit of the statement (percent, a difference, a ratio), None
    where there is none. `reason` is English, `reason_sv` the same for a Swedish document. `test`
    holds the statistical test, or the search behind an arithmetical verdict; None where there is
    neither.
    """

    id: str
    verdict: Verdict
    recomputed: float | None
    reason: str
    reason_sv: str
    test: Mapping[str, Any] | None = None
    source: str = ""
    subject: str = ""
    kind: str = ""
    stated: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only: no NaN, no infinity, no numpy scalar."""
        fields: dict[str, Any] = {
            "id": self.id,
            "source": self.source,
            "subject": self.subject,
            "kind": self.kind,
            "stated": self.stated,
            "verdict": self.verdict,
            "recomputed": self.recomputed,
            "reason": self.reason,
            "reason_sv": self.reason_sv,
            "test": self.test,
        }
        return {k: plain(v) for k, v in fields.items()}


def findings_to_json(findings: Sequence[Finding]) -> str:
    """The findings as a JSON array, readable and with nothing that JSON does not know.

    >>> print(findings_to_json([Finding("a", "holds", float("nan"), "It is so.", "Så är det.")]))
    [
      {
        "id": "a",
        ...
        "recomputed": null,
        ...
      }
    ]
    """
    rows = [f.to_dict() for f in findings]
    return json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False)


def plain(value: Any) -> Any:
    """`value` with numpy scalars as Python's and numbers that are not finite as None."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Iterable):
        return [plain(v) for v in value]
    return str(value)
