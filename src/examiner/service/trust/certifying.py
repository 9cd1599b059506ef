"""Calibrate a judge on an anchor set, keep its certificates, and say what backs a score.

Every try on a set is entered in the ledger before the first anchor is judged, so that no try goes uncounted.
"""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from examiner.calibration.certificates.signing import Signer, key_id, read_public, verify
from examiner.calibration.gate import Criterion, backing
from examiner.domain.certificate import Backing, Certificate
from examiner.domain.errors import Invalid, NotFound
from examiner.domain.identity import fingerprint, once_each
from examiner.domain.rubric import Rubric
from examiner.domain.score import Score
from examiner.judge.bench import SCORING_VERSION
from examiner.service.examiner import Examiner
from examiner.service.trust.watching import judge_standing
from examiner.store.chain import Entry

STREAM = "certificates"
VALID = timedelta(days=180)
Say = Callable[[str], None]


def criterion_hash(rubric: Rubric, criterion: str) -> str:
    """Return the hash of all that defines a criterion's levels: its definition, the cuts, the scoring code."""
    return _criterion_hashes(rubric)[criterion]


@once_each
def _criterion_hashes(rubric: Rubric) -> dict[str, str]:
    body = rubric.model_dump(mode="json")
    parts = {key: body[key] for key in ("cuts", "levels", "partly", "critical_ceiling")}
    return {
        name: fingerprint({"definition": definition, "scoring": SCORING_VERSION, **parts})
        for name, definition in body["criteria"].items()
    }


def signer(examiner: Examiner) -> Signer:
    """Return this installation's key, made on first use."""
    return Signer(examiner.settings.home_path / "keys" / "certificates.pem")


def trusted(examiner: Examiner) -> dict[str, tuple[str, bool]]:
    """Return the public keys that certificates are accepted from, by id, and whether each is the test-only one."""
    keys: dict[str, tuple[str, bool]] = {}
    if (examiner.settings.home_path / "keys" / "certificates.pem").exists():
        own = signer(examiner).public
        keys[key_id(own)] = (own, False)
    for path in sorted((examiner.settings.home_path / "keys" / "trusted").glob("*.pem")):
        keys[key_id(read_public(path))] = (read_public(path), False)
    if examiner.settings.test_trust_root:
        test = read_public(Path(examiner.settings.test_trust_root))
        keys[key_id(test)] = (test, True)
    return keys


def facts(examiner: Examiner) -> list[tuple[str, dict[str, Any]]]:
    """Return every fact about certificates, oldest first: issued, refused, revoked."""
    return [(r.kind, r.body) for r in examiner.ledger.audits.read(STREAM)]


def record(examiner: Examiner, entries: Sequence[tuple[str, dict[str, Any]]], stream: str = STREAM) -> None:
    """Append facts."""
    log = examiner.ledger.audits
    now = examiner.clock()
    log.append(stream, [Entry(kind=kind, body=body, at=now) for kind, body in entries], after=log.head(stream))


