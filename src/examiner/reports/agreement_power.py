"""The gate's operating characteristics as text."""

from collections.abc import Mapping
from typing import Any


def power_markdown(data: Mapping[str, Any]) -> str:
    """Return the object of `calibrate power` as Markdown tables."""
    lines = [f"# Anchors needed and operating characteristics, policy {data['policy']}", ""]
    lines += [
        f"Two correlated normals cut at four levels; {data['simulations']} simulated tables a cell, seed {data['seed']}; bounds in closed form.",
        "",
    ]
    lines += ["## Anchors for 80 % power", "", "| rule | true QWK | balanced | skewed |", "|---|---|---|---|"]
    lines += [
        f"| {r['rule']} | {r['qwk']:.2f} | {_many(r['balanced'])} | {_many(r['skewed'])} |"
        for r in data["anchors_needed"]
    ]
    truths = list(data["rules"][0]["pass"])
    for margins in data["margins"]:
        lines += ["", f"## Share that passes a rule by true QWK, {margins} margins", ""]
        lines += [f"| n | rule | {' | '.join(truths)} |", "|---" * (len(truths) + 2) + "|"]
        lines += [
            f"| {r['n']} | {r['rule']} | {' | '.join(f'{p:.2f}' for p in r['pass'].values())} |"
            for r in data["rules"]
            if r["margins"] == margins
        ]
    sizes = list(data["gate"][0]["pass"])
    for key, title in (("composite", "QWK and bias alone"), ("pass", "the whole gate (statistical part)")):
        lines += ["", f"## Share that passes {title}, balanced margins", ""]
        lines += [f"| judge | true QWK | {' | '.join(f'n={n}' for n in sizes)} |", "|---" * (len(sizes) + 2) + "|"]
        lines += [
            f"| {r['judge']} | {r['qwk']:.2f} | {' | '.join(f'{p:.3f}' for p in r[key].values())} |"
            for r in data["gate"]
        ]
    lines += ["", "## Share that ever passes when tried again on the same anchors, true QWK .60", ""]
    lines += ["| n | attempts | point >= .70 | agreement limits | the same, alpha split |", "|---|---|---|---|---|"]
    lines += [
        f"| {r['n']} | {r['attempts']} | {r['point']:.2f} | {r['gate']:.2f} | {r['gate_alpha_split']:.2f} |"
        for r in data["attempts"]
    ]
    return "\n".join(lines)


def _many(n: int | None) -> str:
    return "over 3,000" if n is None else str(n)
