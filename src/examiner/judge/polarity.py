"""Which way a passage says the words of a claim: as the claim has them, or the other way round. Pure.

Compared on the words that both have, with a wording where there is one to hold on to, and otherwise with all that the
point's wordings leave open. A word of the other direction (`opposites.json`: rises, falls) is the word denied.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from examiner.judge.align import Bag, Wording, names_of, weight

_LITTLE_ELSE = 0.8  # of a sentence, said in a wording's words
_ENOUGH = 2.0  # common words, by weight, that a clause must have to deny by itself


@lru_cache(maxsize=1)
def opposites() -> Mapping[str, frozenset[str]]:
    """Return for each term the terms of the other direction."""
    pairs: list[tuple[str, str]] = json.loads(files("examiner.judge").joinpath("opposites.json").read_text("utf-8"))
    table: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        one, other = (names_of(text, keep_stop=True)[0] for text in pair)
        if one != other:
            table[one].add(other)
            table[other].add(one)
    return {name: frozenset(others) for name, others in table.items()}


def opposed(own: Mapping[str, float], open_: frozenset[str], passage: Bag) -> float:
    """Return the share of the common weight that a passage negates; `open_` are words that may stand either way."""
    said = turned = 0.0
    for name, value in own.items():
        if name in passage.at:
            said += value
            turned += value * (passage.negated[name] and name not in open_)
    return turned / said if said else 0.0


def opposed_clause(own: Mapping[str, float], open_: frozenset[str], passage: Bag) -> float:
    """Return the same for the clause that negates most; clauses with less than two words in common tell nothing."""
    if not any(passage.negated.values()):
        return 0.0
    said: dict[int, float] = defaultdict(float)
    turned: dict[int, float] = defaultdict(float)
    for name in passage.at:
        if name in own:
            clause, value = passage.clause[name], weight(name)
            said[clause] += value
            turned[clause] += value * (passage.negated[name] and name not in open_)
    return max((turned[c] / v for c, v in said.items() if v >= _ENOUGH), default=0.0)


def flipped(wording: Wording, passage: Bag) -> frozenset[str]:
    """Return the words of a wording to which a passage gives the other polarity.

    All that they share where the passage has a "not" more that reaches none of them, or takes an "only" back.
    """
    common = [(name, negated) for name, _, negated in wording.items if name in passage.at]
    unsure = wording.both | passage.both
    turned = [name for name, negated in common if passage.negated[name] != negated and name not in unsure]
    turned += [name for name, other, negated in _directed(wording, passage) if passage.negated[other] == negated]
    extra = passage.negations - wording.negations
    if not turned and ((extra > 0 and extra % 2) or (wording.limits and passage.unlimited)):
        turned = [name for name, _ in common]
    return frozenset(turned)


def _directed(wording: Wording, passage: Bag) -> list[tuple[str, str, bool]]:
    """Return the words of a wording in whose stead a passage has one of the other direction: word, other, negated."""
    table = opposites()
    own = [name for name, _, _ in wording.items]
    return [
        (name, other, negated)
        for name, _, negated in wording.items
        if name in table and name not in passage.at
        for other in table[name]
        if other in passage.at and other not in own
    ]


def repeats(wording: Wording, passage: Bag, whole: float) -> bool:
    """Tell whether a passage says little else than words of one wording; `whole` is the weight of all its words."""
    same = sum(weight(name) for name, _, _ in wording.items if name in passage.at)
    return same + sum(weight(other) for _, other, _ in _directed(wording, passage)) >= _LITTLE_ELSE * whole
