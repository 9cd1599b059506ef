"""Play scripted candidates through real sittings, on a clock that follows their words."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from examiner.domain.effects import Ask
from examiner.domain.events import Predicted, SectionStarted, SelfPosed
from examiner.domain.report import CandidateCard
from examiner.domain.session import Sitting
from examiner.evals.candidates import Candidate, Script, read_candidate, read_scripts
from examiner.evals.derived import derived, read_frames
from examiner.service.examiner import Examiner
from examiner.service.sitting import acts as sittings
from examiner.service.sitting import grading
from examiner.settings import Settings

WORDS_PER_MINUTE = 130
Watcher = Callable[[str, Any], None]


@dataclass
class SimulatedClock:
    """A clock that stands still until somebody talks."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def talk(self, text: str) -> None:
        """Let as much time pass as the words take."""
        self.now += timedelta(seconds=2 + 60 * len(text.split()) / WORDS_PER_MINUTE)


def simulated(settings: Settings, folder: Path, *, seed: int = 0) -> tuple[Examiner, SimulatedClock]:
    """Return an examiner with its own store in `folder`, a simulated clock and counted ids."""
    clock = SimulatedClock()
    numbers = iter(range(1, 1_000_000))
    private = Settings(
        home=settings.home or str(settings.home_path),
        database=f"sqlite:///{folder / f'simulated-{seed}.db'}",
        content=settings.content,
        judge=settings.judge,
        interviewer=settings.interviewer,
        policy=settings.policy,
    )
    return Examiner(private, clock=clock, new_id=lambda prefix: f"{prefix}-{seed:03d}{next(numbers):03d}"), clock


def play(
    examiner: Examiner,
    clock: SimulatedClock,
    candidate: Candidate,
    loop: str,
    seed: int,
    watch: Watcher = lambda *_: None,
    exclude: Sequence[str] = (),
    *,
    written: bool = False,
) -> CandidateCard:
    """Let a scripted candidate sit a loop and return the report.

    Args:
        examiner, clock: with a store of their own, from `simulated`.
        candidate: who answers.
        loop: the blueprint's id.
        seed: of the draw.
        watch: told of what happens.
        exclude: families that are not drawn.
        written: draw only families that somebody wrote a script for; the others' are derived.

    """
    scripts = read_scripts(examiner.root)
    mute = [family for family in examiner.vault.cards if family not in scripts] if written else []
    state = sittings.start(examiner, loop, candidate=candidate.id, seed=seed, exclude=(*exclude, *mute))
    watch("start", state)
    while state.status != "ended":
        if state.status == "ready":
            section = state.created.blueprint.sections[state.section]
            watch("section", section)
            state = _go(examiner, state, SectionStarted(section=section.id), watch)
            continue
        state = _turn(examiner, clock, candidate, scripts, state, watch)
    return grading.card(examiner, state)


def _turn(
    examiner: Examiner,
    clock: SimulatedClock,
    candidate: Candidate,
    scripts: dict[str, Script],
    state: Sitting,
    watch: Watcher,
) -> Sitting:
    item = state.items[state.item]
    if item.stage == "posing":
        return _go(examiner, state, SelfPosed(item=state.item), watch)
    if item.stage == "predicting":
        return _go(
            examiner,
            state,
            Predicted(item=state.item, value={"all": 3, "bluff": 3}.get(candidate.main, 2)),
            watch,
        )
    turn = state.turn
    if turn is None:
        return sittings.tick(examiner, state.id)
    instance = examiner.instance(item.planned.ref)
    script = scripts.get(instance.family) or derived(instance, read_frames(examiner.root))
    probe = next((f for f in instance.follow_ups if f.id == turn.probe), None)
    aimed = probe.points if probe else [p.id for p in instance.points if p.quantity]
    text = candidate.answer(script, instance, turn.probe, len(item.turns) - 2, aimed)
    clock.talk(text)
    watch("answer", text)
    outcome = sittings.answer(examiner, state.id, turn.id, text)
    for effect in outcome.effects:
        watch("effect", (effect, outcome.state))
    return outcome.state


def _go(examiner: Examiner, state: Sitting, event: Any, watch: Watcher) -> Sitting:
    outcome = sittings.handle(examiner, state.id, event)
    for effect in outcome.effects:
        if isinstance(effect, Ask):
            watch("effect", (effect, outcome.state))
    return outcome.state


@dataclass(frozen=True)
class Trial:
    """One candidate's result on one draw: mean score, each score, and the highest where there was arithmetic to say."""

    candidate: str
    seed: int
    mean: float
    highest: int
    scores: tuple[int, ...]


def trials(settings: Settings, names: Sequence[str], loop: str, seeds: Sequence[int]) -> list[Trial]:
    """Play every candidate on every seeded draw."""
    out = []
    with tempfile.TemporaryDirectory(prefix="examiner-evals-") as folder:
        examiner, clock = simulated(settings, Path(folder))
        for seed in seeds:
            for name in names:
                card = play(examiner, clock, read_candidate(examiner.root, name), loop, seed)
                scores = tuple(i.score.score for i in card.items if i.score is not None)
                keyed = [i.score.score for i in card.items if i.score and examiner.instance(i.ref).has_arithmetic]
                out.append(Trial(name, seed, sum(scores) / len(card.items), max(keyed, default=0), scores))
    return out
