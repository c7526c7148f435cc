"""The JSON Schema of codebooks: up to date, complete, and of one mind with the models."""

import datetime
import json
import re

import jsonschema
import pytest

import survey_stats as ss
from survey_stats.errors import CodebookError
from survey_stats.harmonise.codebook._yaml import load_yaml
from survey_stats.harmonise.codebook.json_schema import FILE, codebook_schema, codebook_schema_text
from survey_stats.resources import data_path


def plain(node):
    """A codebook as JSON has it: keys are text, dates are text."""
    if isinstance(node, dict):
        return {str(k): plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [plain(v) for v in node]
    return node.isoformat() if isinstance(node, datetime.date) else node


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft7Validator.check_schema(codebook_schema())
    return jsonschema.Draft7Validator(codebook_schema())


def test_the_file_beside_the_codebooks_is_up_to_date():
    written = data_path("codebooks", FILE).read_text(encoding="utf-8")
    assert written == codebook_schema_text(), "run survey-stats codebook-schema > " + FILE


@pytest.mark.parametrize("name", ss.Codebook.names())
def test_the_codebooks_name_the_schema_and_fit_it(name, validator):
    path = data_path("codebooks", f"{name}.yaml")
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={FILE}"
    content, _ = load_yaml(path)
    assert [e.message for e in validator.iter_errors(plain(content))] == []


def keys(node):
    """Every key that a codebook may hold, with its description."""
    if isinstance(node, list):
        for part in node:
            yield from keys(part)
    elif isinstance(node, dict):
        for name, entry in node.get("properties", {}).items():
            yield name, entry.get("description", "")
        for part in node.values():
            yield from keys(part)


def test_every_key_is_described():
    told = list(keys(codebook_schema()))
    assert len(told) > 60
    assert [name for name, text in told if len(text) < 8] == []
    assert all("\n" not in text for _, text in told)


def test_every_key_is_in_the_description_for_people():
    readme = data_path("codebooks", "README.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[a-z_]+", readme))
    assert {name for name, _ in keys(codebook_schema())} - words == set()


EVENING = "{variable: F102, codes: evening}"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (EVENING, "{variable: F102, codez: evening}", "codez"),
        (EVENING, "{codes: evening}", "not valid under any|is not valid"),
        (EVENING, "{variable: F102, constant: 'yes', codes: evening}", "valid under each|each of"),
        (EVENING, "{variable: F102}", "is not valid"),
        (EVENING, "{variable: F102, codes: evening, names: district}", "valid under each"),
        ("waves:\n  2018:", "waves:\n  first:", "first"),
        ("3: third_gender", "3: third_gendr", "third_gendr"),
        ("  gender:\n    text", "  gendr:\n    text", "gendr"),
        ("rule: any_answered", "rule: maybe", "maybe"),
        ("population: pupils", "population: children", "children"),
        ("    respondent: ID\n", "", "respondent"),
    ],
)
def test_what_the_schema_refuses_the_models_refuse_too(tmp_path, validator, old, new, says):
    text = data_path("codebooks", "school_survey.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "spoilt.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    errors = list(validator.iter_errors(plain(load_yaml(path)[0])))
    assert errors
    assert re.search(says, " ".join(json.dumps(e.message, ensure_ascii=False) for e in errors))
    with pytest.raises(CodebookError):
        ss.Codebook.load(path)
