"""Words said back: a sentence that repeats the question or the criteria makes no point. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Judgement, PointVerdict, Turn
from examiner.judge.quoted import cut, words
from examiner.judge.text import Sentence, Token, sentences

_RUN = 3  # words; a sentence that repeats runs of words in their order is an echo, whatever the subject
_HALF, _MOST, _ALL = 0.5, 0.6, 0.9
_EARNS = frozenset({"met", "partly", "unclear"})
Runs = frozenset[tuple[str, ...]]


def runs(tokens: Sequence[Token]) -> Runs:
    """Return a sentence's runs of three stems."""
    stems = [t.stem for t in tokens]
    return frozenset(tuple(stems[n : n + _RUN]) for n in range(len(stems) - _RUN + 1))


@lru_cache(maxsize=2048)
def heard(text: str) -> Runs:
    """Return the runs of a text that the candidate was shown."""
    return frozenset(run for s in sentences(text) for run in runs(s.tokens))


def echoes(sentence: Sentence, shown: Runs, share: float = _MOST) -> bool:
    """Tell whether a sentence says shown words back, in their order; of three or four words, all of them."""
    return _back(runs(sentence.tokens), shown, share)


def _back(own: Runs, shown: Runs, share: float) -> bool:
    return bool(own) and len(own & shown) / len(own) >= (share if len(own) >= _RUN else 1.0)


def enforce(judgement: Judgement, instance: Instance, turns: Sequence[Turn], rubric: Rubric) -> Judgement:
    """Return the judgement without credit for words that were only said back, whoever gave it.

    Nothing but an echo of the criteria, or the question's words without a change, carries a point made in words. What
    only begins like the question stays.
    """
    criteria = heard("\n".join(f"{c.title}: {c.asks}" for c in rubric.criteria.values()))
    keyed = {p.id for p in instance.points if p.quantity}
    points = tuple(
        _silent(p) if p.point not in keyed and _echoed(p, instance, turns, criteria) else p for p in judgement.points
    )
    return judgement.model_copy(update={"points": points}) if points != judgement.points else judgement


def _echoed(point: PointVerdict, instance: Instance, turns: Sequence[Turn], criteria: Runs) -> bool:
    if point.verdict not in _EARNS or point.span is None:
        return False
    span, turn = point.span, turns[point.span.turn]
    asked = heard(instance.prompt) | (heard(turn.asked) if span.turn else frozenset())
    said = [_said(turn.text[a:b]) for a, b in cut(turn.text) if a < span.end and span.start < b]
    own = [found for found in said if found is not None]
    return bool(own) and all(_back(o, criteria, _HALF) or _back(o, asked, _ALL) for o in own)


@lru_cache(maxsize=256)
def _said(sentence: str) -> Runs | None:
    """Return the runs of one sentence, None where it holds no word: the points of an answer quote the same few."""
    tokens = words(sentence)
    return runs(tokens) if tokens else None


def _silent(point: PointVerdict) -> PointVerdict:
    reason = "the quote only says the question or the criteria back"
    return point.model_copy(update={"verdict": "not_met", "reason": reason, "quote": "", "span": None})
