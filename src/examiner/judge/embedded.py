"""The embedded judge: offline, lexical, the same answer every time; an honest baseline that says when it cannot tell.

Numbers are left to code. A point made in words is sought in every passage of one to three sentences: its wordings by
aligned terms, its `needs` group by group. Claims are credited, not vocabulary: a sentence that only says that something
matters supports nothing. Contradictions lower confidence and are flagged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance, Point
from examiner.domain.score import Flag, Judgement, NumberVerdict, PointVerdict, Span, Turn, Verdict
from examiner.judge import injection
from examiner.judge.align import (
    NONE,
    Bag,
    Group,
    Match,
    Term,
    Wording,
    bag,
    group,
    match,
    names_of,
    says,
    terms,
    wording,
)
from examiner.judge.numbers import verify
from examiner.judge.text import Sentence, normalise, scrambled, sentences
from examiner.judge.trivial import trivial

_WINDOW = 3
_FLOOR = 0.1  # a passage with less in common is not looked at again
_NUMERIC: dict[str, Verdict] = {
    "right": "met",
    "carried": "met",
    "disputed": "disputed",
    "mistake": "not_met",
    "wrong": "not_met",
    "wrong_unit": "partly",
    "wrong_power": "partly",
    "missing_factor": "partly",
    "absent": "not_met",
}
_VACUOUS = re.compile(
    r"\b(?:interplay|plays? (?:a|an|the)\b[^.]{0,20}\brole|is (?:really |very |so )?(?:important|crucial|key|essential|vital|critical)\b(?! (?:that|because))"
    r"|are (?:really |very )?(?:important|crucial|key|essential|vital|critical)\b|(?:careful|right|delicate|proper|good) (?:balance|trade-?off|attention|consideration)"
    r"|best practices?|holistic|it (?:all )?depends on (?:many|several|various|the)|many factors|various (?:factors|aspects)|comes? down to (?:understanding|balancing|managing)"
    r"|(?:need|needs|have|has|want|must|should) to (?:think|consider|understand|balance|keep in mind|be aware|weigh|look at|take into account|reason about)"
    r"|(?:should|must|would|will|can) (?:always |carefully )?(?:think about|consider|balance|weigh|keep in mind|take into account|reason about)|one (?:considers|thinks about|weighs)"
    r"|leverag\w+|synerg\w+|paradigm|state of the art|robust and scalable|in terms of|when it comes to|at the heart of|is all about|mindful of|navigate|nuanced?|fundamental(?:ly)? (?:about|concept))",
    re.IGNORECASE,
)
_CLAIMING = re.compile(
    r"\d|\b(?:because|therefore|thus|hence|so that|which means|cannot|equals?|instead of|rather than)\b", re.I
)
# Framing that turns whatever follows into a topic, however claim-like it reads.
_TOPIC = re.compile(
    r"\b(?:(?:one|you|we|i|engineers?|teams?|they) (?:also |always |really |carefully )?(?:must|should|would|will|can|need to|have to|want to|ought to)"
    r" (?:also |always |carefully |really )?(?:think about|consider|weigh|balance|keep in mind|reason about|look at|talk about|discuss|understand|appreciate|account for)"
    r"|(?:thinking|reasoning|talking) about|it is (?:important|crucial|essential|key|vital|critical) to|(?:questions?|topics?|issues?|aspects?|concepts?) (?:of|like|such as|around|include))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence of the answer, ready for matching."""

    turn: int
    sentence: Sentence
    terms: tuple[Term, ...]
    usable: bool


@dataclass(frozen=True, slots=True)
class _Passage:
    """One to three sentences of a turn."""

    turn: int
    start: int
    end: int
    bag: Bag
    size: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A point ready for matching."""

    point: Point
    wordings: tuple[Wording, ...]
    groups: tuple[Group, ...]
    denies: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is read off an answer once, for every point."""

    passages: tuple[_Passage, ...]
    flags: tuple[Flag, ...]
    given: frozenset[str]


class EmbeddedJudge:
    """The default judge: no key, no network, no weights."""

    name = "embedded"

    def __init__(self) -> None:
        self.observed_fingerprint = _fingerprint()

    def judge(self, instance: Instance, turns: Sequence[Turn]) -> Judgement:
        """Decide every point of the instance from what the candidate said."""
        reason = trivial(" ".join(turn.text for turn in turns))
        if reason:
            points = tuple(_nothing(p, reason) for p in instance.points)
            numbers = verify((), instance)
            return Judgement(
                judge=self.name,
                observed_fingerprint=self.observed_fingerprint,
                points=points,
                numbers=numbers,
                trivial=reason,
            )
        reading = read(instance, turns)
        bad = [f.span for f in reading.flags if f.kind == "injection" and f.span is not None]
        numbers = verify([_masked(t, n, bad) for n, t in enumerate(turns)], instance)
        by_name = {n.quantity: n for n in numbers}
        points = tuple(
            _numeric(p.point, by_name[p.point.quantity], turns)
            if p.point.quantity in by_name
            else _worded(p, reading, turns)
            for p in prepare(instance)
        )
        flags = reading.flags + tuple(
            Flag(kind="contradiction", detail=p.claim, span=p.span) for p in points if p.verdict == "contradicted"
        )
        return Judgement(
            judge=self.name,
            observed_fingerprint=self.observed_fingerprint,
            points=points,
            numbers=numbers,
            mistakes=_mistakes(instance, numbers, reading),
            flags=flags,
        )


