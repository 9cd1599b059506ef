"""What the drift monitors are worth, by simulation: false alarms a year, audits to detection. Pure given a seed."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examiner.calibration.drift.sequential import ALPHA, CUSUM_LIMIT, GRID, P0, P1
from examiner.domain.base import Frozen

YEAR = 52  # weekly audits
HORIZON = 104  # audits after which a change counts as never detected
QUIET = 20
RATES = (0.10, 0.15)
MONITORS = ("naive", "cusum", "e-process")
Floats = NDArray[np.float64]


class Power(Frozen):
    """What one monitor does with audits of m sentinels.

    `false_alarms` is the chance of any alarm within a year of weekly audits at the null rate; `to_detect` the median
    number of audits until an alarm where the flip rate is raised from the start; `after_quiet` the same from the
    change on, which comes after `QUIET` audits at the null rate without an alarm. None: not within the horizon.
    """

    monitor: str
    sentinels: int
    false_alarms: float
    to_detect: dict[str, float | None]
    after_quiet: dict[str, float | None]


def simulate(
    sentinels: Sequence[int] = (20, 50, 100), *, seed: int = 0, runs: int = 4000, rates: Sequence[float] = RATES
) -> tuple[Power, ...]:
    """Return each monitor's operating characteristics for each number of sentinels.

    Args:
        sentinels: how many frozen answers each audit re-judges.
        seed: of the simulation.
        runs: simulated years; the standard error of a rate of .01 is .0016 at 4,000.
        rates: flip rates that should be found.

    """
    rng = np.random.default_rng(seed)
    out = []
    for m in sentinels:
        null = rng.binomial(m, P0, (runs, YEAR))
        raised = {rate: rng.binomial(m, rate, (runs, HORIZON)) for rate in rates}
        quiet = rng.binomial(m, P0, (runs, QUIET))
        for monitor in MONITORS:
            clean = _first(monitor, quiet, m) == 0
            out.append(
                Power(
                    monitor=monitor,
                    sentinels=m,
                    false_alarms=round(float((_first(monitor, null, m) > 0).mean()), 4),
                    to_detect={f"{r:.2f}": _median(_first(monitor, x, m)) for r, x in raised.items()},
                    after_quiet={
                        f"{r:.2f}": _median(_first(monitor, np.hstack([quiet, x])[clean], m) - QUIET)
                        for r, x in raised.items()
                    },
                )
            )
    return tuple(out)


def _first(monitor: str, flips: NDArray[np.int64], m: int) -> NDArray[np.int64]:
    """Return for each run the number of the audit (from 1) that raises the alarm; 0 where none does."""
    alarm = _ALARMS[monitor](flips, m)
    return np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1, 0)


def _naive(flips: NDArray[np.int64], m: int) -> NDArray[np.bool_]:
    """Each audit on its own: one-sided exact binomial p below alpha."""
    tail = [sum(math.comb(m, i) * P0**i * (1 - P0) ** (m - i) for i in range(k, m + 1)) for k in range(m + 1)]
    hit: NDArray[np.bool_] = np.array([p < ALPHA for p in tail])[flips]
    return hit


def cusum_paths(flips: NDArray[np.int64], m: int) -> Floats:
    """Return the CUSUM of each run (rows) after each audit (columns)."""
    steps = _evidence(flips, m, P1)
    level = np.zeros(len(flips))
    out = np.empty(flips.shape)
    for n in range(flips.shape[1]):
        level = np.maximum(0.0, level + steps[:, n])
        out[:, n] = level
    return out


def mixture_paths(flips: NDArray[np.int64], m: int) -> Floats:
    """Return the logarithm of the mixture e-process of each run after each audit."""
    logs = np.stack([_evidence(flips, m, p).cumsum(axis=1) for p in GRID])
    top = logs.max(axis=0)
    mean: Floats = top + np.log(np.exp(logs - top).mean(axis=0))
    return mean


def _evidence(flips: NDArray[np.int64], m: int, p: float) -> Floats:
    steps: Floats = flips * math.log(p / P0) + (m - flips) * math.log((1 - p) / (1 - P0))
    return steps


_ALARMS: dict[str, Any] = {
    "naive": _naive,
    "cusum": lambda flips, m: cusum_paths(flips, m) >= CUSUM_LIMIT,
    "e-process": lambda flips, m: mixture_paths(flips, m) >= math.log(1 / ALPHA),
}


def _median(first: NDArray[np.int64]) -> float | None:
    """Return the median audit of detection; None where fewer than half detect."""
    audits = np.where(first > 0, first, HORIZON + QUIET + 1).astype(float)
    middle = float(np.median(audits)) if len(audits) else math.inf
    return middle if middle <= HORIZON else None
