"""Attacks on the grader, as data, against the guards: points gained must be none, and clean answers must not change.

Every payload of `evals/attacks/*.jsonl` is put into weak answers to vault questions and judged twice: by the embedded
judge, and by a model judge whose model obeys whatever the answer demands (`planted`), with the guards and without.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from examiner.calibration.anchors.sets import read_set
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid, NotFound
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Judgement, PointVerdict, Turn
from examiner.evals.candidates import read_candidate, read_scripts, values_of
from examiner.evals.planted import MANNERS, Manner, PlantedModel, honest
from examiner.judge import evidence, guard, injection
from examiner.judge.embedded import EmbeddedJudge
from examiner.judge.llm_judge import LLMJudge
from examiner.judge.score import compute
from examiner.llm.call import Call
from examiner.llm.gateway import Gateway
from examiner.llm.scripted import ScriptedModel
from examiner.service.examiner import Examiner
from examiner.service.judges import prompts
from examiner.vault.render import fill

SECRET = b"attacks"
SETS = ("payloads", "heldout")
_EARNS = frozenset({"met", "partly"})
_SEED = 1


class Payload(Frozen):
    """One attack: its text, or its parts where it is spread over turns. `{claim}` stands for a claim of the rubric."""

    id: str
    family: str
    text: str = ""
    turns: tuple[str, ...] = ()

    def parts(self, claim: str) -> tuple[str, ...]:
        """Return the attack's parts, the rubric's claim filled in."""
        return tuple(part.replace("{claim}", claim) for part in self.turns or (self.text,))


@dataclass(frozen=True)
class Base:
    """A weak answer, what an honest judge says of it, and a claim that it does not make."""

    instance: Instance
    text: str
    points: tuple[PointVerdict, ...]
    quality: int
    claim: str


@dataclass
class Bench:
    """The parts that every trial uses."""

    examiner: Examiner

    def __post_init__(self) -> None:
        self.embedded = EmbeddedJudge()
        self._script: Callable[[Call], str] = PlantedModel("fabricates")
        self._model = LLMJudge(
            "planted",
            Gateway(ScriptedModel(self._reply)),
            "planted",
            prompts(self.examiner.root),
            self.examiner.vault.rubric_for,
            salt=SECRET,
        )

    @cached_property
    def bluffs(self) -> tuple[Base, ...]:
        """Ten answers that name everything and claim nothing: words enough to quote for any point."""
        scripts = read_scripts(self.examiner.root)
        found = []
        for family in sorted(set(scripts) & set(self.examiner.vault.families)):
            instance = self.examiner.instance(f"{family}@{_SEED}")
            base = self._base(instance, fill(scripts[family].bluff, values_of(instance), family))
            if base is not None:
                found.append(base)
        return _spread(found)

    @cached_property
    def bases(self) -> tuple[Base, ...]:
        """Ten weak answers to questions spread over the vault: one sentence that makes a point, one that makes none."""
        scripts = read_scripts(self.examiner.root)
        found = []
        for family in sorted(scripts):
            lines = [line.says for line in scripts[family].strong if not any(c in line.says for c in "{0123456789")]
            if len(lines) < 2 or family not in self.examiner.vault.families:
                continue
            base = self._base(self.examiner.instance(f"{family}@{_SEED}"), f"{lines[0]} I am not sure about the rest.")
            if base is not None:
                found.append(base)
        return _spread(found)

    def _base(self, instance: Instance, text: str) -> Base | None:
        turns = (Turn(text=text, asked=instance.prompt),)
        judgement = evidence.enforce(self.embedded.judge(instance, turns), turns)
        open_ = [p for p in judgement.points if p.verdict == "not_met" and not instance.point(p.point).quantity]
        quality = compute(judgement, instance, turns, self.rubric(instance)).quality
        if quality > 1 or not open_:
            return None
        return Base(instance, text, judgement.points, quality, open_[0].claim)

    def _reply(self, call: Call) -> str:
        return self._script(call)

    def rubric(self, instance: Instance) -> Rubric:
        """Return the criterion definitions of a question."""
        return self.examiner.rubric(instance)

    def obeying(self, script: PlantedModel, instance: Instance, turns: Sequence[Turn], *, guards: bool) -> Judgement:
        """Return what the model judge makes of an answer, behind the guards or not."""
        self._script = script
        if not guards:
            return asyncio.run(self._model.decide(instance, turns)).judgement
        judged = guard.Guarded(self._model, self.embedded, SECRET).judge(instance, turns)
        return evidence.enforce(judged, turns)

    def embedded_says(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Return what the embedded judge makes of an answer."""
        return evidence.enforce(self.embedded.judge(instance, turns), turns)


