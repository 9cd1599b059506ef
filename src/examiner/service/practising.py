"""Practice with state: load the deck, keep an answer, judge it, and say what is due next.

An answer is in the ledger before it is judged; one whose judgement never came is judged when practice starts again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from examiner.calibration import gate
from examiner.domain.errors import Invalid
from examiner.domain.question import Instance
from examiner.domain.score import Score, State, Turn
from examiner.practice import choose, forecast, log
from examiner.practice.calendar import ics
from examiner.practice.progress import Progress, progress
from examiner.practice.rerun import Rerun, rerun
from examiner.practice.schedule import Due, due, schedule
from examiner.service.access.tokens import candidate_id, practice_journal
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import grading
from examiner.service.trust.certifying import backing_of
from examiner.store.chain import Entry
from examiner.store.journal import DraftJournal
from examiner.vault.chains import chain_of

POLICY = "practice"  # practice shows estimates, whatever the house releases elsewhere
_RETRIES = 5
_LONGEST = 100


@dataclass(frozen=True)
class Outcome:
    """An answer judged: the estimate with its standing, and when the family is due again."""

    answered: log.Answered
    score: Score
    label: str
    standing: str
    due: Due


class Practice:
    """One candidate's practice.

    Args:
        examiner: the wired examiner.
        candidate: whose deck; by default the settings' candidate.

    Raises:
        Invalid: the name is too long for a stream.

    """

    def __init__(self, examiner: Examiner, candidate: str = "") -> None:
        self._x = examiner
        self.candidate = candidate or examiner.settings.candidate
        if len(self.candidate) > _LONGEST:
            raise Invalid(f"the candidate's name has more than {_LONGEST} characters")
        self.identity = candidate_id(examiner, self.candidate)
        old = f"practice/{self.candidate}"  # as streams were named before they were named by pseudonym
        self.stream = old if examiner.ledger.head(old) else f"practice/{self.identity}"

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self._x.clock()

    @property
    def today(self) -> date:
        """The day of the daily challenge, which turns at midnight UTC everywhere."""
        return self._x.clock().date()

    @cached_property
    def _journal(self) -> DraftJournal:
        return DraftJournal(self._x.home / "drafts" / f"{practice_journal(self.identity)}.jsonl", durable=False)

    def draft(self, ref: str) -> str:
        """Return what was typed for a question and not submitted."""
        return self._journal.last(ref) or ""

    def save_draft(self, ref: str, text: str) -> None:
        """Keep what stands in the editor now."""
        self._journal.save(ref, text)

    def forget(self) -> None:
        """Forget the drafts; the ledger has the answer."""
        self._journal.clear()

    @cached_property
    def _axes(self) -> dict[str, dict[str, Any]]:
        names = ("areas", "track", "level", "zone", "phase")
        return {f.id: {n: getattr(f, n) for n in names} for f in self._x.vault.cards.values()}

    def _events(self) -> list[tuple[str, dict[str, Any], datetime]]:
        return [(r.kind, r.body, r.at) for r in self._x.ledger.read(self.stream)]

    def reviews(self) -> list[log.Review]:
        """Return the judged answers, oldest first."""
        return log.reviews(self._events(), self._axes)

    def deck(self) -> dict[str, Due]:
        """Return the deck as of now."""
        return schedule(self.reviews(), self._x.clock())

    def due(self) -> list[Due]:
        """Return what is due now."""
        return due(self.deck(), self._x.clock())

    def following(self, drill: choose.Filter, without: Collection[str] = ()) -> Instance:
        """Return what to ask next in a drill. Raises Invalid where nothing fits or is due."""
        families = [f for f in self._x.vault.cards.values() if f.id not in without and f.kind == "question"]
        levels = list(self._x.vault.taxonomy["levels"])
        deck = self.deck()
        family = choose.following(families, deck, self._x.clock(), drill, levels, self.candidate)
        return self.form(family.id, deck)

    def form(self, family: str, deck: dict[str, Due] | None = None) -> Instance:
        """Return the next parallel form of a family for this candidate."""
        known = (deck if deck is not None else self.deck()).get(family)
        seed = choose.parallel_form(family, known.reviews if known else 0, self.candidate)
        return self._x.instance(f"{family}@{seed}")

    def daily(self, day: date) -> tuple[Instance, bool]:
        """Return the question of a day, and whether this candidate has answered it already."""
        family, seed = choose.daily(self._x.vault.cards.values(), day)
        ref = f"{family.id}@{seed}"
        done = any(r.source == "daily" and r.ref == ref for r in self.reviews())
        return self._x.instance(ref), done

    def chain(self, family: str) -> tuple[list[str], Instance | None, str]:
        """Return a chain's steps, the one to ask next (None where all are mastered), and why that one. Raises NotFound."""
        self._x.vault.family(family)
        steps = chain_of(self._x.vault.cards, family)
        deck = self.deck()
        step, why = choose.chain_step(steps, deck)
        return steps, self.form(step, deck) if step else None, why

    def answer(self, answered: log.Answered) -> Outcome:
        """Keep an answer, then judge it. Raises Invalid for an empty one."""
        if not answered.text.strip():
            raise Invalid("nothing was answered", hint="an answer has at least one word")
        self._append(log.ANSWERED, answered.model_dump(mode="json"))
        return self._judge(answered)

    def catch_up(self) -> list[Outcome]:
        """Judge the answers that were kept but never judged."""
        left = [a for a in log.unjudged(self._events()) if a.ref.partition("@")[0] in self._axes]
        return [self._judge(answered) for answered in left]

    def _judge(self, answered: log.Answered) -> Outcome:
        instance = self._x.instance(answered.ref)
        score = grading.grade(self._x, instance, [Turn(text=answered.text, asked=instance.prompt)], self.stream)
        assert score is not None  # noqa: S101 - something was said
        backed = backing_of(self._x, score)
        judged = log.Reviewed(
            ref=answered.ref,
            quality=score.quality,
            interval=score.interval,
            judge=score.judgement.judge,
            request=score.judgement.request_fingerprint,
            state=backed.state,
        )
        self._append(log.REVIEWED, judged.model_dump(mode="json"))
        policy = self._x.policy_named(POLICY)
        label = gate.release(score, backed, policy).label
        standing = gate.standing(score.judgement.judge, backed.state, policy)
        family = answered.ref.partition("@")[0]
        return Outcome(answered=answered, score=score, label=label, standing=standing, due=self.deck()[family])

    def _append(self, kind: str, body: dict[str, Any]) -> None:
        from examiner.domain.errors import Conflict  # noqa: PLC0415 - one path

        for left in reversed(range(_RETRIES)):
            try:
                head = self._x.ledger.head(self.stream)
                self._x.ledger.append(self.stream, [Entry(kind=kind, body=body, at=self._x.clock())], head)
            except Conflict:
                if not left:
                    raise
            else:
                return

    def everything(self) -> list[log.Review]:
        """Return practice and the candidate's ended interviews as one list, oldest first."""
        made = self.reviews()
        for summary in self._x.ledger.streams("sitting/"):
            state, _ = sittings.load(self._x, summary.stream.removeprefix("sitting/"))
            if state.status != "ended" or state.created.candidate != self.candidate:
                continue
            made += self._from_sitting(grading.card(self._x, state))
        return sorted(made, key=lambda r: (r.at, r.ref))

    def _from_sitting(self, card: Any) -> list[log.Review]:
        at = datetime.fromisoformat(card.ended)
        return [
            log.Review(
                family=item.ref.partition("@")[0],
                ref=item.ref,
                at=at,
                source="interview",
                quality=item.score.quality,
                state=item.release.state,
                predicted=item.prediction,
                **self._axes[item.ref.partition("@")[0]],
            )
            for item in card.items
            if item.score is not None and item.ref.partition("@")[0] in self._axes
        ]

    def progress(self) -> tuple[Progress, forecast.Forecasts, str]:
        """Return the tallies, the calibration of the forecasts, and how far the weakest estimate may be trusted."""
        made = self.everything()
        vault = self._x.vault
        weakest: State = min((r.state for r in made), key=gate.ORDER.index, default="uncalibrated")
        standing = gate.standing(self._x.judge.name, weakest, self._x.policy_named(POLICY))
        return progress(vault.cards.values(), made, vault.taxonomy), forecast.calibration(made), standing

    def rerun(self, sitting: str) -> Rerun:
        """Return the rerun of an ended sitting. Raises NotFound, Refused."""
        state, _ = sittings.load(self._x, sitting)
        card = grading.card(self._x, state)
        return rerun(card, self._x.vault.families, {r.ref for r in self.reviews() if r.source != "rerun"})

    def reruns(self) -> list[Rerun]:
        """Return the rerun of each ended sitting of this candidate that has rows to rerun."""
        found = []
        for summary in self._x.ledger.streams("sitting/"):
            state, _ = sittings.load(self._x, summary.stream.removeprefix("sitting/"))
            if state.status == "ended" and state.created.candidate == self.candidate:
                made = self.rerun(state.id)
                if made.items:
                    found.append(made)
        return found

    def compared(self, made: Rerun) -> list[dict[str, Any]]:
        """Return for each question of a rerun the estimate then and now; None where it was not asked yet."""
        state, _ = sittings.load(self._x, made.sitting)
        before = {i.ref: i.score.quality for i in grading.card(self._x, state).items if i.score}
        after = {r.ref: r.quality for r in self.reviews() if r.source == "rerun"}
        return [
            {"area": i.area, "ref": i.ref, "title": i.title, "before": before.get(i.before), "after": after.get(i.ref)}
            for i in made.items
        ]

    def calendar(self, reruns: Sequence[Rerun]) -> str:
        """Return what is due as an iCalendar file; what is overdue stands on today."""
        now = self._x.clock()
        days: dict[date, list[str]] = {}
        for entry in self.deck().values():
            day = max(entry.due, now).date()
            days.setdefault(day, []).append(self._x.vault.family(entry.family).title)
        planned = [(r.due.date(), f"{len(r.items)} questions of sitting {r.sitting}") for r in reruns]
        return ics(days, planned, now, self.candidate)

    def anki(self, within: timedelta = timedelta(days=30)) -> tuple[bytes, int]:
        """Return an Anki package of what is due within a time and of the reruns, and how many questions it holds."""
        from examiner.vault.exporting import export  # noqa: PLC0415 - only exporting needs it
        from examiner.vault.exporting.about import About  # noqa: PLC0415

        now, deck = self._x.clock(), self.deck()
        refs = [i.ref for made in self.reruns() for i in made.items]
        instances = [self.form(d.family, deck) for d in due(deck, now + within)]
        instances += [self._x.instance(ref) for ref in dict.fromkeys(refs)]
        if not instances:
            raise Invalid("nothing is due", hint="practise first: `examiner practice next`")
        return export("anki", instances, About(title="examiner practice", at=now)), len(instances)
