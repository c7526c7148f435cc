"""Plans: what a document shows, as data; and the parameters of one document.

>>> from survey_stats.report.plan import Parameters, load_plan
>>> load_plan("appendix").title.of("en")
'Statistical appendix'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from survey_stats.report.plan.parameters import Parameters, area_name, rule_profile
from survey_stats.report.plan.schema import Plan, Point, Points, Prose, Row, Section, Text
from survey_stats.report.plan.vocabulary import (
    AGE_GROUPS,
    AREAS,
    CITY,
    COMPARISONS,
    DISTRICTS,
    GROUP_VALUES,
    GROUPS,
    SURVEYS,
    Item,
    asks_pupils,
)

if TYPE_CHECKING:
    from survey_stats.report.plan.loading import check_row, load_plan, plan_names, plan_path

    PLAN: Plan

__all__ = [
    "AGE_GROUPS",
    "AREAS",
    "CITY",
    "COMPARISONS",
    "DISTRICTS",
    "GROUPS",
    "GROUP_VALUES",
    "PLAN",
    "SURVEYS",
    "Item",
    "Parameters",
    "Plan",
    "Point",
    "Points",
    "Prose",
    "Row",
    "Section",
    "Text",
    "area_name",
    "asks_pupils",
    "check_row",
    "load_plan",
    "plan_names",
    "plan_path",
    "rule_profile",
]


def __getattr__(name: str) -> Any:
    # loading asks the pieces, and pieces ask this folder for its names
    if name == "PLAN":
        from survey_stats.report.plan.loading import load_plan

        return load_plan("appendix")
    if name in {"check_row", "load_plan", "plan_names", "plan_path"}:
        from survey_stats.report.plan import loading

        return getattr(loading, name)
    raise AttributeError(f"module 'survey_stats.report.plan' has no attribute {name!r}")
