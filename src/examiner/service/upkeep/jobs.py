"""Work that takes longer than a request: asked for in the log, done by the sweeper, found again after a crash."""

import logging
from typing import Any

from examiner.domain.errors import ExaminerError, NotFound
from examiner.service.examiner import Examiner
from examiner.store.chain import Entry

log = logging.getLogger(__name__)
Body = dict[str, Any]


def ask(house: Examiner, kind: str, body: Body, once: str = "") -> Body:
    """Ask for a job; it is on the disk when this returns."""
    identity = f"{kind}-{once[:16]}" if once else house.new_id(kind)
    stream = f"job/{identity}"
    if not house.ledger.head(stream):
        house.ledger.append(stream, [Entry(kind="asked", body={"kind": kind, **body}, at=house.clock())], after=0)
        house.registry.add("facts", {"name": f"job/{identity}", "value": "open"})
    return show(house, identity, kind)


def show(house: Examiner, identity: str, kind: str) -> Body:
    """Return where a job stands: `asked`, `done` with its result, or `failed` with its error. Raises NotFound."""
    records = house.ledger.read(f"job/{identity}")
    if not records or records[0].body["kind"] != kind:
        raise NotFound(f"no {kind} '{identity}'")
    last = records[-1]
    body = {k: v for k, v in records[0].body.items() if k != "kind"}
    return {
        "id": identity,
        "status": last.kind,
        "asked": records[0].at.isoformat(),
        "request": body,
        "result": last.body if last.kind == "done" else None,
        "error": last.body["error"] if last.kind == "failed" else None,
    }


def run_open(house: Examiner, limit: int = 1) -> int:
    """Do up to `limit` open jobs; return how many were done. One that dies with the process is done again."""
    done = 0
    for row in house.registry.many("facts", value="open")[:limit]:
        identity = row["name"].removeprefix("job/")
        records = house.ledger.read(row["name"])
        if len(records) == 1:
            try:
                entry = Entry(kind="done", body=_work(house, records[0].body), at=house.clock())
            except ExaminerError as error:
                entry = Entry(kind="failed", body={"error": str(error)}, at=house.clock())
            except Exception as error:
                log.exception("a job failed", extra={"job": identity})
                entry = Entry(kind="failed", body={"error": type(error).__name__}, at=house.clock())
            house.ledger.append(row["name"], [entry], after=1)
        house.registry.drop("facts", name=row["name"])
        done += 1
    return done


def _work(house: Examiner, body: Body) -> Body:
    if body["kind"] == "calibration":
        from examiner.service.trust.calibrating import calibrate  # noqa: PLC0415 - scipy, only where a job asks for it

        return calibrate(house, body["judge"], body["anchors"], body["policy"], seed=body["seed"])
    from examiner.calibration.probes.graders import BenchGrader  # noqa: PLC0415 - likewise
    from examiner.service.trust import watching  # noqa: PLC0415

    grader = BenchGrader(house.judge_named(body["judge"]))
    if watching.sentinels_of(house, grader.name) is None:
        watching.freeze_sentinels(house, grader)
    audit, standing = watching.run_audit(house, grader)
    return {"audit": audit.model_dump(mode="json"), "standing": standing.model_dump(mode="json")}