_SOURCES = ("embedded", "align", "text", "trivial", "injection", "numbers", "quantities", "quantity_words")


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """Hash the code and data that decide a verdict, so that no change to them goes under an old certificate."""
    room = files("examiner.judge")
    read_text = {name: room.joinpath(name).read_text(encoding="utf-8") for name in (f"{s}.py" for s in _SOURCES)}
    return fingerprint({"judge": "embedded", "lexicon": room.joinpath("lexicon.json").read_text("utf-8")} | read_text)


_PREPARED: dict[tuple[str, str, str, int], tuple[_Prepared, ...]] = {}


def prepare(instance: Instance) -> tuple[_Prepared, ...]:
    """Return an instance's points ready for matching, remembered: answers to one question come in numbers."""
    key = (instance.ref, instance.rubric_hash, instance.prompt, len(instance.points))
    if key not in _PREPARED:
        if len(_PREPARED) > 4096:
            _PREPARED.clear()
        given = frozenset(names_of(instance.prompt))
        _PREPARED[key] = tuple(
            _Prepared(
                p,
                tuple(wording(text, given) for text in (p.claim, *p.variants)),
                tuple(group(g) for g in p.needs),
                tuple(wording(text, given) for text in p.denies),
            )
            for p in instance.points
        )
    return _PREPARED[key]


def read(instance: Instance, turns: Sequence[Turn]) -> _Reading:
    """Split an answer into passages, once for all points; find what cannot be evidence."""
    flags: list[Flag] = []
    passages: list[_Passage] = []
    given = frozenset(names_of(instance.prompt))
    for number, turn in enumerate(turns):
        bad = injection.spans(turn.text, number)
        flags += [Flag(kind="injection", detail=turn.text[s.start : s.end].strip()[:160], span=s) for s in bad]
        if normalise(turn.text)[2]:
            flags.append(
                Flag(
                    kind="invisible",
                    detail="holds invisible characters",
                    span=Span(turn=number, start=0, end=len(turn.text)),
                )
            )
        parts = []
        pieces = sentences(turn.text)
        jumbled = len(pieces) > 1 and scrambled(tuple(t for p in pieces for t in p.tokens))
        if jumbled:
            flags.append(
                Flag(
                    kind="keyword-list",
                    detail="words without grammar",
                    span=Span(turn=number, start=0, end=len(turn.text)),
                )
            )
        for sentence in pieces:
            hidden = any(s.start < sentence.end and sentence.start < s.end for s in bad)
            mixed = jumbled or scrambled(sentence.tokens)
            if mixed and not jumbled:
                flags.append(
                    Flag(
                        kind="keyword-list",
                        detail="words without grammar",
                        span=Span(turn=number, start=sentence.start, end=sentence.end),
                    )
                )
            text = turn.text[sentence.start : sentence.end]
            empty = _TOPIC.search(text) is not None or (
                _VACUOUS.search(text) is not None and _CLAIMING.search(text) is None
            )
            parts.append(_Part(number, sentence, tuple(terms(sentence.tokens)), not (hidden or mixed or empty)))
        passages += _windows(parts)
        echo = _echo(turn, parts, given if number == 0 else frozenset(names_of(turn.asked)))
        if echo:
            flags.append(Flag(kind="echo", detail=echo, span=Span(turn=number, start=0, end=len(turn.text))))
            passages = [p for p in passages if p.turn != number]
    return _Reading(tuple(passages), tuple(flags), given)


def _windows(parts: Sequence[_Part]) -> list[_Passage]:
    out = []
    for first in range(len(parts)):
        for size in range(1, _WINDOW + 1):
            chosen = parts[first : first + size]
            if len(chosen) < size or not all(p.usable for p in chosen):
                break
            joined: list[Term] = []
            shift = 0
            for part in chosen:
                joined += [Term(t.name, t.at + shift, t.negated) for t in part.terms]
                shift += len(part.sentence.tokens)
            stems = frozenset(t.stem for part in chosen for t in part.sentence.tokens)
            start, end = chosen[0].sentence.start, chosen[-1].sentence.end
            out.append(_Passage(chosen[0].turn, start, end, bag(joined, stems), size))
    return out


