"""The statistical appendix: its numbers, tables, figures, documents and workbook.

>>> from survey_stats.report import PLAN, Parameters
>>> Parameters("farsta", 2023).area, PLAN[0].question
('Farsta', 'unsafe_evening')
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "Appendix": "survey_stats.report.appendix",
    "load": "survey_stats.report.appendix",
    "build_appendix": "survey_stats.report.build",
    "Item": "survey_stats.report.plan",
    "PLAN": "survey_stats.report.plan",
    "Parameters": "survey_stats.report.plan",
    "Table": "survey_stats.report.tables",
    "Chart": "survey_stats.report.charts",
    "tabulate": "survey_stats.report.tabulation",
}

__all__ = [
    "PLAN",
    "Appendix",
    "Chart",
    "Item",
    "Parameters",
    "Table",
    "build_appendix",
    "load",
    "tabulate",
]

if TYPE_CHECKING:
    from survey_stats.report.appendix import Appendix, load
    from survey_stats.report.build import build_appendix
    from survey_stats.report.charts import Chart
    from survey_stats.report.plan import PLAN, Item, Parameters
    from survey_stats.report.tables import Table
    from survey_stats.report.tabulation import tabulate


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'survey_stats.report' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
