"""The catalogue of formulas that imported claims are checked against: data in `vault/catalogue.yaml`, matching here.

An entry says by which words a text is about its formula, where the inputs stand in such a text, and where the claimed
value stands. In a pattern `{name}` is a number (`4,096`, `70B`, `1.34`); the groups a claim's own pattern finds go
before what the rest of the text says. A claim whose inputs are not all found gets no verdict: a key is a hypothesis,
and so is a dispute.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from examiner.domain.arithmetic import Quantity, agrees, evaluate, express
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.units import parse_unit
from examiner.vault.read import load_yaml
from examiner.vault.render import show

_NUMBER = r"(?<![\d.])(?<!\d,)\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e\d+)?(?:[KMBT](?![A-Za-z]))?"
_HOLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_SIGNS = {"eq": r"\s*(?:=|≈|~|->|→|is|are|gives|makes|leaves)\s*~?", "by": r"\s*[×x*·]\s*", "per": r"\s*[/÷]\s*"}
Relation = Literal["equal", "at least", "at most"]


class InputSpec(Frozen):
    """Where a formula's input stands: patterns, a field of a named model, or a default that is said aloud.

    A number below `least` or above `most` is not this input.
    """

    find: tuple[str, ...] = ()
    model: str | None = None
    default: float | None = None
    unit: str = "1"
    k: float = 1000.0
    least: float | None = None
    most: float | None = None


class ClaimSpec(Frozen):
    """Where the claimed value stands. `formula` and `set` are for a claim that the entry's own inputs do not fit."""

    find: str
    unit: str | None = None
    value: float | None = None
    k: float = 1000.0
    formula: str | None = None
    set: dict[str, str] = {}
    tolerance: float | None = None
    relation: Relation = "equal"
    says: str = ""


class WrongTurn(Frozen):
    """A formula that gives the wrong value, so that the reason can be named."""

    formula: str
    means: str


class Entry(Frozen):
    """One formula of the catalogue.

    `words`: of every group at least one stands in the text. `source`: where the formula comes from; `holds`: where it is
    valid.
    """

    id: str
    name: str
    formula: str
    source: str = Field(min_length=1)
    holds: str = Field(min_length=1)
    unit: str = "1"
    tolerance: float = Field(default=0.05, ge=0, le=1)
    words: tuple[tuple[str, ...], ...] = ()
    inputs: dict[str, InputSpec] = {}
    claims: tuple[ClaimSpec, ...] = Field(min_length=1)
    mistakes: tuple[WrongTurn, ...] = ()
    says: str = ""


class Catalogue(Frozen):
    """All entries, and the spellings of the models they may name."""

    models: dict[str, tuple[str, ...]] = {}
    entries: tuple[Entry, ...]


class Finding(Frozen):
    """One claim, what the formula gives for it, and whether the two agree."""

    where: str
    entry: str
    text: str
    claimed: float | None
    computed: float | None
    unit: str
    agrees: bool
    formula: str
    inputs: dict[str, float]
    reason: str


