"""What ten thousand sessions cost whoever looks at the few that wait: the review queue, a cohort page, a report.

    python evals/bench/waiting.py [--sessions 10000]

Each row is measured against the way that reads every session (or every certificate) anew, in the same run.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import event, insert, select

from examiner.service.examiner import Examiner
from examiner.service.people import cohort, reviewing, waiting
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import consenting, grading, sessions
from examiner.service.sitting.asking import turns_of
from examiner.service.trust import certifying
from examiner.settings import Settings
from examiner.store.tables import audits, events, subjects
from examiner.store.tables import sittings as index


def populate(house, count):
    """Sit one session and copy its streams under other ids: chains would not verify, and nothing here verifies them."""
    first = sessions.create(house, "demo", candidate="c", seed=7, pace=None).id
    consenting.accept(house, first, consenting.notice().sha256)
    now = sessions.begin(house, first)
    while now.status != "ended":
        if now.status == "ready":
            now = sessions.begin(house, first)
        elif now.status == "predicting":
            now = sessions.predict(house, first, 1)
        else:
            now = sessions.submit(house, first, now.turn, f"The weights are read once for each step. {now.turn}")
    reviewing.grade_session(house, first)
    with house.ledger.writing() as raw:
        streams = {
            kind: [dict(r) for r in raw.execute(select(events).where(events.c.stream == f"{kind}/{first}")).mappings()]
            for kind in ("sitting", "review")
        }
        row = dict(raw.execute(select(index).where(index.c.id == first)).mappings().one())
        about = [dict(r) for r in raw.execute(select(subjects)).mappings()]
    for start in range(0, count, 500):
        with house.ledger.writing() as raw:
            names = [f"s-{n:010d}" for n in range(start, min(start + 500, count))]
            raw.execute(insert(events), [
                record | {"stream": f"{kind}/{name}", "body": record["body"].replace(first, name)}
                for name in names for kind, records in streams.items() for record in records
            ])  # fmt: skip
            raw.execute(insert(index), [row | {"id": name, "waiting": 0} for name in names])
            raw.execute(insert(subjects), [a | {"stream": f"sitting/{name}"} for name in names for a in about])
    return first


def certificates(house, count):
    """Enter facts that fit no judge: every report read them all, once a row."""
    body = json.dumps({"id": "x", "fingerprint": "sha256:none", "criterion": "quality", "why": "w", "key": "k" * 4000})
    rows = [
        {"stream": certifying.STREAM, "seq": n + 1, "kind": "refused", "body": body, "at": "2026-01-01T00:00:00+00:00",
         "previous": "", "hash": ""} for n in range(count)
    ]  # fmt: skip
    with house.ledger.writing() as raw:
        raw.execute(insert(audits), rows)


def queue_by_reading(house):
    """Return the queue as it was made before there were rows for it."""
    out = []
    for stream in house.ledger.streams("review/"):
        session = stream.stream.removeprefix("review/")
        rows = waiting.rows_of(session, reviewing.history(house, session))
        out += [json.loads(row["body"]) for row in rows if row["kind"] == waiting.ANSWER]
    return out[:50]


def cohort_by_reading(house):
    """Read the whole queue for a page of fifty, judge each answer again, read the certificates once a row."""
    queue_by_reading(house)
    rows, _ = house.registry.page("sittings", "created", 50, status="ended")
    for row in rows:
        report_by_reading(house, row["id"])


def report_by_reading(house, session):
    state, _ = sittings.load(house, session)
    for item in state.items:
        instance = house.instance(item.planned.ref)
        turns = turns_of(item, instance)
        if turns:
            certifying.backing_of(house, grading.assess(house.judge, instance, turns, house.rubric(instance)))


def seconds(work, times):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--certificates", type=int, default=200)
    args = parser.parse_args()
    house = Examiner(Settings(home=tempfile.mkdtemp(prefix="waiting-"), policy="hiring"))

    @event.listens_for(house.ledger.engine, "connect")
    def quick(connection, _):
        connection.execute("PRAGMA synchronous=OFF")  # the filling is not what is measured

    house.ledger.close()
    first = populate(house, args.sessions)
    certificates(house, args.certificates)
    begun = time.perf_counter()
    made = waiting.rebuild(house)
    rebuilt = time.perf_counter() - begun
    settled = seconds(lambda: waiting.rebuild(house), 3)
    waiting.catch_up(house)
    each = seconds(lambda: waiting.catch_up(house), 9)
    pairs = {
        "queue, first page of 50": (lambda: reviewing.queue(house, 50), lambda: queue_by_reading(house), 15, 1),
        "how many wait": (lambda: waiting.count(house, waiting.ANSWER), lambda: queue_by_reading(house), 15, 1),
        "cohort page of 50": (lambda: cohort.cohort(house, "", 50), lambda: cohort_by_reading(house), 3, 1),
        "report": (lambda: reviewing.report(house, first), lambda: report_by_reading(house, first), 9, 3),
    }
    rows = {}
    for name, (now, before, often, rarely) in pairs.items():
        now()
        fast, slow = seconds(now, often), seconds(before, rarely)
        rows[name] = {
            "ms": round(fast * 1000, 2),
            "by_reading_ms": round(slow * 1000, 1),
            "ratio": round(slow / fast, 1),
        }
    found = {
        "sessions": args.sessions,
        "waiting": waiting.count(house, waiting.ANSWER),
        "rows": rows,
        "rebuild_all_seconds": round(rebuilt, 1),
        "sessions_rebuilt": made,
        "comparing_all_ms": round(settled * 1000, 1),
        "each_pass_ms": round(each * 1000, 3),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }
    house.ledger.close()
    print(json.dumps(found, indent=1))
    Path(house.settings.home_path / "examiner.db").unlink()


if __name__ == "__main__":
    main()