def _echo(turn: Turn, parts: Sequence[_Part], given: frozenset[str]) -> str:
    names = [t.name for p in parts for t in p.terms if not t.name[0].isdigit()]
    if len(names) >= 5 and sum(n in given for n in names) / len(names) >= 0.9:
        return "says little beyond the question's own words"
    return ""


def _worded(prepared: _Prepared, reading: _Reading, turns: Sequence[Turn]) -> PointVerdict:
    """Decide a point that is made in words: the best passage that makes it, the earliest among equals."""
    point = prepared.point
    best: tuple[float, _Passage, Verdict, Match] | None = None
    for passage in reading.passages:
        closest = NONE
        for claim in prepared.wordings:
            found = match(claim, passage.bag)
            if found.recall > closest.recall:
                closest = found
        if closest.recall < _FLOOR:
            continue
        groups = [says(g, passage.bag) for g in prepared.groups]
        verdict, value = _decide(groups, closest, passage.size)
        if passage.size == 1 and any(match(d, passage.bag).recall >= 0.8 for d in prepared.denies):
            verdict, value = "contradicted", 0.95
        if best is None or value > best[0] + 0.02:
            best = (value, passage, verdict, closest)
    if best is None or best[2] == "not_met":
        return PointVerdict(
            point=point.id,
            criterion=point.criterion,
            claim=point.claim,
            verdict="not_met",
            confidence=0.7,
            reason="no passage makes this claim",
        )
    value, passage, verdict, closest = best
    return PointVerdict(
        point=point.id,
        criterion=point.criterion,
        claim=point.claim,
        verdict=verdict,
        quote=turns[passage.turn].text[passage.start : passage.end],
        span=Span(turn=passage.turn, start=passage.start, end=passage.end),
        confidence=round(min(0.95, 0.4 + value / 2), 2),
        prompted=passage.turn > 0,
        reason=f"terms in common {closest.recall:.2f}" + (", opposite polarity" if verdict == "contradicted" else ""),
    )


def _decide(groups: Sequence[bool], closest: Match, size: int) -> tuple[Verdict, float]:
    """Return the verdict of one passage and how strong it is; longer passages must say a little more."""
    recall = closest.recall - 0.03 * (size - 1)
    if closest.count >= 2 and closest.opposed > 0.5 and recall >= 0.4:
        return "contradicted", recall
    share = sum(groups) / len(groups) if groups else None
    if share is None:
        if recall >= 0.55:
            return ("met", recall) if closest.order > 0.3 or closest.count < 4 else ("partly", recall * 0.7)
        return ("partly", recall * 0.8) if recall >= 0.36 else ("not_met", 0.0)
    if share == 1.0:
        if recall >= 0.22:
            return "met", 0.5 + recall / 2
        return ("partly", 0.3 + recall / 2) if recall >= 0.12 else ("not_met", 0.0)
    if recall >= 0.72 and share >= 0.5 and closest.order > 0.3:
        return "met", recall * 0.8
    if share >= 0.5 and recall >= 0.33:
        return "partly", 0.25 + recall / 4
    return "not_met", 0.0


def _numeric(point: Point, number: NumberVerdict, turns: Sequence[Turn]) -> PointVerdict:
    verdict = _NUMERIC[number.verdict]
    span = number.span
    words = number.verdict.replace("_", " ")
    return PointVerdict(
        point=point.id,
        criterion=point.criterion,
        claim=point.claim,
        verdict=verdict,
        quote=turns[span.turn].text[span.start : span.end] if span else "",
        span=span,
        confidence=0.99,
        prompted=span is not None and span.turn > 0,
        reason=f"{words}: {number.note}" if number.note else f"number {words}",
    )


def _mistakes(instance: Instance, numbers: Sequence[NumberVerdict], reading: _Reading) -> tuple[str, ...]:
    found = [n.mistake for n in numbers if n.mistake]
    for mistake in instance.mistakes:
        for text in mistake.wording:
            wanted = wording(text, frozenset())
            for passage in reading.passages:
                if passage.size > 1:
                    continue
                hit = match(wanted, passage.bag)
                if hit.recall >= 0.85 and hit.opposed == 0 and hit.count >= min(3, len(wanted.items)):
                    found.append(mistake.id)
                    break
    return tuple(dict.fromkeys(found))


def _masked(turn: Turn, number: int, bad: Sequence[Span]) -> Turn:
    text = turn.text
    for span in bad:
        if span.turn == number:
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return turn.model_copy(update={"text": text})


def _nothing(point: Point, reason: str) -> PointVerdict:
    return PointVerdict(point=point.id, criterion=point.criterion, claim=point.claim, verdict="not_met", reason=reason)