def issue(examiner: Examiner, certificate: Certificate, with_key: Signer | None = None) -> Certificate:
    """Sign a certificate, record it and write it to a file beside the database; return it."""
    signed = (with_key or signer(examiner)).sign(certificate)
    record(examiner, [("issued", signed.model_dump(mode="json"))])
    folder = examiner.home / "calibration" / "certificates"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(signed.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    (folder / f"{signed.id}.json").write_text(text + "\n", encoding="utf-8")
    return signed


def certificates(examiner: Examiner) -> list[tuple[Certificate, str]]:
    """Return every certificate with what became of it: "" or why it was revoked."""
    revoked: dict[str, str] = {}
    held: list[Certificate] = []
    for kind, body in facts(examiner):
        if kind == "issued":
            held.append(Certificate.model_validate(body))
        elif kind == "revoked":
            revoked[body["id"]] = body["why"]
    return [(c, revoked.get(c.id, "")) for c in held]


def certificate(examiner: Examiner, name: str) -> tuple[Certificate, str]:
    """Return one certificate and why it was revoked. Raises NotFound."""
    for held, revoked in certificates(examiner):
        if held.id == name:
            return held, revoked
    raise NotFound(f"no certificate '{name}'", hint="examiner certificate list")


def revoke(examiner: Examiner, name: str, why: str, by: str) -> None:
    """Append that a certificate counts no more. Raises NotFound, Invalid."""
    held, already = certificate(examiner, name)
    if already:
        raise Invalid(f"{name} is revoked already ({already})")
    if not why.strip():
        raise Invalid("a revocation needs its reason", hint="--why TEXT")
    record(examiner, [("revoked", {"id": held.id, "why": why.strip(), "by": by})])


def read_certificate(path: Path) -> Certificate:
    """Return a certificate from a file. Raises NotFound, Invalid."""
    try:
        return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"no file {path}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{path}: not a certificate: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def backing_of(examiner: Examiner, score: Score | None, known: "Known | None" = None) -> Backing:
    """Return what backs a score under the examiner's policy; an answer that was never judged is uncalibrated.

    `known` is what `known_of` gave for this judge and fingerprint, where many scores are backed at once.
    """
    if score is None:
        return Backing(state="uncalibrated")
    family = score.question.partition("@")[0]
    try:
        instance = examiner.instance(score.question)
    except NotFound:
        return Backing(state="uncalibrated", reasons=("the question is not of the vault, so nobody labelled it",))
    rubric = examiner.rubric(instance)
    if known is None:
        known = known_of(examiner, score.judgement.judge, score.judgement.observed_fingerprint)
    criteria = [
        _criterion(c.criterion, criterion_hash(rubric, c.criterion), known)
        for c in score.criteria
        if c.criterion in rubric.criteria
    ]
    return backing(criteria, family, instance.rubric_hash, examiner.policy, examiner.clock())


class Backings:
    """What backs scores, with the facts of each judge's fingerprint read once; for as long as one report or page takes."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self._known: dict[tuple[str, str], Known] = {}

    def of(self, score: Score | None) -> Backing:
        """Return what backs a score, as `backing_of`."""
        if score is None:
            return backing_of(self._examiner, None)
        key = score.judgement.judge, score.judgement.observed_fingerprint
        if key not in self._known:
            self._known[key] = known_of(self._examiner, *key)
        return backing_of(self._examiner, score, self._known[key])


class Known:
    """The facts about one judge's fingerprint."""

    def __init__(self) -> None:
        self.latest: dict[str, tuple[Certificate | None, str, bool]] = {}
        self.revoked: dict[str, str] = {}
        self.drifted: dict[str, str] = {}


def known_of(examiner: Examiner, judge: str, observed: str) -> Known:
    """Return the facts about one judge's fingerprint: certificates that verify, refusals, revocations, drift."""
    out = Known()
    rows = facts(examiner)
    if not rows:
        return out
    keys = trusted(examiner)
    for kind, body in rows:
        if kind == "revoked":
            out.revoked[body["id"]] = body["why"]
        elif body["fingerprint"] != observed:
            continue
        elif kind == "refused":
            out.latest[body["criterion"]] = (None, body["why"], False)
        elif kind == "issued" and body["key"] in keys:
            held = Certificate.model_validate(body)
            public, test = keys[held.key]
            if not verify(held, public):
                out.latest[held.criterion] = (held, "", test)
    drift = judge_standing(examiner, judge, observed)
    if drift.state == "drifted":
        out.drifted = dict.fromkeys(drift.criteria, drift.reason)
    return out


def _criterion(name: str, definition: str, known: Known) -> Criterion:
    held, refused, test = known.latest.get(name, (None, "", False))
    return Criterion(
        name=name,
        definition=definition,
        certificate=held,
        refused=refused,
        revoked=known.revoked.get(held.id, "") if held else "",
        drifted=known.drifted.get(name, known.drifted.get("quality", "")),
        test=test,
    )
