"""What an analyst looks at before weights are used: how unequal, how near the population, why."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# name -> module that holds it, loaded at first use: every `Weights` needs the first of them only
_PUBLIC = {
    "WeightingReport": "report",
    "diagnose": "run",
    "kish_by_group": "kish",
    "kish_design_effect": "kish",
    "spencer_design_effect": "kish",
}

__all__ = [
    "WeightingReport",
    "diagnose",
    "kish_by_group",
    "kish_design_effect",
    "spencer_design_effect",
]

if TYPE_CHECKING:
    from survey_stats.weight.diagnostics.kish import (
        kish_by_group,
        kish_design_effect,
        spencer_design_effect,
    )
    from survey_stats.weight.diagnostics.report import WeightingReport
    from survey_stats.weight.diagnostics.run import diagnose


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
