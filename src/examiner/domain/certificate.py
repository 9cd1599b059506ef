"""What a judge has earned: one criterion, one observed fingerprint, signed; and the facts that end it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from examiner.domain.base import Frozen
from examiner.domain.identity import fingerprint
from examiner.domain.score import State

Earned = Literal["calibrated", "provisional", "reference"]


class CheckResult(Frozen):
    """One line of the gate as it stood when the certificate was decided."""

    name: str
    need: str
    got: Any
    ok: bool | None


class Certificate(Frozen):
    """Binds one criterion and one observed fingerprint to what was shown on sealed anchors.

    Attributes:
        id: short name, from the hash of the body.
        judge: the judge's name.
        fingerprint: its observed fingerprint; another one is another judge.
        criterion: the rubric dimension.
        criterion_hash: of that dimension's definition, with the level cuts and the scoring code's version.
        state: what it earned; only `calibrated` releases scores, and only human anchors earn that.
        anchors: name and hash of the anchor set.
        questions: each anchored question family with the hash of its rubric.
        covers_new: the policy lets leave-question-out figures cover other questions, and they passed.
        policy: name and hash of the policy it was decided under.
        statistics: figures with intervals.
        checks: every line of the gate.
        attempts: how often this judge was tried on these anchors, this time included.
        key: the hash of the public key that signed it.
        signature: Ed25519 over the canonical JSON of everything else, hex.

    """

    id: str
    judge: str
    fingerprint: str
    criterion: str
    criterion_hash: str
    state: Earned
    anchors: str
    anchors_hash: str
    questions: Mapping[str, str]
    covers_new: bool
    policy: str
    policy_hash: str
    statistics: Mapping[str, Any]
    checks: tuple[CheckResult, ...]
    attempts: int
    issued: datetime
    expires: datetime
    key: str
    signature: str = ""

    def body(self) -> dict[str, Any]:
        """Return what is signed: everything but the signature."""
        return self.model_dump(mode="json", exclude={"signature"})


def certificate_id(body: Mapping[str, Any]) -> str:
    """Return a certificate's name from its body without id, key and signature."""
    named = {k: v for k, v in body.items() if k not in ("id", "key", "signature")}
    return "cert-" + fingerprint(named).partition(":")[2][:12]


class Backing(Frozen):
    """What backs the score of one answer: the weakest state among its criteria, and why.

    Attributes:
        state: the weakest state among the criteria.
        reasons: what stands against release, criterion by criterion; empty where nothing does.
        remedy: what would change it.
        certificates: the certificates that it rests on.
        test: one of them was signed by the test-only trust root.

    """

    state: State
    reasons: tuple[str, ...] = ()
    remedy: str = ""
    certificates: tuple[str, ...] = ()
    test: bool = False
