"""How well candidates know what they know: the own forecast against the estimate, over time."""

import statistics
from collections.abc import Sequence

from examiner.domain.base import Frozen
from examiner.practice.log import Review

WINDOW = 10  # forecasts a window; fewer say nothing


class Window(Frozen):
    """Some forecasts in a row: `bias` above 0 is overconfidence, `error` the mean distance, both in levels of 0-3."""

    first: str
    last: str
    forecasts: int
    bias: float
    error: float
    exact: float


class Forecasts(Frozen):
    """All forecasts, and windows of `WINDOW` in order; `why` says why there is nothing to say."""

    forecasts: int
    bias: float | None = None
    error: float | None = None
    exact: float | None = None
    windows: tuple[Window, ...] = ()
    why: str = ""


def calibration(reviews: Sequence[Review]) -> Forecasts:
    """Return the calibration of the forecasts among these reviews, oldest first."""
    made = [r for r in reviews if r.predicted is not None]
    if not made:
        return Forecasts(forecasts=0, why="no forecast was made")
    whole = _window(made)
    parts = [made[n : n + WINDOW] for n in range(0, len(made), WINDOW)]
    return Forecasts(
        forecasts=len(made),
        bias=whole.bias,
        error=whole.error,
        exact=whole.exact,
        windows=tuple(_window(part) for part in parts if len(part) == WINDOW),
        why="" if len(made) >= WINDOW else f"fewer than {WINDOW} forecasts: no trend yet",
    )


def _window(reviews: Sequence[Review]) -> Window:
    off = [(r.predicted or 0) - r.quality for r in reviews]
    return Window(
        first=reviews[0].at.date().isoformat(),
        last=reviews[-1].at.date().isoformat(),
        forecasts=len(off),
        bias=round(statistics.fmean(off), 3),
        error=round(statistics.fmean(map(abs, off)), 3),
        exact=round(sum(o == 0 for o in off) / len(off), 3),
    )
