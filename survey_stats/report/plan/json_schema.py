"""A JSON Schema of plans, from which editors complete keys and underline mistakes.

It is made from the pydantic models and the names that plans may use. Pieces of an analyst's own are
allowed, since only the plan's modules tell them.
"""

from __future__ import annotations

import json
from typing import Any

from survey_stats.report.pieces import registry
from survey_stats.report.plan.conditions import FACTS
from survey_stats.report.plan.schema import Plan
from survey_stats.report.plan.vocabulary import COMPARISONS, GROUPS, SURVEYS, questions

# the version that editors know best
DIALECT = "http://json-schema.org/draft-07/schema#"
FILE = "plan.schema.json"
# keys that may be one name or a list of names
_LISTS = ("form", "surveys", "groups", "compare")


def plan_schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of a plan.

    >>> plan_schema()["definitions"]["Row"]["properties"]["compare"]["anyOf"][0]["enum"][:2]
    ['before', 'city']
    """
    made = Plan.model_json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs")
    row = definitions["Row"]["properties"]
    known: dict[str, Any] = {
        "form": {"anyOf": [{"enum": list(registry.pieces())}, {"type": "string"}]},
        "surveys": {"type": "string", "enum": list(SURVEYS)},
        "groups": {"type": "string", "enum": list(GROUPS)},
        "compare": {"type": "string", "enum": list(COMPARISONS)},
    }
    for key in _LISTS:
        told = row[key]
        many = {k: v for k, v in told.items() if k in {"type", "minItems"}} | {"items": known[key]}
        row[key] = {"description": told.get("description", ""), "anyOf": [known[key], many]}
    row["question"]["enum"] = list(questions())
    facts = "; ".join(f"{name}: {text}" for name, text in FACTS.items())
    for model in definitions.values():
        when = model.get("properties", {}).get("when")
        if when is not None:
            when["description"] += (
                " Names of surveys, of surveys with a year (city_safety_2017), of questions, and "
                f"facts, joined by and, or, not. Facts: {facts}."
            )
    schema = {
        "$schema": DIALECT,
        "title": "Plan of a document of survey_stats",
        **{k: v for k, v in made.items() if k not in ("title", "description")},
        "description": "A document: its title, and its sections with what each shows.",
        "definitions": definitions,
    }
    told_plainly: dict[str, Any] = _plain(schema)
    return told_plainly


def plan_schema_text() -> str:
    """The schema as the file `reports/plans/plan.schema.json` holds it."""
    return json.dumps(plan_schema(), ensure_ascii=False, indent=2) + "\n"


def _plain(node: Any) -> Any:
    """Without titles and defaults that only repeat the key or say nothing."""
    if isinstance(node, list):
        return [_plain(n) for n in node]
    if isinstance(node, str):
        return " ".join(node.split())
    if not isinstance(node, dict):
        return node
    return {
        k: _plain(v)
        for k, v in node.items()
        if not (k == "title" and isinstance(v, str) and "$schema" not in node)
        and not (k == "default" and v in ("", [], {}, None))
    }
