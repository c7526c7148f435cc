"""Documents of surveys: their numbers, tables, figures, plans, and the workbook.

>>> from survey_stats.report import PLAN, Parameters
>>> Parameters("farsta", 2023).area, PLAN.questions[0]
('Farsta', 'unsafe_evening')
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "Report": "survey_stats.report.document",
    "load": "survey_stats.report.document",
    "build": "survey_stats.report.build",
    "build_appendix": "survey_stats.report.build",
    "build_summary": "survey_stats.report.onepage.build",
    "build_audit_report": "survey_stats.report.audited.build",
    "AuditReport": "survey_stats.report.audited",
    "OnePage": "survey_stats.report.onepage",
    "QualityDeclaration": "survey_stats.report.quality",
    "declare": "survey_stats.report.quality",
    "PLAN": "survey_stats.report.plan",
    "Parameters": "survey_stats.report.plan",
    "Plan": "survey_stats.report.plan",
    "load_plan": "survey_stats.report.plan",
    "piece": "survey_stats.report.pieces",
    "write_qmd": "survey_stats.report.qmd",
    "Table": "survey_stats.report.tables",
    "Column": "survey_stats.report.tables",
    "Chart": "survey_stats.report.charts",
    "Markdown": "survey_stats.report.show",
    "tabulate": "survey_stats.report.tabulation",
}

__all__ = [
    "PLAN",
    "AuditReport",
    "Chart",
    "Column",
    "Markdown",
    "OnePage",
    "Parameters",
    "Plan",
    "QualityDeclaration",
    "Report",
    "Table",
    "build",
    "build_appendix",
    "build_audit_report",
    "build_summary",
    "declare",
    "load",
    "load_plan",
    "piece",
    "tabulate",
    "write_qmd",
]

if TYPE_CHECKING:
    from survey_stats.report.audited import AuditReport
    from survey_stats.report.audited.build import build_audit_report
    from survey_stats.report.build import build, build_appendix
    from survey_stats.report.charts import Chart
    from survey_stats.report.document import Report, load
    from survey_stats.report.onepage import OnePage
    from survey_stats.report.onepage.build import build_summary
    from survey_stats.report.pieces import piece
    from survey_stats.report.plan import PLAN, Parameters, Plan, load_plan
    from survey_stats.report.qmd import write_qmd
    from survey_stats.report.quality import QualityDeclaration, declare
    from survey_stats.report.show import Markdown
    from survey_stats.report.tables import Column, Table
    from survey_stats.report.tabulation import tabulate


class _Face(ModuleType):
    """Keeps `report.build` the function: importing the module would otherwise take its name."""

    def __getattr__(self, name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'survey_stats.report' has no attribute {name!r}")
        value = getattr(importlib.import_module(_PUBLIC[name]), name)
        if name != "PLAN":
            self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
