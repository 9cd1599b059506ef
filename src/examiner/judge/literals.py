"""Which literal pieces of text every match of a pattern must hold, so that most texts need not be searched at all.

A lookup costs a hundredth of a search; a detector with eighty patterns lives on that. The way is that of RE2's prefilter
and of code search (R. Cox, "Regular Expression Matching with a Trigram Index"), on the parse tree of the standard library:
what a pattern needs is clauses, of each of which a text must hold a string. The beginnings of words are looked up first,
all at once; what is left is sought as it stands.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any

_MOST = 48  # strings kept for one piece; beyond it the piece says nothing
_LONG = 4  # letters; what is shorter is in every text
_COMMON = "etaoinshrdlucmfwypvbgk"  # English letters from the commonest on; any other is rarer
_EDGE = "\0"  # stands for a word's edge among the characters of a string
_BEGINNING = re.compile(rf"\b\w{{1,{_LONG}}}")
_KNOWN = re.compile(rf"(?<=\W)(?:\w{{{_LONG}}}|\w+(?=\W))")  # a string's words whose beginning stands in it whole
_ENDED = re.compile(r"\W\Z")
_NO_WORD_BEFORE = "-1 [(IN, [(CATEGORY, CATEGORY_WORD)])]"  # what follows begins a word if it is one
_Strings = frozenset[str]


class Screened:
    """Patterns with the literals each of them needs; those a text cannot match are passed over.

    Args:
        patterns: regular expressions over lower-case text, case-sensitive.

    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    @cached_property
    def _rows(self) -> list[tuple[re.Pattern[str], tuple[_Strings, ...], tuple[_Strings, ...]]]:
        return [(re.compile(p), *_read(needed(p))) for p in self._patterns]  # on first use: many commands judge nothing

    @cached_property
    def _by_word(self) -> bool:
        return any(starts for _, starts, _ in self._rows)

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches of every pattern, in the order of the patterns."""
        for pattern in self._possible(text):
            yield from pattern.finditer(text)

    def found(self, text: str) -> bool:
        """Tell whether any pattern matches."""
        return any(pattern.search(text) for pattern in self._possible(text))

    def _possible(self, text: str) -> list[re.Pattern[str]]:
        held = beginnings(text) if self._by_word else frozenset()
        rows = [(p, clauses) for p, starts, clauses in self._rows if not any(map(held.isdisjoint, starts))]
        return [p for p, clauses in rows if _holds(text, clauses)]


def _holds(text: str, clauses: Sequence[_Strings]) -> bool:
    """Tell whether a text holds a string of each clause; plain loops, since this is most of what screening costs."""
    for clause in clauses:
        for piece in clause:
            if piece in text:
                break
        else:
            return False
    return True


@lru_cache(maxsize=8)
def beginnings(text: str) -> _Strings:
    """Return the first letters of every word; the same text is screened for several things, one after the other."""
    return frozenset(_BEGINNING.findall(text))


def _read(clauses: Sequence[_Strings]) -> tuple[tuple[_Strings, ...], tuple[_Strings, ...]]:
    """Return the clauses that the beginning of a word of each string stands for, and all of them as they stand."""
    telling = ([max(_KNOWN.findall(string), key=_rarity, default="") for string in clause] for clause in clauses)
    pieces = [_tight(frozenset(string.replace(_EDGE, "") for string in clause)) for clause in clauses]
    return tuple(frozenset(found) for found in telling if all(found)), tuple(pieces)


def _rarity(word: str) -> tuple[int, int]:
    """Order words by how few texts hold them: long ones, then those of rare letters; `of` is in more of them than 3."""
    return len(word) if len(word) > 2 else 0, sum(_COMMON.find(letter) % (len(_COMMON) + 1) for letter in word)


def needed(pattern: str) -> tuple[_Strings, ...]:
    """Return clauses: of each, every match of the pattern holds at least one string; none where nothing is known.

    A NUL in a string stands for the edge of a word there.
    """
    try:
        from re import _parser  # type: ignore[attr-defined] # noqa: PLC0415 - private, hence the way out below

        return tuple(map(_tight, _needed(list(_parser.parse(pattern)))))
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        return ()  # another parse tree than this reads: nothing is passed over


def _tight(clause: _Strings) -> _Strings:
    """Leave out strings that hold another one of the clause."""
    return frozenset(a for a in clause if not any(b in a for b in clause if b != a))


def _needed(nodes: Sequence[tuple[Any, Any]], edge: bool = False) -> list[_Strings]:
    """Return the clauses of a sequence, the most telling first: neighbours with few readings are read together.

    `edge` tells that a word which begins the sequence begins there.
    """
    found: list[_Strings] = []
    run: _Strings = frozenset({_EDGE if edge else ""})
    for operator, value in nodes:
        words = _exact(operator, value)
        joined = None if words is None else _product(run, words)
        if joined is not None:
            run = joined
            continue
        found.append(run)
        edge = all(_ENDED.search(string) for string in run)
        if words is None:
            found += _within(operator, value, edge)
            run = frozenset({""})
        else:
            run = frozenset(_EDGE + word for word in words) if edge else words
    found.append(run)
    return sorted((f for f in found if all(s.strip(_EDGE) for s in f)), key=_worth, reverse=True)


def _worth(strings: _Strings) -> tuple[int, int]:
    """Order clauses: long pieces first (short ones are in every text), then few."""
    return min(_LONG, *(len(s.strip(_EDGE)) for s in strings)), -len(strings)


def _product(first: _Strings, second: _Strings) -> _Strings | None:
    if len(first) * len(second) > _MOST:
        return None
    return frozenset(a + b for a in first for b in second)


def _exact(operator: Any, value: Any) -> _Strings | None:
    """Return every string a node can match, where they are few; a place between characters matches the empty one."""
    name = str(operator)
    if name == "LITERAL":
        return frozenset({chr(value)})
    if name in ("AT", "ASSERT", "ASSERT_NOT"):
        edge = str(value) == "AT_BOUNDARY" or (
            name == "ASSERT_NOT" and f"{value[0]} {list(value[1])}" == _NO_WORD_BEFORE
        )
        return frozenset({_EDGE if edge else ""})
    if name == "IN":
        if len(value) <= 4 and all(str(o) == "LITERAL" for o, _ in value):
            return frozenset(chr(v) for _, v in value)
        return None
    if name == "SUBPATTERN":
        return _exact_sequence(value[3])
    if name == "BRANCH":
        return _union([_exact_sequence(branch) for branch in value[1]])
    if name in ("MAX_REPEAT", "MIN_REPEAT") and (value[0], value[1]) == (0, 1):
        return _union([frozenset({""}), _exact_sequence(value[2])])
    return None


def _exact_sequence(nodes: Sequence[tuple[Any, Any]]) -> _Strings | None:
    made: _Strings | None = frozenset({""})
    for operator, value in nodes:
        words = _exact(operator, value)
        made = None if words is None or made is None else _product(made, words)
        if made is None:
            return None
    return made


def _within(operator: Any, value: Any, edge: bool) -> list[_Strings]:
    """Return the clauses of a node of many readings; of a choice, one made of each branch's best."""
    name = str(operator)
    if name == "SUBPATTERN":
        return _needed(value[3], edge)
    if name == "BRANCH":
        choice = _union([next(iter(_needed(list(branch), edge)), None) for branch in value[1]])
        return [] if choice is None else [choice]
    if name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] >= 1:
        return _needed(value[2], edge)
    return []


def _union(parts: Sequence[_Strings | None]) -> _Strings | None:
    """Return strings for a choice: any branch may be the one, so each must be known."""
    if not parts or any(p is None for p in parts):
        return None
    made = frozenset[str]().union(*(p for p in parts if p is not None))
    return made if len(made) <= 4 * _MOST else None
