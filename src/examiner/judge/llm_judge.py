"""A judge that asks a model about the points made in words. Numbers, evidence and scores stay with code."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from examiner.domain.errors import Refused
from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance, Mistake, Point
from examiner.domain.rubric import Rubric
from examiner.domain.score import Flag, Judgement, NumberVerdict, PointVerdict, Span, Turn
from examiner.judge import injection, panel, verdicts
from examiner.judge.bench import SCORING_VERSION
from examiner.judge.decided import Decided, joined, spent
from examiner.judge.numbers import numeric, verify
from examiner.judge.prompt import Example, Prompts, marker
from examiner.judge.text import normalise
from examiner.judge.trivial import trivial
from examiner.llm.call import Call, Form, Message, Model, Reply, Usage

By = Literal["question", "criterion"]
_TOKENS_A_POINT = 260


@dataclass(frozen=True)
class Options:
    """How a judge asks.

    Args:
        by: one call for all points of a question, or one for each criterion.
        replicates: how often each call is made; the median of each point stands.
        examples: how many worked examples the prompt shows; none where 0.
        form: how the form of a reply is asked for; None is the vendor's usual way.
        parameters: sampling parameters, where the model accepts any.

    """

    by: By = "question"
    replicates: int = 1
    examples: int = 0
    form: Form | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Group:
    """The points of one call."""

    points: tuple[Point, ...]
    mistakes: tuple[Mistake, ...]


class LLMJudge:
    """A judge behind a model.

    Args:
        name: as users know it, such as `openai/MODEL`.
        model: who is asked; a gateway.
        model_name: the provider's name of the model.
        prompts: the templates.
        rubric_for: gives the criterion definitions of a kind of question.
        salt: the secret that markers are made with.
        options: how it asks.
        examples: decided examples by question family.
        run: runs a coroutine to its end, for callers that are not async.

    """

    def __init__(
        self,
        name: str,
        model: Model,
        model_name: str,
        prompts: Prompts,
        rubric_for: Callable[[str], Rubric],
        *,
        salt: bytes,
        options: Options | None = None,
        examples: Mapping[str, Sequence[Example]] | None = None,
        run: Callable[[Coroutine[Any, Any, Decided]], Decided] = asyncio.run,
    ) -> None:
        self.name = name
        self.model = model
        self.prompts = prompts
        self.options = options or Options()
        self._model_name = model_name
        self._rubric_for = rubric_for
        self._salt = salt
        self._examples = examples or {}
        self._run = run
        self._observed: dict[tuple[str, str, str], str] = {}
        self.observed_fingerprint = self._fingerprint("question", "", "")

    @property
    def identity(self) -> str:
        """The hash of all that is known before a call: part of the request fingerprint."""
        return self._fingerprint("", "", "")

    @property
    def tuned_on(self) -> frozenset[str]:
        """The hashes of the anchors that it was shown; no gate may measure it on them."""
        return frozenset(e.source for found in self._examples.values() for e in found)

    def judge(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Decide every point of the instance. Raises CallFailed, Exhausted, Refused."""
        return self._run(self.decide(instance, turns)).judgement

    async def decide(self, instance: Instance, turns: Sequence[Turn]) -> Decided:
        """Decide every point of the instance, and say what it took. Raises CallFailed, Exhausted."""
        reason = trivial(" ".join(turn.text for turn in turns))
        if reason:
            points = tuple(verdicts.nothing(p, reason) for p in instance.points)
            return Decided(self._judgement(instance, points, verify((), instance), trivial=reason))
        flags = _flags(turns)
        numbers = verify(_masked(turns, flags), instance)
        groups = self._groups(instance, numbers)
        if not groups:
            return Decided(self._judgement(instance, verdicts.by_code(instance, numbers, turns), numbers, flags=flags))
        samples = await asyncio.gather(
            *(self._sample(instance, turns, numbers, groups, flags, n) for n in range(self.options.replicates))
        )
        judgement = samples[0].judgement
        if len(samples) > 1:
            judgement = panel.combine(
                [s.judgement for s in samples], judge=self.name, observed_fingerprint=judgement.observed_fingerprint
            )
        return spent(judgement, samples)

    async def close(self) -> None:
        """Close the model's connections."""
        close = getattr(self.model, "close", None)
        if close is not None:
            await close()

    def calls(self, instance: Instance, turns: Sequence[Turn], sample: int = 0) -> list[Call]:
        """Return exactly what is sent about an answer, re-asks apart; nothing where code decides all."""
        numbers = verify(_masked(turns, _flags(turns)), instance)
        return [self._call(instance, turns, numbers, group, sample) for group in self._groups(instance, numbers)]

    def read(self, instance: Instance, turns: Sequence[Turn], replies: Sequence[Reply]) -> Decided:
        """Return the judgement that these replies to `calls` make: the way back from a batch file."""
        flags = _flags(turns)
        numbers = verify(_masked(turns, flags), instance)
        reads = [
            (verdicts.read(reply.value, group.points, group.mistakes, turns), reply)
            for group, reply in zip(self._groups(instance, numbers), replies, strict=True)
        ]
        return self._decided(instance, turns, numbers, flags, reads)

    async def _sample(
        self,
        instance: Instance,
        turns: Sequence[Turn],
        numbers: Sequence[NumberVerdict],
        groups: Sequence[_Group],
        flags: Sequence[Flag],
        sample: int,
    ) -> Decided:
        if len(groups) == 1:
            reads = [await self._asked(instance, turns, numbers, groups[0], sample)]
        else:
            reads = await asyncio.gather(*(self._asked(instance, turns, numbers, g, sample) for g in groups))
        return self._decided(instance, turns, numbers, flags, reads)

    async def _asked(
        self,
        instance: Instance,
        turns: Sequence[Turn],
        numbers: Sequence[NumberVerdict],
        group: _Group,
        sample: int,
    ) -> tuple[verdicts.Read, Reply]:
        """Ask about one group; where a quote is not in the answer, ask once more and take what comes."""
        call = self._call(instance, turns, numbers, group, sample)
        reply = await self.model.reply(call)
        read = verdicts.read(reply.value, group.points, group.mistakes, turns)
        if not read.missing:
            return read, reply
        second = await self.model.reply(call.again(reply.text, self.prompts.missing(read.missing), formed=True))
        better = verdicts.read(second.value, group.points, group.mistakes, turns)
        return better, joined(reply, second)

    def _call(
        self,
        instance: Instance,
        turns: Sequence[Turn],
        numbers: Sequence[NumberVerdict],
        group: _Group,
        sample: int,
    ) -> Call:
        examples = self._examples.get(instance.family, ())
        if self.options.examples and not examples:
            raise Refused(
                f"no worked example for question '{instance.family}': it has no anchor outside the gate half",
                hint="leave examples= out, or import labelled answers to it into the half `tuning`",
            )
        system = self.prompts.prefix(instance, self._rubric_for(instance.kind), group.points, group.mistakes, examples)
        text = self.prompts.answer(turns, numbers, marker(self._salt, instance, turns, sample))
        return Call(
            purpose="judge",
            model=self._model_name,
            system=system,
            messages=(Message("user", text),),
            shape=verdicts.shape(len(group.points), len(group.mistakes)),
            max_tokens=400 + _TOKENS_A_POINT * (len(group.points) + len(group.mistakes)),
            parameters=self.options.parameters,
            sample=sample,
            form=self.options.form,
        )

    def _groups(self, instance: Instance, numbers: Sequence[NumberVerdict]) -> list[_Group]:
        points, mistakes = verdicts.worded(instance, numbers), verdicts.spoken(instance)
        if not points:
            return []
        if self.options.by == "question":
            return [_Group(points, mistakes)]
        names = list(dict.fromkeys(p.criterion for p in points))
        return [
            _Group(tuple(p for p in points if p.criterion == name), mistakes if n == 0 else ())
            for n, name in enumerate(names)
        ]

    def _decided(
        self,
        instance: Instance,
        turns: Sequence[Turn],
        numbers: Sequence[NumberVerdict],
        flags: Sequence[Flag],
        reads: Sequence[tuple[verdicts.Read, Reply]],
    ) -> Decided:
        said = {p.point: p for read, _ in reads for p in read.points}
        by_name = {n.quantity: n for n in numbers}
        points = tuple(
            numeric(p, by_name[p.quantity], turns) if p.quantity in by_name else said[p.id] for p in instance.points
        )
        betrayed = [n.mistake for n in numbers if n.mistake]
        betrayed += [m for read, _ in reads for m in read.mistakes]
        replies = [reply for _, reply in reads]
        judgement = self._judgement(
            instance,
            points,
            numbers,
            flags=(*flags, *verdicts.contradictions(points)),
            mistakes=tuple(dict.fromkeys(betrayed)),
            model="+".join(sorted({r.model for r in replies})),
            system="+".join(sorted({r.system_fingerprint for r in replies})),
        )
        costs = [r.cost_usd for r in replies]
        return Decided(
            judgement,
            usage=sum((r.usage for r in replies), Usage()),
            cost_usd=None if any(c is None for c in costs) else sum(c for c in costs if c is not None),
            calls=sum(r.attempts for r in replies),
        )

    def _judgement(
        self,
        instance: Instance,
        points: tuple[PointVerdict, ...],
        numbers: Sequence[NumberVerdict],
        *,
        flags: Sequence[Flag] = (),
        mistakes: tuple[str, ...] = (),
        trivial: str = "",
        model: str = "",
        system: str = "",
    ) -> Judgement:
        if model:
            self.observed_fingerprint = self._fingerprint(instance.kind, model, system)
        observed = self.observed_fingerprint if model else self._fingerprint(instance.kind, model, system)
        return Judgement(
            judge=self.name,
            observed_fingerprint=observed,
            points=points,
            numbers=tuple(numbers),
            mistakes=mistakes,
            flags=tuple(flags),
            trivial=trivial,
        )

    def fingerprint_for(self, model: str, system: str) -> str:
        """Return the observed fingerprint for questions that a model of that name and configuration answers."""
        return self._fingerprint("question", model, system)

    def _fingerprint(self, kind: str, model: str, system: str) -> str:
        """Hash what decides a verdict: who answered, prompts, criterion definitions, scoring code, ways of asking."""
        key = (kind, model, system)
        if key not in self._observed:
            self._observed[key] = fingerprint(
                {
                    "judge": self.name,
                    "model": model,
                    "system": system,
                    "prompts": self.prompts.digest,
                    "criteria": self._rubric_for(kind).model_dump(mode="json") if kind else None,
                    "scoring": SCORING_VERSION,
                    "by": self.options.by,
                    "replicates": self.options.replicates,
                    "parameters": dict(self.options.parameters),
                    "examples": fingerprint(
                        {f: [e.model_dump(mode="json") for e in found] for f, found in self._examples.items()}
                    ),
                    "panel": panel.RULE,
                }
                | ({"form": self.options.form} if self.options.form else {})
            )
        return self._observed[key]


def _flags(turns: Sequence[Turn]) -> tuple[Flag, ...]:
    flags = list(injection.flags(turns))
    for number, turn in enumerate(turns):
        if normalise(turn.text)[2]:
            whole = Span(turn=number, start=0, end=len(turn.text))
            flags.append(Flag(kind="invisible", detail="holds invisible characters", span=whole))
    return tuple(flags)


def _masked(turns: Sequence[Turn], flags: Sequence[Flag]) -> list[Turn]:
    """Blank what addresses the grader: a number in it is no answer."""
    made = list(turns)
    for flag in flags:
        if flag.kind == "injection" and flag.span is not None:
            span, text = flag.span, made[flag.span.turn].text
            masked = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
            made[span.turn] = made[span.turn].model_copy(update={"text": masked})
    return made
