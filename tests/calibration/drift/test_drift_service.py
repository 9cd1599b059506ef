"""Sentinels in the store: frozen once, audited again, in a table whose rows nothing changes."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from examiner.calibration.planted.faults import open_planted
from examiner.calibration.probes.graders import Levels
from examiner.domain.errors import Invalid, NotFound, Upstream
from examiner.domain.score import Turn
from examiner.service.trust import watching
from examiner.service.trust.probing import grader_named


class Moody:
    """The oracle until something is done to it."""

    name = "moody"

    def __init__(self):
        self.fingerprint = "sha256:" + "1" * 64
        self.lift = 0
        self.broken = False
        self._oracle = open_planted("oracle")

    def __call__(self, instance, turns, rubric):
        if self.broken:
            raise Upstream("the provider is away")
        levels = self._oracle(instance, turns, rubric)
        up = {name: min(3, level + self.lift) for name, level in levels.criteria.items()}
        return Levels(criteria=up, quality=levels.quality)


@pytest.fixture
def moody(house):
    judge = Moody()
    watching.freeze_sentinels(house, judge, count=24, seed=4)
    return judge


def test_sentinels_are_spread_over_questions_and_levels(house, moody):
    frozen = watching.sentinels_of(house, "moody")
    assert len(frozen.sentinels) == 24 and len({s.question for s in frozen.sentinels}) == 6
    assert {s.levels["quality"] for s in frozen.sentinels} == {0, 1, 2, 3}


def test_an_unchanged_judge_stands(house, moody, clock):
    for _ in range(3):
        record, standing = watching.run_audit(house, moody)
        assert all(t.flips == 0 for t in record.tallies.values()) and standing.state == "ok"
        clock.pass_(86400 * 7)
    assert watching.judge_standing(house, "moody", moody.fingerprint).audits == 3
    clock.pass_(timedelta(days=31).total_seconds())
    assert watching.judge_standing(house, "moody", moody.fingerprint).state == "unwatched"


def test_a_judge_that_moved_is_named_with_its_criteria(house, moody):
    moody.lift = 1
    record, standing = watching.run_audit(house, moody)
    assert standing.state == "drifted" and "quality" not in standing.criteria and "mechanism" in standing.criteria
    moved = [f for f in record.flips if f.criterion == "mechanism"]
    assert moved and all(f.now == f.was + 1 for f in moved)
    assert record.tallies["mechanism"].up == len(moved) and record.tallies["mechanism"].down == 0


def test_a_new_fingerprint_voids_and_a_new_set_begins_again(house, moody):
    old = moody.fingerprint
    moody.fingerprint = "sha256:" + "2" * 64
    assert watching.run_audit(house, moody)[1].state == "void"
    watching.freeze_sentinels(house, moody, count=10)
    assert watching.run_audit(house, moody)[1].state == "ok"
    assert watching.judge_standing(house, "moody", old).state == "void", "the old certificate stays void"


def test_errors_are_neither_flips_nor_agreement(house, moody):
    moody.broken = True
    record, standing = watching.run_audit(house, moody)
    assert record.tallies == {} and len(record.errors) == 24 and standing.state == "unwatched"


def test_a_changed_question_is_left_out(house, moody):
    ask = watching._ask(house)
    first = watching.sentinels_of(house, "moody").sentinels[0].question

    def changed(ref):
        instance, rubric = ask(ref)
        return (instance.model_copy(update={"rubric_hash": "sha256:other"}) if ref == first else instance), rubric

    from examiner.calibration.drift.sentinels import audit

    record = audit(moody, watching.sentinels_of(house, "moody"), changed, house.clock())
    assert {s.split("#")[0] for s in record.stale} == {first}
    assert record.tallies["quality"].n == 24 - len(record.stale)


def test_nothing_frozen_is_said(house):
    with pytest.raises(NotFound, match="no sentinels are frozen for judge 'moody'"):
        watching.run_audit(house, Moody())


def test_audits_are_chained_and_refuse_every_change(house, moody):
    watching.run_audit(house, moody)
    log = house.ledger.audits
    assert [r.kind for r in log.read("moody")] == ["frozen", "audit"]
    assert house.ledger.check() == [] and house.ledger.read("moody") == [], "apart from the events"
    for verb in ("UPDATE audits SET kind = 'x'", "DELETE FROM audits"):
        with pytest.raises(IntegrityError, match="append-only"), house.ledger.engine.begin() as connection:
            connection.execute(text(verb))
    with house.ledger.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audits_no_update"))
        connection.execute(text("UPDATE audits SET at = '2031-01-01T00:00:00+00:00' WHERE kind = 'audit'"))
    assert house.ledger.check() == ["moody: event 2 was altered"]


def test_watch_opens_the_judge_anew_each_time_and_waits_between(house, moody):
    waits, opened = [], []

    def fresh():
        opened.append(1)
        return moody

    results = list(watching.watch(house, fresh, 3600, times=3, sleep=waits.append))
    assert len(results) == len(opened) == 3 and waits == [3600, 3600]
    assert len(watching.audits_of(house, "moody")) == 3


def test_sentinels_from_a_file(house, tmp_path, vault):
    path = tmp_path / "s.jsonl"
    answer = {"question": "kv-concurrency@2", "answer": "It is about memory.", "levels": {"quality": 3}}
    path.write_text(json.dumps(answer) + "\n\n" + json.dumps({"question": "ridge-point", "answer": "No idea."}) + "\n")
    judge = Moody()
    made = watching.freeze_sentinels(house, judge, source=path)
    assert made.sentinels[0].levels == {"quality": 3} and made.sentinels[1].levels["quality"] == 0
    record, _ = watching.run_audit(house, judge)
    assert [(f.was, f.now) for f in record.flips] == [(3, 0)]
    path.write_text('{"question": "kv-concurrency@2", "answer": "x", "levels": {"quality": 4}}')
    with pytest.raises(Invalid, match=r"line 1: levels.quality"):
        watching.freeze_sentinels(house, judge, source=path)
    path.write_text("\n")
    with pytest.raises(Invalid, match="holds no sentinel"):
        watching.freeze_sentinels(house, judge, source=path)
    with pytest.raises(NotFound, match="no file"):
        watching.freeze_sentinels(house, judge, source=tmp_path / "none.jsonl")


def test_the_embedded_judge_gives_the_same_levels_again(house):
    grader = grader_named(house, "embedded")
    watching.freeze_sentinels(house, grader, count=20)
    record, standing = watching.run_audit(house, grader)
    assert standing.state == "ok" and record.frozen == (grader.fingerprint,) and record.changed == record.flips == ()


# --- the command ----------------------------------------------------------------------------------


def test_run_freezes_first_and_report_draws(run, tmp_path):
    code, out, err = run("drift", "run", "--judge", "planted:oracle", "--json")
    assert code == 0 and json.loads(out)["standing"]["state"] == "ok" and "50 sentinels frozen" in err
    code, out, _ = run("drift", "report", "--judge", "planted:oracle", "--json", "--html", str(tmp_path / "d.html"))
    data = json.loads(out)
    assert code == 0 and data["sentinels"]["count"] == 50 and {c["criterion"] for c in data["charts"]} >= {"quality"}
    assert (tmp_path / "d.html").read_text().startswith("<!doctype html>")


def test_a_flaky_judge_is_found_by_the_command(run):
    code, out, _ = run("drift", "run", "--judge", "planted:flaky")
    assert code == 1 and "drifted: levels of frozen answers moved" in out
    code, out, _ = run("drift", "watch", "--judge", "planted:flaky", "--every", "1s", "--times", "1", "--json")
    assert code == 1 and json.loads(out)["standing"]["state"] == "drifted"


def test_what_does_not_fit_is_said_in_a_line(run):
    code, _, err = run("drift", "report", "--judge", "planted:oracle")
    assert code == 2 and "no sentinels are frozen" in err and "Traceback" not in err
    code, _, err = run("drift", "watch", "--every", "soon")
    assert code == 2 and "'soon' is no time" in err


def test_simulate_prints_the_table(run):
    code, out, _ = run("drift", "simulate", "-m", "50", "--runs", "300", "--json")
    rows = json.loads(out)["monitors"]
    assert code == 0 and [r["monitor"] for r in rows] == ["naive", "cusum", "e-process"]
    assert run("drift", "simulate", "-m", "20", "--runs", "100")[0] == 0


# --- a judge by model -----------------------------------------------------------------------------

KINDS = ("kv-concurrency@0", "tenant-seven@0")  # a question, and a debugging scenario: other criteria


def told(house):
    """Return an answer to each that makes its points: a judge that credits them is to be believed."""
    return {ref: house.instance(ref).model_answer for ref in KINDS}


def script(house, path, verdict):
    """Write a script that gives every point of both questions this verdict."""
    path.write_text('{"fail": "rejected"}')
    judge, rules = house.judge_named(f"scripted:{path}", anew=True), []
    for ref, answer in told(house).items():
        instance = house.instance(ref)
        (call,) = judge.calls(instance, [Turn(text=answer, asked=instance.prompt)])
        point, mistake = {"reason": "r", "verdict": verdict, "quote": answer}, {"made": False, "quote": ""}
        reply = {f: point if f.startswith("p") else mistake for f in call.shape.model.model_fields}
        rules.append({"match": answer[:30], "json": reply})
    path.write_text("\n".join(map(json.dumps, rules)))


def test_a_model_is_asked_anew_and_has_a_fingerprint_for_each_kind(house, tmp_path):
    path, answers = tmp_path / "judge.jsonl", tmp_path / "s.jsonl"
    answers.write_text("\n".join(json.dumps({"question": q, "answer": a}) for q, a in told(house).items()))
    name = f"scripted:{path}"
    script(house, path, "met")
    frozen = watching.freeze_sentinels(house, grader_named(house, name), source=answers)
    assert len(frozen.fingerprints) == 2, "a question and a debugging scenario have other criteria"
    record, standing = watching.run_audit(house, grader_named(house, name))
    assert standing.state == "ok" and record.errors == record.flips == record.changed == ()
    assert all(watching.judge_standing(house, name, f).state == "ok" for f in frozen.fingerprints)
    script(house, path, "not_met")
    record, _ = watching.run_audit(house, grader_named(house, name))
    assert len(record.flips) > 2 and record.changed == (), "the same name says other things: no journal hides it"
    path.write_text(json.dumps({"fail": "rejected"}))
    record, standing = watching.run_audit(house, grader_named(house, name))
    assert len(record.errors) == 2 and standing.state == "unwatched"
