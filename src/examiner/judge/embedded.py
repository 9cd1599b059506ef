"""The embedded judge: offline, lexical, the same answer every time; an honest baseline that says when it cannot tell.

Numbers are left to code. A point made in words is sought in every passage of one to three sentences: its wordings by
aligned terms, its `needs` group by group. Claims are credited, not vocabulary: a sentence that only says that something
matters supports nothing. Contradictions lower confidence and are flagged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from examiner.domain.identity import fingerprint
from examiner.domain.question import Instance, Point
from examiner.domain.score import Flag, Judgement, NumberVerdict, PointVerdict, Span, Turn, Verdict
from examiner.judge import injection
from examiner.judge.align import Bag, Term, Wording, bag, match, names_of, terms, wording
from examiner.judge.echo import echoes, heard
from examiner.judge.grammar import disordered, gain, keywords
from examiner.judge.numbers import numeric, verify
from examiner.judge.points import Prepared, Reading, compare, prepare
from examiner.judge.text import Sentence, denied, negations, normalise, sentences, unlimited
from examiner.judge.trivial import trivial
from examiner.judge.vague import CLAIMS, substance

_WINDOW = 2
# Probabilities from which a point counts as met, partly met, or not decided; docs/judging.md gives the error rates.
MET, PARTLY, UNCLEAR = 0.46, 0.34, 0.25
# A sentence denies a point that negates so much of what it shares with it, or one of its clauses that much.
_OPPOSED, _OPPOSED_CLAUSE, _SHARED = 0.35, 0.6, 0.3
_BETTER = 0.02  # by which a later passage must be likelier than an earlier one


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence of the answer, ready for matching."""

    turn: int
    sentence: Sentence
    terms: tuple[Term, ...]
    usable: bool
    empty: bool
    denied: bool
    negations: int
    unlimited: bool


@dataclass(frozen=True, slots=True)
class _Passage:
    """One to three sentences of a turn."""

    turn: int
    start: int
    end: int
    bag: Bag
    size: int
    empty: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A question ready for matching: its worded points, what denies each of them, what betrays a mistake."""

    points: Prepared
    denies: tuple[tuple[Wording, ...], ...]
    mistakes: tuple[tuple[str, tuple[Wording, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is read off an answer once, for every point."""

    passages: tuple[_Passage, ...]
    flags: tuple[Flag, ...]


class EmbeddedJudge:
    """The default judge: no key, no network, no weights."""

    name = "embedded"
    deterministic = True  # the same answer gets the same judgement every time

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
        question = prepared(instance)
        worded = zip(question.points.points, _search(question, reading.passages), strict=True)
        verdicts = {point.id: _worded(point, found, turns) for point, found in worded}
        points = tuple(
            verdicts[p.id] if p.id in verdicts else numeric(p, by_name[p.quantity or ""], turns)
            for p in instance.points
        )
        flags = reading.flags + tuple(
            Flag(kind="contradiction", detail=p.claim, span=p.span) for p in points if p.verdict == "contradicted"
        )
        return Judgement(
            judge=self.name,
            observed_fingerprint=self.observed_fingerprint,
            points=points,
            numbers=numbers,
            mistakes=_mistakes(question, numbers, reading.passages),
            flags=flags,
        )


_SOURCES = (
    "embedded", "points", "polarity", "reference", "align", "text", "grammar", "vague", "trivial", "echo", "injection", "injection_patterns", "literals", "cleaning", "numbers", "stated", "quantities", "plain", "quantity_words", "quantity_units", "quantity_context",
)  # fmt: skip
_DATA = ("lexicon", "opposites", "grammar", "vague", "points", "reference")


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """Hash the code and data that decide a verdict, so that no change to them goes under an old certificate."""
    room = files("examiner.judge")
    names = [f"{s}.py" for s in _SOURCES] + [f"{d}.json" for d in _DATA]
    return fingerprint({"judge": "embedded"} | {name: room.joinpath(name).read_text("utf-8") for name in names})


_PREPARED: dict[tuple[str, str, str, int], _Question] = {}
_KEPT = 1024  # questions remembered


def prepared(instance: Instance) -> _Question:
    """Return a question ready for matching, remembered: answers to one question come in numbers."""
    key = (instance.ref, instance.rubric_hash, instance.prompt, len(instance.points))
    if key not in _PREPARED:
        if len(_PREPARED) >= _KEPT:
            _PREPARED.clear()
        given = frozenset(names_of(instance.prompt))
        keyed = {k.name for k in instance.keys}
        worded = [p for p in instance.points if p.quantity not in keyed]
        _PREPARED[key] = _Question(
            prepare(worded, given),
            tuple(tuple(wording(text, given) for text in p.denies) for p in worded),
            tuple((m.id, tuple(wording(text, frozenset()) for text in m.wording)) for m in instance.mistakes),
        )
    return _PREPARED[key]


