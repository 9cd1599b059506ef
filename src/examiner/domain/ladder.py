"""The next step along a chain of questions: one level up, the same level, or one down. Pure.

The rule is one for interviews and for practice. It knows nothing of who judged: what an answer earned is an argument.
"""

from collections.abc import Collection
from typing import Literal

Move = Literal["up", "stay", "down"]
MASTERED = 2  # a chain goes up from a step whose answer earned this


def wanted(earned: int | None, *, helped: bool = False) -> Move:
    """Return where to go after an answer.

    Args:
        earned: the answer's quality, 0 to 3; None where nothing was said.
        helped: a hint was taken; what was reached with help is not yet mastered.

    """
    if not earned:
        return "down"
    return "up" if earned >= MASTERED and not helped else "stay"


def nearest(move: Move, at: int, free: Collection[int]) -> int | None:
    """Return the rung to go to: one further in the wanted direction, else the nearest that has something left.

    Where the wanted rung is not there or has nothing left, the next one in the same direction comes before the same
    rung, and that before the other direction. None where nothing is left at all.
    """
    if move == "stay":
        order = sorted(free, key=lambda rung: (abs(rung - at), rung))
        return order[0] if order else None
    sign = 1 if move == "up" else -1
    ahead = sorted((r for r in free if (r - at) * sign > 0), key=lambda r: abs(r - at))
    rest = sorted((r for r in free if (r - at) * sign <= 0), key=lambda r: abs(r - at))
    return (ahead + rest)[0] if ahead or rest else None
