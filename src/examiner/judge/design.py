"""Read a design one-pager's choices and hold them against the scenario's arithmetic.

Deterministic and the same for every judge: what is proposed is found in the text (`TP=4`, `two replicas`,
`8-bit weights`), put into the scenario's feasibility formulas, and a violated one is named with both numbers.
"""

import re
from collections.abc import Sequence

from examiner.domain.arithmetic import Quantity, evaluate, express
from examiner.domain.errors import Invalid
from examiner.domain.question import Instance
from examiner.domain.score import Flag, Span, Turn
from examiner.domain.units import parse_unit

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "twelve": 12, "sixteen": 16}
_N = r"(?P<n>\d+|" + "|".join(_WORDS) + r")"
_CHOICES: dict[str, tuple[str, ...]] = {
    "tp": (rf"\bTP\s*(?:=|of|:|-)?\s*{_N}\b", rf"tensor[- ]parallel(?:ism)?\s*(?:size|degree|of|=|over|across|:)*\s*{_N}\b",
           rf"\b{_N}[- ]way tensor"),
    "pp": (rf"\bPP\s*(?:=|of|:|-)?\s*{_N}\b", rf"pipeline[- ]parallel(?:ism)?\s*(?:size|degree|of|=|over|across|:)*\s*{_N}\b",
           rf"\b{_N} (?:pipeline )?stages"),
    "replicas": (rf"\b{_N}\s+(?:\w+\s+)?replicas?\b", rf"\bDP\s*(?:=|:)?\s*{_N}\b", rf"replicas?\s*(?:=|:)\s*{_N}\b"),
    "weight_bits": (r"\b(?P<n>4|8|16)[- ]bit(?:\s+\w+)?\s+weights", r"\bweights? (?:in|at|as) (?:FP|INT|BF)(?P<n>4|8|16)\b",
                    r"\b(?:FP|INT|BF)(?P<n>4|8|16) weights", r"\bW(?P<n>4|8|16)A\d+"),
    "kv_bits": (r"\b(?P<n>4|8|16)[- ]bit (?:KV|key-value|cache)", r"\b(?:FP|INT|BF)(?P<n>4|8|16) (?:KV|key-value|cache)",
                r"\b(?:KV|cache)(?: cache)? (?:in|at|as) (?:FP|INT|BF)(?P<n>4|8|16)\b"),
}  # fmt: skip
_PATTERNS = {name: tuple(re.compile(p, re.IGNORECASE) for p in patterns) for name, patterns in _CHOICES.items()}
_HEDGE = re.compile(
    r"(?:\b(?:TP|PP)\s*=?\s*\d+[^.;\n]{0,20}\bor\b(?: maybe| possibly| perhaps)?[^.;\n]{0,20}\b(?:TP|PP)\s*=?\s*\d+"
    r"|\bTP\s*=?\s*\d+\s*(?:/|or)\s*\d+\b"
    r"|\beither\b[^.;\n]{3,60}\bor\b[^.;\n]{3,60}(?:works|would do|is fine|could work)"
    r"|\b(?:we|I|one) could (?:go|use|pick) [^.;\n]{3,60}\bor\b"
    r"|\bit depends\b[^.;\n]{0,40}\bso (?:I|we) (?:would|will) (?:leave|keep)[^.;\n]{0,20}open)",
    re.IGNORECASE,
)


def choices(instance: Instance, turns: Sequence[Turn]) -> dict[str, float]:
    """Return what the candidate chose, the last statement of each choice; unnamed ones are left out."""
    found: dict[str, float] = {}
    for name in instance.choices:
        for turn in turns:
            last = -1
            for pattern in _PATTERNS.get(name, ()):
                for match in pattern.finditer(turn.text):
                    if match.start() > last:
                        last = match.start()
                        word = match["n"].lower()
                        found[name] = float(_WORDS.get(word, 0) or word)
    return found


def examine(instance: Instance, turns: Sequence[Turn]) -> tuple[Flag, ...]:
    """Return a flag for every violated constraint and for every hedge; () for other kinds of question."""
    if instance.kind != "design":
        return ()
    flags = [
        Flag(
            kind="hedge",
            detail=match[0].strip(),
            span=Span(turn=number, start=match.start(), end=match.end()),
        )
        for number, turn in enumerate(turns)
        if (match := _HEDGE.search(turn.text)) is not None
    ]
    chosen = choices(instance, turns)
    if "tp" in chosen or "replicas" in chosen:
        flags += [Flag(kind="infeasible", detail=says) for says in violations(instance, chosen)]
    return tuple(flags)


def violations(instance: Instance, chosen: dict[str, float]) -> list[str]:
    """Return what is impossible about a topology, each with the numbers that say so.

    Args:
        instance: a design scenario.
        chosen: the candidate's choices; the scenario's defaults fill the rest.

    Raises:
        Invalid: a constraint of the scenario does not evaluate.

    """
    names = {name: Quantity(m.value, parse_unit(m.unit)) for name, m in instance.inputs.items()}
    names |= {key.name: Quantity(key.value, parse_unit(key.unit)) for key in instance.keys}
    names |= {name: Quantity(float(v), parse_unit("1")) for name, v in (instance.choices | chosen).items()}
    broken = []
    for rule in instance.feasibility:
        unit = parse_unit(rule.unit)
        left, right = (express(evaluate(side, names), unit) for side in (rule.left, rule.right))
        holds = {"<=": left <= right, "<": left < right, ">=": left >= right, ">": left > right}[rule.relation]
        if not holds:
            shown = {
                "left": f"{left:.4g} {rule.unit}".removesuffix(" 1"),
                "right": f"{right:.4g} {rule.unit}".removesuffix(" 1"),
            }
            says = rule.says
            for key, value in shown.items():
                says = re.sub(r"\{\{\s*" + key + r"\s*\}\}", value, says)
            broken.append(says)
    return broken


__all__ = ["Invalid", "choices", "examine", "violations"]
