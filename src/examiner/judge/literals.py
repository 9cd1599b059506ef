"""Which literal pieces of text every match of a pattern must hold, so that most texts need not be searched at all.

A substring test costs a hundredth of a search; a detector with eighty patterns lives on that. The way is RE2's
prefilter (R. Cox, "Regular Expression Matching with a Trigram Index"), on the parse tree of the standard library.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

_MOST = 48  # strings kept for one piece; beyond it the piece says nothing
_Strings = frozenset[str]


class Screened:
    """Patterns with the literals each of them needs; those a text cannot match are passed over.

    Args:
        patterns: regular expressions over lower-case text, case-sensitive.

    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._rows = [(re.compile(p), needed(p)) for p in patterns]
        self._literals = tuple(frozenset[str]().union(*(literals for _, literals in self._rows)))

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches of every pattern, in the order of the patterns."""
        present = {x for x in self._literals if x in text}
        for pattern, literals in self._rows:
            if not literals or not present.isdisjoint(literals):
                yield from pattern.finditer(text)

    def found(self, text: str) -> bool:
        """Tell whether any pattern matches."""
        return next(self.matches(text), None) is not None


def needed(pattern: str) -> _Strings:
    """Return strings of which every match of the pattern holds at least one; empty where none are known."""
    try:
        from re import _parser  # type: ignore[attr-defined] # noqa: PLC0415 - private, hence the way out below

        found = _needed(list(_parser.parse(pattern))) or frozenset()
        return frozenset(a for a in found if not any(b in a for b in found if b != a))
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        return frozenset()  # another parse tree than this reads: nothing is passed over


def _needed(nodes: Sequence[tuple[Any, Any]]) -> _Strings | None:
    """Return the best requirement of a sequence: neighbours with few readings are read together."""
    found: list[_Strings] = []
    run: _Strings = frozenset({""})
    for operator, value in nodes:
        words = _exact(operator, value)
        joined = None if words is None else _product(run, words)
        if joined is not None:
            run = joined
            continue
        found.append(run)
        run = words if words is not None else frozenset({""})
        if words is None:
            inner = _within(operator, value)
            if inner:
                found.append(inner)
    found.append(run)
    return max((f for f in found if all(f)), key=_worth, default=None)


def _worth(strings: _Strings) -> tuple[int, int]:
    """Order requirements: long pieces first (short ones are in every text), then few."""
    return min(4, *map(len, strings)), -len(strings)


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
        return frozenset({""})
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


def _within(operator: Any, value: Any) -> _Strings | None:
    """Return what must stand within a node of many readings."""
    name = str(operator)
    if name == "SUBPATTERN":
        return _needed(value[3])
    if name == "BRANCH":
        return _union([_needed(list(branch)) for branch in value[1]])
    if name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] >= 1:
        return _needed(value[2])
    return None


def _union(parts: Sequence[_Strings | None]) -> _Strings | None:
    """Return strings for a choice: any branch may be the one, so each must be known."""
    if not parts or any(p is None for p in parts):
        return None
    made = frozenset[str]().union(*(p for p in parts if p is not None))
    return made if len(made) <= 4 * _MOST else None
