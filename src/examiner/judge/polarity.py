"""Which way a passage says the words of a claim: as the claim has them, or the other way round. Pure.

Compared on the words that both have, with a wording where there is one to hold on to, and otherwise with all that the
point's wordings leave open.
"""

from collections.abc import Mapping

from examiner.judge.align import Bag, Wording, weight

_LITTLE_ELSE = 0.8


def opposed(own: Mapping[str, float], open_: frozenset[str], passage: Bag) -> float:
    """Return the share of the common weight that a passage negates; `open_` are words that may stand either way."""
    said = turned = 0.0
    for name, value in own.items():
        if name in passage.at:
            said += value
            turned += value * (passage.negated[name] and name not in open_)
    return turned / said if said else 0.0


def flipped(wording: Wording, passage: Bag) -> frozenset[str]:
    """Return the words of a wording to which a passage gives the other polarity.

    All that they share where the passage has a "not" more that reaches none of them, or takes an "only" back.
    """
    common = [(name, negated) for name, _, negated in wording.items if name in passage.at]
    unsure = wording.both | passage.both
    turned = [name for name, negated in common if passage.negated[name] != negated and name not in unsure]
    extra = passage.negations - wording.negations
    if not turned and ((extra > 0 and extra % 2) or (wording.limits and passage.unlimited)):
        turned = [name for name, _ in common]
    return frozenset(turned)


def repeats(wording: Wording, passage: Bag, whole: float) -> bool:
    """Tell whether a passage says little else than words of one wording; `whole` is the weight of all its words."""
    return sum(weight(name) for name, _, _ in wording.items if name in passage.at) >= _LITTLE_ELSE * whole
