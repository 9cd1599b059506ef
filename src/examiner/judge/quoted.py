"""The sentences that are quoted from an answer, cut and read once: the points of an answer quote the same few. Pure."""

from functools import lru_cache

from examiner.domain.score import Span
from examiner.judge.text import Token, pieces, tokenise


@lru_cache(maxsize=256)
def cut(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each sentence of a text begins and ends."""
    return tuple(pieces(text))


@lru_cache(maxsize=1024)
def words(sentence: str) -> tuple[Token, ...]:
    """Return the words of a sentence."""
    return tokenise(sentence)


def touched(span: Span, text: str) -> tuple[int, ...]:
    """Return the numbers of the sentences that a quote lies in."""
    return tuple(n for n, (start, end) in enumerate(cut(text)) if start < span.end and span.start < end)
