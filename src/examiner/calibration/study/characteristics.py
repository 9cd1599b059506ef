"""What a policy's gate does to which judge, and how many anchors it takes: the object of `calibrate power`.

The statistical part only, answers to distinct questions, one human label: agreement, bias and spread. Label
reliability, degradation and probes need data that a model of one judge and one label does not have.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from examiner.calibration.policies import Thresholds
from examiner.stats.latent import BALANCED, SKEWED, correlation_for, probabilities, true_qwk
from examiner.stats.power import Limits, anchors_needed, ever_passes, rate
from examiner.stats.statistic import LEVEL, Array

MARGINS: Mapping[str, tuple[float, ...]] = {"balanced": BALANCED, "skewed": SKEWED}
COMPOSITE = Limits(qwk=0.70, qwk_lower=0.60, smd_interval=0.30)
"""Agreement and bias alone, without counts of levels, rank correlation and spread."""
SIZES = (20, 50, 100, 200, 400)
TRUTHS = (0.50, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90)
RULES: Mapping[str, Limits] = {
    "point >= .70": Limits(qwk=0.70),
    "point >= .70 and bound >= .60": Limits(qwk=0.70, qwk_lower=0.60),
    "bound >= .60": Limits(qwk_lower=0.60),
    "bound >= .70": Limits(qwk_lower=0.70),
    "two-sided bound >= .70": Limits(qwk_lower=0.70, level=LEVEL / 2),
}


def limits_of(gate: Thresholds, n: int, attempts: int = 1) -> Limits:
    """Return what a policy demands of n anchors, as far as the model can show it."""
    by_value = gate.smd_point is not None and n >= gate.smd_point_from
    return Limits(
        qwk=gate.qwk,
        qwk_lower=gate.qwk_lower,
        spearman=gate.spearman,
        spearman_lower=gate.spearman_lower,
        smd_interval=None if by_value else gate.smd_interval,
        smd_point=gate.smd_point if by_value else None,
        sd_ratio=gate.sd_ratio,
        per_level=gate.anchors_per_level,
        judge_levels=gate.judge_uses_every_level,
        level=LEVEL / (attempts if gate.attempts == "split" else 1),
    )


def characteristics(policy: str, gate: Thresholds, *, simulations: int = 4000, seed: int = 0) -> dict[str, Any]:
    """Return anchors needed, single rules and the gate as a whole, each as shares of simulated tables that pass.

    Args:
        policy: the policy's name.
        gate: its thresholds.
        simulations: tables a cell.
        seed: of the chance.

    """
    rng = np.random.default_rng(seed)
    return {
        "policy": policy,
        "simulations": simulations,
        "seed": seed,
        "margins": {name: list(shares) for name, shares in MARGINS.items()},
        "anchors_needed": _needed(gate, simulations, seed),
        "rules": _rules(simulations, rng),
        "gate": _gate(gate, simulations, rng),
        "attempts": _attempts(gate, simulations, rng),
    }


def judges() -> dict[str, Array]:
    """Return the judges whose fate the gate is asked about, as probabilities of (human, judge) levels."""
    unbiased = {
        f"unbiased, QWK {q:.2f}": probabilities(correlation_for(q, BALANCED), BALANCED)
        for q in (0.88, 0.83, 0.77, 0.70, 0.60, 0.45)
    }
    shares = np.array(BALANCED)
    return {
        **unbiased,
        "good but lenient by .4 SD": probabilities(0.9, BALANCED, shift=0.4),
        "good but lenient by .6 SD": probabilities(0.9, BALANCED, shift=0.6),
        "good but compressed to .6": probabilities(0.9, BALANCED, scale=0.6),
        "random": np.outer(shares, shares),
        "constant": np.outer(shares, np.eye(len(shares))[2]),
        "perfect": np.diag(shares),
    }


def _needed(gate: Thresholds, simulations: int, seed: int) -> list[dict[str, Any]]:
    """Return the fewest anchors for 80 % power of the strictest single rule, and of the policy's agreement limits."""
    own = Limits(qwk=gate.qwk, qwk_lower=gate.qwk_lower, spearman=gate.spearman, spearman_lower=gate.spearman_lower)
    asked = {"two-sided bound >= .70": RULES["two-sided bound >= .70"], "agreement limits of the policy": own}
    return [
        {
            "rule": rule,
            "qwk": q,
            **{name: anchors_needed(q, shares, limits, simulations, seed) for name, shares in MARGINS.items()},
        }
        for rule, limits in asked.items()
        for q in (0.75, 0.80, 0.85, 0.90)
    ]


def _rules(simulations: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for name, shares in MARGINS.items():
        tables = {q: probabilities(correlation_for(q, shares), shares) for q in TRUTHS}
        for n in SIZES:
            for rule, limits in RULES.items():
                passed = {f"{q:.2f}": rate(table, n, limits, simulations, rng) for q, table in tables.items()}
                rows.append({"margins": name, "n": n, "rule": rule, "pass": passed})
    return rows


def _gate(gate: Thresholds, simulations: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    return [
        {
            "judge": name,
            "qwk": true_qwk(table),
            "composite": {str(n): rate(table, n, COMPOSITE, simulations, rng) for n in SIZES},
            "pass": {str(n): rate(table, n, limits_of(gate, n), simulations, rng) for n in SIZES},
        }
        for name, table in judges().items()
    ]


def _attempts(gate: Thresholds, simulations: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return how often a judge of QWK .60 ever passes the agreement limits when tried again on the same anchors."""
    table = probabilities(correlation_for(0.60, BALANCED), BALANCED)
    rows = []
    for n in SIZES[:4]:
        for tries in (1, 3, 5, 10):
            alone = Limits(qwk=gate.qwk, qwk_lower=gate.qwk_lower)
            shared = Limits(qwk=gate.qwk, qwk_lower=gate.qwk_lower, level=LEVEL / tries)
            whole, split = (ever_passes(table, n, tries, limits, simulations, rng) for limits in (alone, shared))
            point = ever_passes(table, n, tries, RULES["point >= .70"], simulations, rng)
            rows.append({"n": n, "attempts": tries, "point": point, "gate": whole, "gate_alpha_split": split})
    return rows
