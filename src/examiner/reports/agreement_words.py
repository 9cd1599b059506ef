"""The words and figures that the agreement reports share."""

from collections.abc import Iterator, Mapping
from typing import Any

TITLES = {
    "qwk": "Quadratic weighted kappa",
    "kappa": "Kappa, unweighted",
    "kappa_linear": "Kappa, linear weights",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2 (quadratic)",
    "spearman": "Spearman's rho",
    "pearson": "Pearson's r",
    "kendall_tau_b": "Kendall's tau-b",
    "smd": "Standardised mean difference",
    "sd_ratio": "Ratio of standard deviations",
    "exact": "Exact agreement",
    "adjacent": "Adjacent agreement",
    "degradation": "Degradation against human-human",
    "within_question_qwk": "QWK within questions",
}
VERDICTS = {
    "pass": "passes the statistical part of the gate; probes and sealed attempts are not assessed here",
    "fail": "fails the gate",
    "insufficient": "cannot be decided: too few labels",
    "undefined": "cannot be decided: a statistic is undefined",
}
HUMANS = {
    "qwk": "QWK, mean of rater pairs",
    "label_reliability": "Reliability of the label in use",
    "fleiss_kappa": "Fleiss' kappa",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2 (quadratic)",
}
BOUNDS = "Bounds are one-sided at 5 %; the two together are a 90 % interval."


def humans(block: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the figures on the human labels with their titles."""
    for name, title in HUMANS.items():
        yield title, block[name]
    for metric, one in block["alpha"].items():
        yield f"Krippendorff's alpha, {metric}", one
    for form, one in block["icc"].items():
        yield f"ICC({form})", one


def value(one: Mapping[str, Any]) -> str:
    """Return the value of a statistic, or that there is none."""
    return "undefined" if one["value"] is None else f"{one['value']:.3f}"


def bounds(one: Mapping[str, Any]) -> str:
    """Return the bounds of a statistic."""
    if one["lower"] is None and one["upper"] is None:
        return ""
    return " to ".join("?" if x is None else f"{x:.3f}" for x in (one["lower"], one["upper"]))


def got(value: Any) -> str:
    """Return what a check got, in a few characters."""
    if value is None:
        return "undefined"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(got(v) for v in value)
    return str(value)


def sign(ok: bool | None) -> str:
    """Return the sign of a check."""
    return {True: "✓", False: "✗", None: "·"}[ok]


def failing(found: Mapping[str, Any]) -> list[str]:
    """Return the names of the checks that are not met."""
    return [check["name"].replace("_", " ") for check in found["checks"] if check["ok"] is False]