def read_catalogue(root: Path) -> Catalogue:
    """Return the catalogue of a content folder. Raises Invalid with the entry and field."""
    path = root / "vault" / "catalogue.yaml"
    try:
        return Catalogue.model_validate(load_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def check_claims(
    catalogue: Catalogue, texts: Iterable[tuple[str, str]], models: Mapping[str, Mapping[str, Any]]
) -> list[Finding]:
    """Return the verdict on every claim found in (where, text) pairs.

    Args:
        catalogue: the formulas.
        texts: what was imported, with the place to name.
        models: the vault's table of model shapes.

    """
    findings = []
    for where, text in texts:
        low = text.lower()
        for entry in catalogue.entries:
            if all(any(word in low for word in group) for group in entry.words):
                findings += _entry(entry, where, text, _shape(catalogue, text, models))
    return findings


def contradictions(findings: Iterable[Finding]) -> list[str]:
    """Return where a collection claims different values for the same formula and the same inputs."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for f in findings:
        groups.setdefault((f.entry, f.formula, f.unit, *sorted(f.inputs.items())), []).append(f)
    says = []
    for same in groups.values():
        first = same[0]
        for other in same[1:]:
            if (
                first.claimed is not None
                and other.claimed is not None
                and not agrees(first.claimed, other.claimed, 0.1)
            ):
                unit = "" if first.unit == "1" else f" {first.unit}"
                says.append(
                    f"{first.entry}: {first.where} claims {show(first.claimed)}{unit}, {other.where} {show(other.claimed)}{unit}"
                )
    return says


def _shape(catalogue: Catalogue, text: str, models: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the shape of the one model a text names; {} where it names none or several of different shape."""
    named = {name for name, spellings in catalogue.models.items() for s in spellings if re.search(s, text, re.I)} & set(
        models
    )
    return models[next(iter(named))] if len(named) == 1 else {}


def _entry(entry: Entry, where: str, text: str, shape: Mapping[str, Any]) -> list[Finding]:
    made = []
    for claim in entry.claims:
        for found in _pattern(claim.find).finditer(text):
            finding = _judge(entry, claim, found, where, text, shape)
            if finding is not None:
                made.append(finding)
    return made


def _judge(
    entry: Entry, claim: ClaimSpec, found: re.Match[str], where: str, text: str, shape: Mapping[str, Any]
) -> Finding | None:
    groups = found.groupdict()
    stated = claim.value if claim.value is not None else _number(groups.pop("value"), claim.k)
    names: dict[str, Quantity] = {}
    for name, spec in entry.inputs.items():
        value = _number(groups[name], spec.k) if groups.get(name) else _input(spec, text, shape)
        if value is not None and _possible(spec, value):
            names[name] = Quantity(value, parse_unit(spec.unit))
    names |= {n: Quantity(_number(g, 1000.0), parse_unit("1")) for n, g in groups.items() if g and n not in names}
    formula, unit = claim.formula or entry.formula, claim.unit or entry.unit
    shown = {n: q.value for n, q in names.items()}
    quote = " ".join(found.group().split())
    said = {"where": where, "entry": entry.id, "text": quote, "claimed": stated, "unit": unit, "formula": formula}
    try:
        for name, rule in claim.set.items():
            names[name] = evaluate(rule, names)
            shown[name] = names[name].value
        result = evaluate(formula, names)
    except Invalid:
        return None  # an input is not said: no verdict
    try:
        computed = express(result, parse_unit(unit))
    except Invalid as error:
        reason = (
            f"{entry.name}: the text claims {show(stated)} {unit}, but {formula} {error.message}. {_says(entry, claim)}"
        )
        return Finding(computed=None, agrees=False, inputs=shown, reason=reason.strip(), **said)
    good = _holds(claim.relation, stated, computed, claim.tolerance if claim.tolerance is not None else entry.tolerance)
    reason = "" if good else _reason(entry, claim, names, stated, computed, unit)
    return Finding(computed=computed, agrees=good, inputs=shown, reason=reason, **said)


def _holds(relation: Relation, stated: float, computed: float, tolerance: float) -> bool:
    if relation == "at least":
        return stated >= computed * (1 - tolerance)
    if relation == "at most":
        return stated <= computed * (1 + tolerance)
    return agrees(stated, computed, tolerance)


def _reason(
    entry: Entry, claim: ClaimSpec, names: Mapping[str, Quantity], stated: float, computed: float, unit: str
) -> str:
    inputs = ", ".join(f"{n} {show(q.value)}{'' if str(q.unit) == '1' else f' {q.unit}'}" for n, q in names.items())
    shown_unit = "" if unit == "1" else f" {unit}"
    text = (
        f"{entry.name}: claimed {show(stated)}{shown_unit}, recomputed {show(computed)}{shown_unit}"
        f" by {claim.formula or entry.formula}{f' with {inputs}' if inputs else ''}"
    )
    for turn in entry.mistakes:
        try:
            wrong = express(evaluate(turn.formula, names), parse_unit(unit))
        except Invalid:
            continue
        if agrees(wrong, stated, max(entry.tolerance, 0.03)):
            text += f"; the claim {turn.means}"
            break
    return f"{text}. {_says(entry, claim)}".strip()


def _says(entry: Entry, claim: ClaimSpec) -> str:
    return claim.says or entry.says


def _input(spec: InputSpec, text: str, shape: Mapping[str, Any]) -> float | None:
    for pattern in spec.find:
        found = _pattern(pattern).search(text)
        if found:
            return _number(found["value"], spec.k)
    if spec.model and spec.model in shape:
        field = shape[spec.model]
        return float(field["value"] if isinstance(field, dict) else field)
    return spec.default


def _possible(spec: InputSpec, value: float) -> bool:
    return (spec.least is None or value >= spec.least) and (spec.most is None or value <= spec.most)


@lru_cache(maxsize=2048)
def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(_HOLE.sub(lambda m: _SIGNS.get(m[1]) or f"(?P<{m[1]}>{_NUMBER})", text), re.I | re.S)
    except re.error as error:
        raise Invalid(f"catalogue.yaml: pattern '{text}': {error}") from None


def _number(text: str, k: float) -> float:
    plain = text.replace(",", "").replace("_", "")
    if plain[-1] in "KMBT":
        power = "KMBT".index(plain[-1]) + 1
        return float(plain[:-1]) * k**power
    value = float(plain)
    return value if math.isfinite(value) else math.nan