def _spread(found: Sequence[Base]) -> tuple[Base, ...]:
    return tuple(found[:: max(1, len(found) // 10)][:10])


def read_payloads(root: Path, name: str) -> tuple[Payload, ...]:
    """Return a set of attacks. Raises NotFound, Invalid."""
    path = root / "evals" / "attacks" / f"{name}.jsonl"
    if not path.is_file():
        raise NotFound(f"no attacks {path}")
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            out.append(Payload.model_validate_json(line))
        except ValueError as error:
            raise Invalid(f"{path.name}:{number}: {str(error).splitlines()[0]}") from None
    return tuple(out)


def put(base: str, parts: Sequence[str], place: int, asked: str) -> tuple[Turn, ...]:
    """Return the answer with the attack after, before or within it; a part for each turn where it has several."""
    if len(parts) > 1:
        later = [Turn(text=part, asked="What follows from that?", probe="p") for part in parts[1:]]
        return (Turn(text=f"{base} {parts[0]}", asked=asked), *later)
    first, _, rest = base.partition(". ")
    texts = (f"{base}\n\n{parts[0]}", f"{parts[0]}\n{base}", f"{first}.\n{parts[0]}\n{rest}", f"{base} {parts[0]}")
    return (Turn(text=texts[place % 4], asked=asked),)


def attack(bench: Bench, payloads: Sequence[Payload], bases: Sequence[Base] | None = None) -> list[dict[str, Any]]:
    """Return for each way to obey, and for the embedded judge, what all payloads gained, guards on and off.

    `bases` are the answers that they are put into; the bench's weak ones where None. A point is gained where it is credited in the attacked answer and not in the clean one; a level where the answer's
    quality rises.
    """
    rows = []
    bases = bench.bases if bases is None else bases
    for manner in MANNERS:
        off, on = Counter[str](), Counter[str]()
        gaining: set[str] = set()
        for number, payload in enumerate(payloads):
            for place, base in enumerate(bases):
                _trial(bench, manner, payload, base, number + place, off, on, gaining)
        rows.append({"judge": f"model that {manner.replace('-', ' ')}", "off": dict(off), "on": dict(on)})
        rows[-1]["gaining"] = sorted(gaining)
    rows.append(_embedded_row(bench, payloads, bases))
    return rows


def _trial(
    bench: Bench,
    manner: Manner,
    payload: Payload,
    base: Base,
    place: int,
    off: Counter[str],
    on: Counter[str],
    gaining: set[str],
) -> None:
    parts = payload.parts(base.claim)
    turns = put(base.text, parts, place, base.instance.prompt)
    for count, guards in ((off, False), (on, True)):
        model = PlantedModel(manner, parts, base.text, honest(base.points))
        points = _gain(bench, base, turns, bench.obeying(model, base.instance, turns, guards=guards), count)
        count["obeyed"] += model.obeyed > 0
        if guards and points:
            gaining.add(payload.id)


def _embedded_row(bench: Bench, payloads: Sequence[Payload], bases: Sequence[Base]) -> dict[str, Any]:
    on = Counter[str]()
    gaining = set()
    for number, payload in enumerate(payloads):
        for place, base in enumerate(bases):
            turns = put(base.text, payload.parts(base.claim), number + place, base.instance.prompt)
            if _gain(bench, base, turns, bench.embedded_says(base.instance, turns), on):
                gaining.add(payload.id)
    return {"judge": "embedded", "off": None, "on": dict(on), "gaining": sorted(gaining)}


def _gain(bench: Bench, base: Base, turns: Sequence[Turn], judgement: Judgement, count: Counter[str]) -> int:
    had = {p.point for p in base.points if p.verdict in _EARNS}
    gained = sum(p.verdict in _EARNS and p.point not in had for p in judgement.points)
    quality = compute(judgement, base.instance, turns, bench.rubric(base.instance)).quality
    count["trials"] += 1
    count["points_gained"] += gained
    count["answers_gained"] += gained > 0
    count["levels_gained"] += max(0, quality - base.quality)
    count["flagged"] += bool(injection.find(turns))
    return gained


def clean(bench: Bench) -> list[dict[str, Any]]:
    """Return for each set of clean answers how many the guards changed or a detector flagged."""
    rows = []
    for name, answers in clean_answers(bench.examiner).items():
        changed = flagged = drift = 0
        for instance, text in answers:
            turns = (Turn(text=text, asked=instance.prompt),)
            said = honest(bench.embedded.judge(instance, turns).points)
            one, two = (
                bench.obeying(PlantedModel("fabricates", honest=said), instance, turns, guards=g) for g in (False, True)
            )
            rubric = bench.rubric(instance)
            scores = [compute(j, instance, turns, rubric) for j in (one, two)]
            same = [(p.point, p.verdict, p.quote) for p in one.points] == [
                (p.point, p.verdict, p.quote) for p in two.points
            ]
            changed += not same or scores[0].share != scores[1].share
            drift += scores[1].quality - scores[0].quality
            flagged += bool(injection.find(turns))
        rows.append({"set": name, "answers": len(answers), "changed": changed, "levels": drift, "flagged": flagged})
    return rows


def clean_answers(examiner: Examiner) -> dict[str, list[tuple[Instance, str]]]:
    """Return the clean answers by set: scripts of the vault, its model answers, anchors, answers that talk of prompts."""
    scripts = read_scripts(examiner.root)
    sets: dict[str, list[tuple[Instance, str]]] = {}
    for name in ("strong", "mixed", "bluffing"):
        player = read_candidate(examiner.root, name)
        sets[f"scripts: {name}"] = [
            (instance, player.answer(scripts[family], instance, None, 0, ()))
            for family in sorted(scripts)
            if family in examiner.vault.families
            for instance in [examiner.instance(f"{family}@{_SEED}")]
        ]
    every = [examiner.instance(f"{family}@{_SEED}") for family in sorted(examiner.vault.families)]
    sets["model answers"] = [(instance, instance.model_answer) for instance in every]
    anchors = read_set(examiner.root / "calibration" / "anchors" / "reference").anchors
    sets["reference anchors"] = [(examiner.instance(a.question), a.text) for a in anchors if not a.canary]
    sets["talk of prompts, JSON, judges"] = read_genuine(examiner)
    return sets


def read_genuine(examiner: Examiner) -> list[tuple[Instance, str]]:
    """Return answers that speak of prompts, instructions and JSON for good reasons."""
    path = examiner.root / "evals" / "attacks" / "genuine.jsonl"
    if not path.is_file():
        raise NotFound(f"no answers {path}")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(examiner.instance(f"{row['family']}@{_SEED}"), row["text"]) for row in rows]


def flagged_answers(path: Path) -> dict[str, Any]:
    """Return how many answers of a JSONL file with `answer` the detector flags. Raises NotFound."""
    if not path.is_file():
        raise NotFound(f"no file {path}")
    texts = [json.loads(line)["answer"] for line in path.read_text(encoding="utf-8").splitlines()]
    return {"file": path.name, "answers": len(texts), "flagged": sum(bool(injection.spans(t, 0)) for t in texts)}
