"""Keys, receipts, restore and one pass of the worker from the command line."""

import json

from examiner.service.access.authority import staff
from examiner.service.examiner import Examiner
from examiner.service.sitting import receipts, sessions
from examiner.settings import load


def test_keys(run):
    code, out, _ = run("keys", "create", "--name", "Ana", "--role", "reviewer", "--json")
    made = json.loads(out)
    house = Examiner(load())
    assert code == 0 and staff(house, made["key"]).role == "reviewer"
    code, out, _ = run("keys", "list", "--json")
    assert made["key"] not in out and json.loads(out)["keys"][0]["name"] == "Ana"
    assert run("keys", "revoke", made["id"])[0] == 0
    assert staff(house, made["key"]) is None
    assert run("keys", "revoke", made["id"])[0] == 2
    assert run("keys", "create", "--name", "x", "--role", "emperor")[0] == 2
    house.ledger.close()


def test_receipts_backup_restore_and_worker(run, tmp_path):
    house = Examiner(load())
    state = sessions.create(house, "demo", candidate="A", seed=7)
    now = sessions.begin(house, state.id)
    sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    made = receipts.receipt(house, state.id)
    (tmp_path / "receipt.json").write_text(made.model_dump_json())
    (tmp_path / "answer.txt").write_text("Memory bandwidth.")
    house.ledger.close()
    _, public, _ = run("audit", "key")
    (tmp_path / "house.pem").write_text(public)
    check = ["audit", "verify", tmp_path / "receipt.json", "--key", tmp_path / "house.pem"]
    assert run(*check)[0] == 0
    assert run(*check, "--answer", f"0.0={tmp_path / 'answer.txt'}")[0] == 0
    assert run(*check, "--answer", f"0.0={tmp_path / 'house.pem'}")[0] == 6
    (tmp_path / "receipt.json").write_text(made.model_copy(update={"events": 99}).model_dump_json())
    assert run(*check)[0] == 6
    assert run("audit", "verify")[0] == 0
    assert run("db", "backup", tmp_path / "b.db")[0] == 0
    assert run("db", "restore", tmp_path / "b.db")[0] == 6  # it holds events
    assert run("db", "restore", tmp_path / "b.db", "--force")[0] == 0
    assert run("db", "restore", tmp_path / "none.db", "--force")[0] == 2
    code, out, _ = run("worker", "--once", "--json")
    assert code == 0 and json.loads(out)["graded"] == 0
