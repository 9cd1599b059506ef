"""Probes run from a page: over a few questions, on the judge that needs no network, kept beside the drift audits."""

from typing import Any

from examiner.service.examiner import Examiner
from examiner.service.trust.probing import grader_named, probe_bases
from examiner.store.chain import Entry

JUDGE = "embedded"
QUESTIONS = 8
_STREAM = f"probes/{JUDGE}"


def run(house: Examiner, seed: int = 0) -> dict[str, Any]:
    """Run every probe on a few questions and store the result."""
    from examiner.calibration.probes import running as probes  # noqa: PLC0415 - only where somebody asks for it

    report = probes.run(grader_named(house, JUDGE), probe_bases(house, QUESTIONS, seed), seed=seed)
    body = report.model_dump(mode="json")
    log = house.ledger.audits
    log.append(_STREAM, [Entry(kind="probed", body=body, at=house.clock())], after=log.head(_STREAM))
    return body


def latest(house: Examiner) -> dict[str, Any] | None:
    """Return the result stored last, with its time as `at`; None where there is none."""
    records = house.ledger.audits.read(_STREAM)
    return records[-1].body | {"at": records[-1].at.isoformat()} if records else None
