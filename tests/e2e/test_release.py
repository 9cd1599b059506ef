"""Who may see a score: nobody without a certificate; under the test-only root a TEST score; and what takes it away."""

import json
import shutil

import pytest
import yaml

from examiner.calibration import gate
from examiner.calibration.certificates.signing import Signer, key_id, verify
from examiner.domain.score import Turn
from examiner.service.examiner import Examiner
from examiner.service.sitting import grading
from examiner.service.trust import certifying
from examiner.service.trust.fixtures import issue_test_certificates
from examiner.settings import Settings
from examiner.vault.content import content_root

QUESTION = "kv-per-token-gqa"


@pytest.fixture
def content(tmp_path):
    """A copy of the content that a test may edit; of the questions, those of one area."""
    root = content_root(None)
    for part in ("vault", "rubrics", "calibration"):
        shutil.copytree(root / part, tmp_path / "content" / part, ignore=_other_areas)
    return tmp_path / "content"


def _other_areas(folder, names):
    return set(names) - {"memory"} if folder.endswith("vault/questions") else ()


def examiner_at(tmp_path, content, clock, *, root="", policy="hiring"):
    settings = Settings(home=str(tmp_path / "home"), content=str(content), policy=policy, test_trust_root=str(root))
    return Examiner(settings, clock=clock)


def released(examiner, question=QUESTION):
    instance = examiner.instance(f"{question}@0")
    score = grading.grade(examiner, instance, [Turn(text=instance.model_answer, asked=instance.prompt)])
    return gate.release(score, certifying.backing_of(examiner, score), examiner.policy)


def test_the_honest_default_withholds(tmp_path, content, clock):
    out = released(examiner_at(tmp_path, content, clock))
    assert (out.released, out.shown, out.label) == (None, None, "withheld")
    assert "no certificate" in out.reason and "anchors plan" in out.remedy


def test_practice_shows_an_estimate_and_says_so(tmp_path, content, clock):
    out = released(examiner_at(tmp_path, content, clock, policy="practice"))
    assert out.released is None and out.shown is not None
    assert out.label == "practice estimate" and out.reason.startswith("not a score")


def test_the_test_root_releases_and_stamps(tmp_path, content, clock):
    public, ids = issue_test_certificates(examiner_at(tmp_path, content, clock), "embedded", tmp_path / "key")
    assert released(examiner_at(tmp_path, content, clock)).label == "withheld", "without the root it is worth nothing"
    out = released(examiner_at(tmp_path, content, clock, root=public))
    assert out.released is not None and out.test and out.label == "TEST score"
    assert set(out.certificates) <= set(ids)


def test_one_byte_of_a_criterion_definition_withholds_again(tmp_path, content, clock):
    public, _ = issue_test_certificates(examiner_at(tmp_path, content, clock), "embedded", tmp_path / "key")
    path = content / "rubrics" / "question.yaml"
    path.write_text(path.read_text().replace("step by step", "step by steq"))
    out = released(examiner_at(tmp_path, content, clock, root=public))
    assert out.label == "withheld" and "its definition has changed" in out.reason


@pytest.mark.parametrize(("policy", "covers", "label"), [
    ("hiring", True, "TEST score"), ("hiring", False, "withheld"), ("high-stakes", True, "withheld"),
])  # fmt: skip
def test_an_edited_question_is_covered_as_the_policy_says(tmp_path, content, clock, policy, covers, label):
    before = examiner_at(tmp_path, content, clock)
    public, _ = issue_test_certificates(before, "embedded", tmp_path / "key", [QUESTION], covers_new=covers)
    path = next((content / "vault" / "questions").rglob(f"{QUESTION}.yaml"))
    raw = yaml.safe_load(path.read_text())
    raw["rubric"][0]["claim"] += " Indeed."
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    out = released(examiner_at(tmp_path, content, clock, root=public, policy=policy))
    assert out.label == label
    if label == "withheld":
        assert "uncovered" in out.reason


def test_revocation_expiry_and_another_fingerprint(tmp_path, content, clock):
    public, _ = issue_test_certificates(examiner_at(tmp_path, content, clock), "embedded", tmp_path / "key")
    examiner = examiner_at(tmp_path, content, clock, root=public)
    assert released(examiner).released is not None
    held = [c for c, _ in certifying.certificates(examiner) if c.criterion == "mechanism"]
    certifying.revoke(examiner, held[0].id, "anchors were leaked", "operator")
    assert "revoked (anchors were leaked)" in released(examiner).reason
    clock.pass_(181 * 86_400)
    assert released(examiner).state in ("expired", "blocked")
    assert "ran out on" in released(examiner).reason
    examiner.judge.observed_fingerprint = "sha256:" + "1" * 64
    assert released(examiner).state == "uncalibrated"


def test_a_certificate_of_a_stranger_counts_nothing(tmp_path, content, clock):
    examiner = examiner_at(tmp_path, content, clock)
    issue_test_certificates(examiner, "embedded", tmp_path / "stranger")
    own, _ = issue_test_certificates(examiner, "embedded", tmp_path / "key", [QUESTION])
    stream = examiner.ledger.audits.read(certifying.STREAM)
    forged = dict(stream[0].body) | {"key": key_id(own.read_text())}
    certifying.record(examiner, [("issued", forged)])
    trusting = examiner_at(tmp_path, content, clock, root=tmp_path / "stranger" / "test-only.pub.pem")
    assert released(trusting).released is not None
    fresh = [c for c, _ in certifying.certificates(examiner)][-1]
    assert verify(fresh, own.read_text()) != ""


def test_keys_are_private_and_signatures_bind_every_byte(tmp_path, content, clock):
    examiner = examiner_at(tmp_path, content, clock)
    public, _ = issue_test_certificates(examiner, "embedded", tmp_path / "key", [QUESTION])
    assert (tmp_path / "key" / "test-only.pem").stat().st_mode & 0o077 == 0
    held, _ = certifying.certificates(examiner)[0]
    assert verify(held, public.read_text()) == ""
    body = held.model_dump(mode="json")
    for field, value in (("attempts", 2), ("state", "provisional"), ("questions", {}), ("judge", "other")):
        changed = type(held).model_validate(body | {field: value})
        assert verify(changed, public.read_text()) != ""
    assert verify(held, Signer(tmp_path / "other.pem").public) == "it was signed by another key"
    json.dumps(body)
