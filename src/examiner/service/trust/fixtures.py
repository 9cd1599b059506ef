"""Certificates for tests of the release path, signed by a key of their own; worth nothing outside such a test."""

from collections.abc import Sequence
from pathlib import Path

from examiner.calibration.certificates.signing import Signer
from examiner.domain.certificate import Certificate
from examiner.domain.identity import fingerprint
from examiner.service.examiner import Examiner
from examiner.service.trust.certifying import VALID, criterion_hash, issue


def issue_test_certificates(
    examiner: Examiner, judge_name: str, folder: Path, families: Sequence[str] = (), *, covers_new: bool = False
) -> tuple[Path, list[str]]:
    """Issue a certificate for every criterion of every kind of question; return the public key's path and the ids.

    Args:
        examiner: the wired examiner, whose ledger receives them.
        judge_name: whose they are.
        folder: where the test key lies, made on first use.
        families: the questions they cover; all where empty.
        covers_new: whether they claim to cover questions without anchors.

    """
    key = Signer(folder / "test-only.pem")
    public = folder / "test-only.pub.pem"
    public.write_text(key.public, encoding="utf-8")
    judge = examiner.judge_named(judge_name)
    chosen = families or sorted(examiner.vault.families)
    asked = {f: examiner.instance(f) for f in chosen}
    now = examiner.clock()
    ids = []
    for kind in sorted({i.kind for i in asked.values()}):
        rubric = examiner.vault.rubric_for(kind)
        questions = {f: i.rubric_hash for f, i in asked.items() if i.kind == kind}
        for criterion in rubric.criteria:
            made = Certificate(
                id="", judge=judge.name, fingerprint=judge.observed_fingerprint, criterion=criterion,
                criterion_hash=criterion_hash(rubric, criterion), state="calibrated", anchors="TEST fixture",
                anchors_hash=fingerprint("TEST fixture"), questions=questions, covers_new=covers_new, policy="TEST",
                policy_hash=fingerprint("TEST"), statistics={}, checks=(), attempts=1, issued=now, expires=now + VALID, key="",
            )  # fmt: skip
            ids.append(issue(examiner, made, key).id)
    return public, ids
