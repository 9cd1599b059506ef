"""The API is what its frozen description says."""

import copy
import json
from pathlib import Path

import pytest

from examiner.api.openapi import breaking, document

FROZEN = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = sorted((method, path) for path, methods in FROZEN["paths"].items() for method in methods)
SHAPES = FROZEN["components"]["schemas"]


def test_the_description_is_frozen():
    assert document() == FROZEN, "run: python -m examiner.api.openapi > docs/openapi.json, and read the difference"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["paths"].pop("/v1/loops"), "GET /v1/loops is gone"),
        (lambda d: d["components"]["schemas"]["Shown"]["properties"].pop("turn"), "Shown.turn is gone"),
        (lambda d: d["components"]["schemas"]["AnswerIn"]["required"].append("mood"), "AnswerIn.mood is now demanded"),
        (lambda d: d["paths"]["/v1/keys"]["post"]["responses"].pop("201"), "POST /v1/keys no longer answers 201"),
    ],
)
def test_breaking_changes_are_named(change, says):
    new = copy.deepcopy(FROZEN)
    change(new)
    assert says in breaking(FROZEN, new) and breaking(FROZEN, FROZEN) == []
