"""A JSON Schema of codebooks, from which editors complete keys and underline mistakes.

It is made from the pydantic models, so that it cannot say otherwise than they. What only the whole
file can tell (names that must exist elsewhere, codings that must cover a scale) is checked when the
codebook is loaded.
"""

from __future__ import annotations

import json
from typing import Any

from survey_stats.harmonise.codebook import Codebook

# the version that editors know best
DIALECT = "http://json-schema.org/draft-07/schema#"
FILE = "codebook.schema.json"
# what the models check in code: which keys go together
_EITHER = {
    "Item": [
        {"required": ["variable", "codes"]},
        {"required": ["variable", "names"]},
        {"required": ["variable", "years"]},
        {"required": ["constant"]},
    ],
    "Question": [{"required": ["derived"]}, {"required": ["scale", "codings", "waves"]}],
}


def codebook_schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of a codebook.

    >>> codebook_schema()["properties"]["survey"]["description"]
    'The name of the survey, in small letters.'
    """
    made = Codebook.model_json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs")
    for name, ways in _EITHER.items():
        definitions[name]["oneOf"] = ways
    for model in (made, *definitions.values()):
        if "waves" in model.get("properties", {}):
            model["properties"]["waves"]["propertyNames"] = {"pattern": "^(19|20)[0-9]{2}$"}
    schema = {
        "$schema": DIALECT,
        "title": "Codebook of survey_stats",
        **{k: v for k, v in made.items() if k not in ("title", "description")},
        "description": "One survey: its waves, its background variables and its questions.",
        "definitions": definitions,
    }
    told: dict[str, Any] = _draft7(schema)
    return told


def codebook_schema_text() -> str:
    """The schema as the file `data/codebooks/codebook.schema.json` holds it."""
    return json.dumps(codebook_schema(), ensure_ascii=False, indent=2) + "\n"


def _draft7(node: Any) -> Any:
    """Pydantic's dialect told in draft 7, without titles that only repeat the key."""
    if isinstance(node, list):
        return [_draft7(n) for n in node]
    if isinstance(node, str):
        return " ".join(node.split())
    if not isinstance(node, dict):
        return node
    told = {
        k: _draft7(v)
        for k, v in node.items()
        if not (k == "title" and isinstance(v, str) and "$schema" not in node)
        and not (k == "default" and v is None)
    }
    if "prefixItems" in told:
        told["items"] = told.pop("prefixItems")
        told["additionalItems"] = False
    return told
