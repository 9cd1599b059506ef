"""Spaced repetition by FSRS 6: when each family is due, computed from the reviews alone.

A quality of 0 or 1 is a lapse, 2 is hard, 3 is good; nothing is ever easy by itself. Steps within a day are left out:
a question that was just explained proves nothing when it is asked again in ten minutes.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from examiner.domain.base import Frozen
from examiner.practice.log import Review

RETENTION = 0.9


class Due(Frozen):
    """One family of the deck: when it is due, how often it was asked and lapsed, and the FSRS memory state (days, 1-10)."""

    family: str
    due: datetime
    last: datetime
    reviews: int
    lapses: int
    quality: int
    stability: float
    difficulty: float
    recall: float


def schedule(reviews: Iterable[Review], now: datetime) -> dict[str, Due]:
    """Return the deck by family. `recall` is the chance of recalling it at `now`."""
    from fsrs import Card  # noqa: PLC0415 - only practice needs the scheduler

    scheduler = _scheduler()
    cards: dict[str, Any] = {}
    seen: dict[str, list[Review]] = {}
    for review in reviews:
        card = cards.get(review.family) or Card(card_id=len(cards) + 1, due=review.at)
        cards[review.family], _ = scheduler.review_card(card, rating(review.quality), review.at)
        seen.setdefault(review.family, []).append(review)
    return {
        family: Due(
            family=family,
            due=card.due,
            last=card.last_review,
            reviews=len(seen[family]),
            lapses=sum(r.quality <= 1 for r in seen[family]),
            quality=seen[family][-1].quality,
            stability=round(card.stability, 4),
            difficulty=round(card.difficulty, 4),
            recall=round(scheduler.get_card_retrievability(card, now), 4),
        )
        for family, card in cards.items()
    }


def rating(quality: int) -> Any:
    """Return the FSRS rating of an estimated quality."""
    from fsrs import Rating  # noqa: PLC0415 - see schedule

    return {0: Rating.Again, 1: Rating.Again, 2: Rating.Hard, 3: Rating.Good}[quality]


def due(deck: dict[str, Due], now: datetime) -> list[Due]:
    """Return what is due on the day of `now` or before, the longest overdue first; the hour does not matter."""
    return sorted((d for d in deck.values() if d.due.date() <= now.date()), key=lambda d: (d.due, d.family))


@lru_cache(maxsize=1)
def _scheduler() -> Any:
    from fsrs import Scheduler  # noqa: PLC0415 - see schedule

    # Without fuzz the same reviews give the same dates on every machine.
    return Scheduler(desired_retention=RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
