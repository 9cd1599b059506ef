"""`examiner tenants` as its user sees it."""

import json
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from examiner.cli.app import app
from examiner.domain.errors import Invalid


def run(*line):
    done = CliRunner().invoke(app, line)
    return done.exit_code, done.stdout, done.exception


def test_tenants_are_added_listed_and_given_money():
    code, key, _ = run("tenants", "add", "acme", "--name", "Acme")
    assert code == 0 and key.startswith("exm_")
    made = json.loads(run("tenants", "list", "--json")[1])["tenants"]
    assert [(t["id"], t["name"]) for t in made] == [("default", "the default tenant"), ("acme", "Acme")]
    shown = json.loads(run("tenants", "budget", "acme", "--day-usd", "1.5", "--json")[1])
    assert shown["day"]["limit_usd"] == 1.5 and shown["month"]["limit_usd"] is None
    assert "0.00 of 1.50 USD" in run("tenants", "budget", "acme")[1]
    assert "1.50 USD" in run("tenants", "list")[1]
    assert type(run("tenants", "add", "acme")[2]).__name__ == "Conflict"
    assert type(run("tenants", "add", "Ac me")[2]).__name__ == "Invalid"
    assert type(run("tenants", "budget", "nobody")[2]).__name__ == "NotFound"
    assert type(run("tenants", "budget", "acme", "--day-usd", "much")[2]).__name__ == "Invalid"


def test_a_command_works_for_the_tenant_it_is_told(monkeypatch):
    run("tenants", "add", "acme")
    assert len(json.loads(run("keys", "list", "--tenant", "acme", "--json")[1])["keys"]) == 1
    assert json.loads(run("keys", "list", "--json")[1])["keys"] == []
    monkeypatch.setenv("EXAMINER_TENANT", "acme")
    assert len(json.loads(run("keys", "list", "--json")[1])["keys"]) == 1
    monkeypatch.setenv("EXAMINER_TENANT", "nowhere")
    assert type(run("keys", "list")[2]).__name__ == "NotFound"


def test_a_tenant_is_deleted_only_when_somebody_says_so():
    run("tenants", "add", "acme", "--name", "Acme")
    code, told, _ = run("tenants", "delete", "acme", "--dry-run")
    assert code == 0 and "goes:  0 candidates, 0 sessions, 1 keys" in told and "stays: the audit log" in told
    assert json.loads(run("tenants", "delete", "acme", "--dry-run", "--json")[1])["keys"] == 1
    assert "--yes" in run("tenants", "delete", "acme")[2].hint  # nobody is there to type the id
    assert [t["id"] for t in json.loads(run("tenants", "list", "--json")[1])["tenants"]] == ["default", "acme"]
    done = json.loads(run("tenants", "delete", "acme", "--yes", "--why", "contract ended", "--json")[1])
    assert done["tenant"] == "acme" and done["why"] == "contract ended" and done["at"]
    assert [t["id"] for t in json.loads(run("tenants", "list", "--json")[1])["tenants"]] == ["default"]
    assert type(run("tenants", "delete", "acme", "--yes")[2]).__name__ == "NotFound"
    assert type(run("tenants", "delete", "default", "--yes")[2]).__name__ == "Refused"


def test_the_id_has_to_be_typed(monkeypatch):
    from examiner.cli import tenants as command

    run("tenants", "add", "acme")
    monkeypatch.setattr(command.sys, "stdin", type("Typed", (), {"isatty": lambda self: True})())
    for typed, kind in (("acm", "Invalid"), ("acme", "NoneType")):
        monkeypatch.setattr(command.typer, "prompt", lambda *_, typed=typed, **__: typed)
        with pytest.raises(Invalid) if kind == "Invalid" else nullcontext():
            command.delete("acme")