def read(instance: Instance, turns: Sequence[Turn]) -> _Reading:
    """Split an answer into passages, once for all points; find what cannot be evidence."""
    flags: list[Flag] = []
    passages: list[_Passage] = []
    addressed = injection.flags(turns)
    for number, turn in enumerate(turns):
        flags += [f for f in addressed if f.span is not None and f.span.turn == number]
        bad = [f.span for f in addressed if f.span is not None and f.span.turn == number]
        if normalise(turn.text)[2]:
            flags.append(
                Flag(
                    kind="invisible",
                    detail="holds invisible characters",
                    span=Span(turn=number, start=0, end=len(turn.text)),
                )
            )
        parts = []
        # What addresses the grader is not there: neither words nor the order of what stands around it.
        pieces = [p for p in sentences(turn.text) if not any(s.start < p.end and p.start < s.end for s in bad)]
        asked = heard(instance.prompt) | (heard(turn.asked) if number else frozenset())
        echoed = 0
        gains = [gain(p.tokens) for p in pieces]
        jumbled = disordered(sum(gains), sum(len(p.tokens) for p in pieces))
        if jumbled:
            flags.append(Flag(kind="keyword-list", detail="words without grammar", span=_all(turn, number)))
        for sentence, order in zip(pieces, gains, strict=True):
            mixed = jumbled or disordered(order, len(sentence.tokens)) or keywords(sentence.tokens, order)
            if mixed and not jumbled:
                span = Span(turn=number, start=sentence.start, end=sentence.end)
                flags.append(Flag(kind="keyword-list", detail="words without grammar", span=span))
            text = turn.text[sentence.start : sentence.end]
            empty = substance(sentence.tokens, text) < CLAIMS
            back = echoes(sentence, asked)
            echoed += back
            usable, words = not (mixed or back), tuple(terms(sentence.tokens))
            parts.append(_Part(number, sentence, words, usable, empty, denied(text), negations(text), unlimited(text)))
        passages += _windows(parts, bad)
        if echoed and echoed == len(pieces):
            detail = "says the question's words back"
            flags.append(Flag(kind="echo", detail=detail, span=_all(turn, number)))
    return _Reading(tuple(passages), tuple(flags))


def _all(turn: Turn, number: int) -> Span:
    return Span(turn=number, start=0, end=len(turn.text))


def _windows(parts: Sequence[_Part], bad: Sequence[Span]) -> list[_Passage]:
    """Return every run of up to `_WINDOW` sentences; none reaches over a flagged passage, which is nobody's neighbour."""
    out = []
    for first in range(len(parts)):
        for size in range(1, _WINDOW + 1):
            chosen = parts[first : first + size]
            if len(chosen) < size or not all(p.usable for p in chosen):
                break
            start, end = chosen[0].sentence.start, chosen[-1].sentence.end
            if any(start < s.end and s.start < end for s in bad):
                break
            joined: list[Term] = []
            shift = 0
            for part in chosen:
                joined += [Term(t.name, t.at + shift, t.negated, t.clause) for t in part.terms]
                shift += len(part.sentence.tokens)
            stems = frozenset(t.stem for part in chosen for t in part.sentence.tokens)
            empty = any(part.empty for part in chosen)
            whole = any(part.denied for part in chosen)
            nots = sum(part.negations for part in chosen)
            more = any(part.unlimited for part in chosen)
            out.append(
                _Passage(chosen[0].turn, start, end, bag(joined, stems, nots, unlimited=more), size, empty, whole)
            )
    return out


@dataclass(frozen=True, slots=True)
class _Found:
    """The passage that makes a point best; `denied` where the answer denies the point and nothing outweighs it."""

    passage: _Passage
    reading: Reading
    denied: bool


def _search(question: _Question, passages: Sequence[_Passage]) -> list[_Found | None]:
    """Return for each worded point the passage that decides it, the earliest among equals.

    First what denies each point, sentence by sentence: no neighbour makes good what a sentence denies. Then what makes
    it. A denial decides unless another passage makes the point much better than the denial speaks of it.
    """
    size = len(question.points.points)
    against: list[_Found | None] = [None] * size
    best: list[dict[int, _Found]] = [{} for _ in range(size)]  # by turn
    denying: list[list[_Passage]] = [[] for _ in range(size)]
    for passage in sorted(passages, key=lambda p: p.size):
        for index, reading in enumerate(compare(question.points, passage.bag, passage.size)):
            if reading is None:
                continue
            if passage.size == 1:
                says = any(match(d, passage.bag).recall >= 0.8 for d in question.denies[index])
                if says or _denies(reading, passage):
                    found = _Found(passage, reading, says)
                    denying[index].append(passage)
                    held = against[index]
                    if held is None or (says, reading.about) > (held.denied, held.reading.about):
                        against[index] = found
                    continue
            elif any(d.turn == passage.turn and passage.start <= d.start < passage.end for d in denying[index]):
                continue
            # A sentence that only names its subject is evidence of nothing, unless it says the claim in full.
            if passage.empty and not reading.verbatim:
                continue
            held = best[index].get(passage.turn)
            if held is None or reading.probability > held.reading.probability + _BETTER:
                best[index][passage.turn] = _Found(passage, reading, denied=False)
    return [_outcome(made, denied) for made, denied in zip(best, against, strict=True)]


