"""Houses with people in them, made by a script: every state that a page can show, for screenshots and for axe.

Nothing here was said or rated by a person; the names, the set and the certificates say so.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic

from walking import invited

from examiner.calibration.anchors.sets import find, folders, read_set, write_set
from examiner.calibration.probes.graders import BenchGrader
from examiner.domain.drift import Audit, Tally
from examiner.service import webhooks
from examiner.service.access import audit
from examiner.service.access.authority import create_key, revoke_key, staff
from examiner.service.examiner import Examiner
from examiner.service.people import appealing, reviewing
from examiner.service.people import candidates as people
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import consenting, links, sessions
from examiner.service.trust import certifying, labelling, proving, watching
from examiner.service.trust.calibrating import calibrate
from examiner.service.trust.fixtures import issue_test_certificates
from examiner.settings import Settings

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG = "Maximiliane-Theodora von und zu Hohenstaufen-Württemberg Example"
VAGUE = "It depends on the workload. I would profile it first, then look at batching, and probably cache more."
FIRM = (
    "One step streams every weight once, so its floor is weight bytes over bandwidth: 140 GB / 3.35 TB/s = 42 ms. "
    "It is memory bound, because the batch gives about 2 FLOP a byte and the ridge stands near 300. "
    "Batching shares that stream among sequences until the KV cache takes the bandwidth instead."
)
CODE = "for step in range(steps):\n    logits = model(tokens)   # one pass over the weights\n\nWorst case: " + "x" * 90


class Moving:
    """A clock that a script puts forward and that runs on by itself."""

    def __init__(self, at=BEGIN):
        self._at, self._since = at, monotonic()

    def __call__(self):
        return self._at + timedelta(seconds=monotonic() - self._since)

    def pass_(self, seconds):
        self._at += timedelta(seconds=seconds)


def opened(home: Path, **settings):
    """Return a house of its own with a clock that a script moves."""
    numbers = count(1)
    made = Settings(home=str(home), api_keys="staff-key", **settings)
    return Examiner(made, clock=Moving(), new_id=lambda prefix: f"{prefix}-{next(numbers):04d}")


def key(house, role, name="Rae Example"):
    """Return a new key of a role."""
    return create_key(house, name, role)[1]


def begun(house, candidate, **more):
    """Return a session whose first question is open."""
    session, _ = invited(house, candidate, **more)
    consenting.accept(house, session, consenting.notice().sha256)
    sessions.begin(house, session)
    return session


def finished(house, candidate, texts=(FIRM, VAGUE, CODE), loop="demo", **more):
    """Return a session that was sat to its end with these answers in turn, and graded."""
    session = begun(house, candidate, loop=loop, **more)
    said, now = count(), sessions.current(house, session)
    while now.status != "ended":
        house.clock.pass_(73)
        if now.status == "ready":
            now = sessions.begin(house, session)
        elif now.status == "predicting":
            now = sessions.predict(house, session, next(said) % 4)
        elif now.status == "posing":
            now = sessions.pose(house, session, "What if the batch is one?", "Then nothing shares the stream.")
        else:
            text = texts[next(said) % len(texts)]
            now = sessions.skip(house, session, now.turn) if text is None else _answered(house, session, now, text)
    reviewing.grade_session(house, session)
    return session


def _answered(house, session, now, text):
    sessions.save_draft(house, session, now.turn, text[: len(text) // 2])
    return sessions.submit(house, session, now.turn, text)


def hiring(home: Path, *, calibrated=False):
    """Return a house of a hiring team in full work, and the ids that pages are opened by.

    With `calibrated` a real round is run too; it takes half a minute and is refused, as it must be.
    """
    house = opened(home, policy="hiring")
    seen = {}
    _certificates(house, home, seen, calibrated=calibrated)
    _sessions(house, seen)
    _judgements(house, seen)
    _anchors(house)
    _drift(house)
    _house(house, seen)
    return house, seen


def practice(home: Path):
    """Return a house for practice with one ended session."""
    house = opened(home)
    return house, {"ended": finished(house, "Ada Example", (FIRM, VAGUE, None, CODE))}


def _certificates(house, home, seen, *, calibrated):
    """Make every fate of a certificate: one that holds for some questions, expired, revoked, refused."""
    asked = sessions.create(house, "demo", candidate="Nobody Example", seed=7)
    families = sorted({item.planned.ref.partition("@")[0] for item in asked.items})
    if calibrated:
        calibrate(house, "embedded", "reference", "hiring")
    public, old = issue_test_certificates(house, "embedded", home / "test-keys", families[:1])
    house.clock.pass_(170 * 86_400)
    _, new = issue_test_certificates(house, "embedded", home / "test-keys", families[:2])
    house.clock.pass_(20 * 86_400)
    house.settings = replace(house.settings, test_trust_root=str(public))
    certifying.revoke(house, old[0], "Two raters had seen each other's labels; the round is repeated.", "env-0")
    seen |= {"expired": old[1], "revoked": old[0], "valid": new[0]}


def _sessions(house, seen):
    seen["ended"] = finished(house, "Ada Example", seed=7)
    house.clock.pass_(3_000)
    seen["plain"] = finished(house, "Ben Example", (VAGUE,), seed=8)
    seen["long"] = finished(house, LONG, (CODE, FIRM, VAGUE), seed=9)
    seen["held"] = finished(house, "Cleo Example", (FIRM,), seed=7)
    seen["gone"] = finished(house, "Dan Example", (VAGUE,))
    house.clock.pass_(7_200)
    seen["ready"] = invited(house, "Eli Example", loop="mock-staff")[0]
    seen["running"] = begun(house, "Fay Example", loop="gauntlet-45")
    seen["paused"] = begun(house, "Gus Example")
    sessions.accommodate(house, seen["paused"], 1.5, True, "a screen reader")
    sessions.take_break(house, seen["paused"])
    rows = {row["name"]: row["id"] for row in people.listed(house, 50)[0]}
    people.hold(house, rows["Cleo Example"], "A claim is open until June.", "env-0")
    people.erase(house, rows["Dan Example"], "env-0")
    seen |= {"candidate": rows["Ada Example"], "on_hold": rows["Cleo Example"], "erased": rows["Dan Example"]}


def _judgements(house, seen):
    rae, bo = (staff(house, key(house, "reviewer", name)) for name in ("Rae Example", "Bo Example"))
    reviewing.rate(house, seen["ended"], 1, rae, 2, {"mechanism": 2}, "Right idea, no number.")
    reviewing.rate(house, seen["ended"], 1, bo, 1, {}, "")
    reviewing.overrule(
        house, seen["ended"], 1, rae.id, 2, "The mechanism is right; the figure is missing.", blind_first=True
    )
    reviewing.decide(
        house, seen["ended"], "advance", "M. Example", "Strong on memory; ask about scheduling on site.", "k"
    )
    reviewing.decide(house, seen["held"], "hold", "M. Example", "Waits for the claim.", "k")
    appealing.appeal(house, seen["ended"], 0, "I gave the bandwidth figure in the second sentence; please look again.")
    appealing.appeal(house, seen["plain"], None, "The network was gone for ten minutes in the second part.")
    made = appealing.appeal(house, seen["long"], 0, "The unit was clear from the question.")
    appealing.settle(house, seen["long"], made["appeal"], "upheld", rae.id, "The unit changes the figure by eight.")


def _anchors(house):
    places = folders(house.settings.home_path, house.root)
    shipped = read_set(find("reference", places))
    fresh = [a.model_copy(update={"labels": (), "decisions": ()}) for a in shipped.anchors[:24]]
    folder = house.settings.home_path / "calibration" / "anchors" / "spring"
    write_set(folder, fresh, about="A demonstration: its labels were drawn by a script", levels=(0, 3))
    rng = Random(5)
    truth = {}
    for rater in ("rater-one", "rater-two"):
        for _ in range(60):
            found = labelling.next_task(house, "spring", rater)
            if found["done"]:
                break
            task = found["task"]
            true = truth.setdefault((task["item"], task["criterion"]), rng.randrange(4))
            given = min(3, max(0, true + rng.choice((-1, 0, 0, 0, 0, 1))))
            labelling.give(house, "spring", rater, task["item"], task["criterion"], float(given))


def _drift(house):
    proving.run(house)
    grader = BenchGrader(house.judge_named("embedded"))
    frozen = watching.freeze_sentinels(house, grader, 24)
    rng = Random(3)
    moved = frozen.model_copy(update={"judge": "openai/demonstration"})
    watching._append(house, moved.judge, watching.FROZEN, moved)
    for week in range(14):
        watching.run_audit(house, grader) if week % 5 == 0 else None
        rate = 0.01 if week < 8 else 0.22
        tallies = {
            name: Tally(n=24, flips=(flips := sum(rng.random() < share for _ in range(24))), down=flips)
            for name, share in (("quality", rate), ("mechanism", rate), ("arithmetic", 0.01), ("invariant", 0.01))
        }
        audit = Audit(
            at=house.clock(), judge=moved.judge, frozen=moved.fingerprints, sentinels=moved.hash, tallies=tallies
        )
        watching._append(house, moved.judge, watching.AUDIT, audit)
        house.clock.pass_(86_400)
    watching.run_audit(house, grader)


def _house(house, seen):
    create_key(house, "Nightly export", "hiring", ("reports:read", "candidates:read"), 90)
    create_key(house, "A key with a name as long as somebody in a hurry may write it", "researcher")
    revoke_key(house, create_key(house, "Left in May", "reviewer")[0])
    for url, kinds in (("https://hooks.example/examiner", ()), ("https://ats.example/in/7f3a", ("session.graded",))):
        webhooks.add(house, url, kinds, resolve=lambda host, port: ["93.184.215.14"])
    webhooks.emit(house, "session.graded", {"session": seen["ended"], "to_review": 3}, once="scenery")
    webhooks.deliver(
        house, send=lambda url, *_: 500 if "ats" in url else 200, resolve=lambda host, port: ["93.184.215.14"]
    )
    links.make(house, seen["ready"])
    audit.note(house, "read_report", "env-0", {"session": seen["ended"]})
    audit.note(house, "exported", "env-0", {"candidate": seen["candidate"]})


__all__ = ["CODE", "FIRM", "VAGUE", "Moving", "begun", "finished", "hiring", "key", "opened", "practice", "sittings"]