def _denies(reading: Reading, passage: _Passage) -> bool:
    """Tell whether a sentence says the opposite of a point."""
    if reading.turned:
        return True
    if passage.denied and (reading.opposed > 0 or reading.differs) and reading.about >= UNCLEAR:
        return True
    if reading.clause >= _OPPOSED_CLAUSE and reading.about >= PARTLY:
        return True
    return reading.opposed > _OPPOSED and reading.recall >= _SHARED


def _outcome(making: Mapping[int, _Found], against: _Found | None) -> _Found | None:
    """Return what decides a point: the denial, unless it was outweighed, or taken back in a later turn.

    Where the denial repeats the rubric's words, only what asserts those words in no earlier turn can outweigh it: the
    other half of a claim does not make good the half that is denied.
    """
    made = _best([making[turn] for turn in sorted(making)])
    if against is None:
        return made
    after = _best([making[turn] for turn in sorted(making) if turn > against.passage.turn])
    if after is not None and after.reading.probability >= MET:
        return after
    lost = against.reading.turned
    if made is None or against.denied or against.reading.about >= made.reading.probability:
        return replace(against, denied=True)
    if lost and against.passage.turn > made.passage.turn:
        return replace(against, denied=True)
    if lost and 2 * len(lost & made.passage.bag.at.keys()) <= len(lost):
        return replace(against, denied=True)
    return made


def _best(found: Sequence[_Found]) -> _Found | None:
    """Return the likeliest, the earliest among equals."""
    held: _Found | None = None
    for one in found:
        if held is None or one.reading.probability > held.reading.probability + _BETTER:
            held = one
    return held


def _worded(point: Point, found: _Found | None, turns: Sequence[Turn]) -> PointVerdict:
    """Decide a point that is made in words."""
    verdict = _verdict(found)
    base = {"point": point.id, "criterion": point.criterion, "claim": point.claim, "verdict": verdict}
    if found is None or verdict == "not_met":
        sure = 1 - found.reading.probability if found else 0.95
        return PointVerdict(**base, confidence=round(min(0.95, sure), 2), reason="no passage makes this claim")
    probability = found.reading.probability
    sure = max(found.reading.opposed, 0.6) if verdict == "contradicted" else probability
    return PointVerdict(
        **base,
        quote=turns[found.passage.turn].text[found.passage.start : found.passage.end],
        span=Span(turn=found.passage.turn, start=found.passage.start, end=found.passage.end),
        confidence=round(min(0.95, sure), 2),
        prompted=found.passage.turn > 0,
        reason=_reason(found, verdict),
    )


def _verdict(found: _Found | None) -> Verdict:
    if found is None:
        return "not_met"
    if found.denied:
        return "contradicted"
    reading = found.reading
    if reading.probability >= MET:
        return "met"
    if reading.probability >= PARTLY:
        return "partly"
    return "unclear" if reading.probability >= UNCLEAR else "not_met"


def _reason(found: _Found, verdict: Verdict) -> str:
    if verdict == "contradicted":
        return f"says the opposite, in {found.reading.recall:.0%} of the claim's words"
    return f"{found.reading.recall:.0%} of a wording's words, makes the claim with probability {found.reading.probability:.2f}"


def _mistakes(question: _Question, numbers: Sequence[NumberVerdict], passages: Sequence[_Passage]) -> tuple[str, ...]:
    found = [n.mistake for n in numbers if n.mistake]
    single = [p.bag for p in passages if p.size == 1]
    for mistake, wordings in question.mistakes:
        if any(_betrays(wanted, bag) for wanted in wordings for bag in single):
            found.append(mistake)
    return tuple(dict.fromkeys(found))


def _betrays(wanted: Wording, passage: Bag) -> bool:
    hit = match(wanted, passage)
    return hit.recall >= 0.85 and hit.opposed == 0 and hit.count >= min(3, len(wanted.items))


def _masked(turn: Turn, number: int, bad: Sequence[Span]) -> Turn:
    text = turn.text
    for span in bad:
        if span.turn == number:
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return turn.model_copy(update={"text": text})


def _nothing(point: Point, reason: str) -> PointVerdict:
    return PointVerdict(point=point.id, criterion=point.criterion, claim=point.claim, verdict="not_met", reason=reason)
