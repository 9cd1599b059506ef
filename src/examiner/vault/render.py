"""A family and a seed make an instance: parameters drawn, keys computed, templates filled.

Pure: the same (family, tables, seed) always gives the same instance.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

from examiner.domain.arithmetic import Quantity, evaluate, express
from examiner.domain.errors import Invalid
from examiner.domain.identity import fingerprint
from examiner.domain.question import (
    Alternative,
    Family,
    FollowUp,
    Instance,
    Invitation,
    Key,
    Measure,
    Mistake,
    Point,
    QuantitySpec,
    Signature,
)
from examiner.domain.units import parse_unit

if TYPE_CHECKING:
    import jinja2

Tables = Mapping[str, Mapping[str, Mapping[str, Any]]]
_SIGNIFICANT = 4


def show(value: float) -> str:
    """Return a number as people write it: 131,072 or 1.34 or 9.5e-7, never more digits than help."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    if abs(value - round(value)) < 1e-9 * abs(value) and abs(value) < 1e9:
        return f"{round(value):,}"
    if 1e-4 <= abs(value) < 1e7:
        digits = max(0, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.{_SIGNIFICANT - 1}g}"


class _Shown(float):
    """A number that a template prints with `show`; arithmetic in templates still works."""

    def __str__(self) -> str:
        return show(float(self))


class _Named(str):
    """A table entry in a template: prints its name, and has its fields as attributes."""

    fields: Mapping[str, Any]

    def __new__(cls, name: str, fields: Mapping[str, Any]) -> "_Named":
        made = super().__new__(cls, name)
        made.fields = fields
        return made

    def __getattr__(self, item: str) -> Any:
        try:
            return self.fields[item]
        except KeyError:
            raise AttributeError(item) from None


@lru_cache(maxsize=1)
def _environment() -> "jinja2.Environment":
    import jinja2.sandbox  # noqa: PLC0415 - looking through the vault fills no template

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False
    )
    environment.filters["show"] = show
    return environment


@lru_cache(maxsize=65536)
def _template(text: str) -> "jinja2.Template":
    return _environment().from_string(text)


def fill(text: str, values: Mapping[str, Any], where: str) -> str:
    """Fill a template. Raises Invalid with the family and the place."""
    if "{" not in text:
        return text.strip()
    from jinja2 import TemplateError  # noqa: PLC0415 - as above

    try:
        return _template(text).render(values).strip()
    except TemplateError as error:
        raise Invalid(
            f"{where}: {error.message or error}", hint="a template may name parameters and quantities"
        ) from None


def combinations(family: Family) -> int:
    """Return how many parameter combinations a family has."""
    return math.prod(len(parameter.choices) for parameter in family.parameters.values())


def draws(family: Family) -> Iterator[dict[str, Any]]:
    """Yield every parameter combination of a family, in file order."""
    names = list(family.parameters)
    for combo in product(*(family.parameters[name].choices for name in names)):
        yield dict(zip(names, combo, strict=True))


def draw(family: Family, seed: int) -> dict[str, Any]:
    """Return the parameters that a seed draws: each axis by a hash of (family, axis, seed)."""
    picked = {}
    for name, parameter in family.parameters.items():
        digest = hashlib.sha256(f"{family.id}/{name}/{seed}".encode()).digest()
        picked[name] = parameter.choices[int.from_bytes(digest[:8], "big") % len(parameter.choices)]
    return picked


def render(family: Family, tables: Tables, seed: int = 0) -> Instance:
    """Return the instance of a family that a seed gives.

    Raises:
        Invalid: a formula, unit or template does not work; says which.

    """
    return render_with(family, tables, draw(family, seed), seed)


def render_with(family: Family, tables: Tables, picked: Mapping[str, Any], seed: int = 0) -> Instance:
    """Return the instance for explicit parameter values; see `render`."""
    inputs, names, words, computed = _computed(family, tables, picked)
    where = family.id
    return Instance(
        ref=f"{family.id}@{seed}",
        family=family.id,
        kind=family.kind,
        seed=seed,
        title=family.title,
        topic=family.topic,
        track=family.track,
        zone=family.zone,
        level=family.level,
        phase=family.phase,
        areas=family.areas,
        minutes=family.minutes,
        prompt=fill(family.prompt, words, f"{where}: prompt"),
        keys=computed,
        inputs={name: Measure(value=q.value, unit=str(q.unit)) for name, q in inputs.items()},
        signatures=_signatures(family, names),
        points=tuple(_point(family, raw, words) for raw in family.rubric),
        mistakes=_mistakes(family, words),
        follow_ups=_follow_ups(family, words),
        invites=Invitation(
            ask=fill(family.invites.ask, words, where), answer=fill(family.invites.answer, words, where)
        ),
        model_answer=fill(family.model_answer, words, f"{where}: model answer"),
        facts=tuple(f.model_copy(update={"tells": fill(f.tells, words, where)}) for f in family.facts),
        tree=tuple(
            b.model_copy(update={k: fill(getattr(b, k), words, where) for k in ("look", "yes", "no")})
            for b in family.tree
        ),
        choices=dict(family.choices),
        feasibility=family.feasibility,
        rubric_hash=rubric_hash(family),
    )


def _mistakes(family: Family, words: Mapping[str, str]) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(
            id=m.id,
            means=fill(m.means, words, f"{family.id}: mistake {m.id}"),
            wording=tuple(fill(w, words, family.id) for w in m.wording),
            follow_up=m.follow_up,
        )
        for m in family.mistakes
    )


def _follow_ups(family: Family, words: Mapping[str, str]) -> tuple[FollowUp, ...]:
    return tuple(
        FollowUp(
            id=f.id,
            ask=fill(f.ask, words, f"{family.id}: follow-up {f.id}"),
            points=f.points,
            mistakes=f.mistakes,
            hint=fill(f.hint, words, family.id),
        )
        for f in family.follow_ups
    )


def keys(family: Family, tables: Tables, picked: Mapping[str, Any]) -> tuple[Key, ...]:
    """Return the keys for explicit parameter values, no text rendered. Raises Invalid as `render` does."""
    return _computed(family, tables, picked)[3]


def rubric_hash(family: Family) -> str:
    """Return the hash of all that decides a grade for this family, without the drawn numbers."""
    return _rubric_hash(family.model_dump_json(include=_GRADED))


_GRADED = {"rubric", "quantities", "mistakes", "follow_ups", "prompt", "feasibility"}


@lru_cache(maxsize=65536)
def _rubric_hash(text: str) -> str:
    return fingerprint(text)


def _computed(
    family: Family, tables: Tables, picked: Mapping[str, Any]
) -> tuple[dict[str, Quantity], dict[str, Quantity], dict[str, Any], tuple[Key, ...]]:
    """Return the inputs, all names that formulas may use, what templates may say, and the keys."""
    inputs, words = _inputs(family, tables, picked)
    names = dict(inputs)
    made: list[Key] = []
    for spec in family.quantities:
        key = _key(family, spec, names)
        made.append(key)
        names[spec.name] = Quantity(key.value, parse_unit(spec.unit))
        words[spec.name] = _Shown(key.value)
    return inputs, names, words, tuple(made)


def _inputs(family: Family, tables: Tables, picked: Mapping[str, Any]) -> tuple[dict[str, Quantity], dict[str, Any]]:
    numbers: dict[str, Quantity] = {}
    words: dict[str, Any] = {}
    for name, parameter in family.parameters.items():
        value = picked[name]
        if parameter.from_ is not None:
            entry = tables[parameter.from_].get(str(value))
            if entry is None:
                raise Invalid(f"{family.id}: no entry '{value}' in vault/{parameter.from_}.yaml")
            fields: dict[str, Any] = {}
            for field, raw in entry.items():
                if isinstance(raw, dict):
                    numbers[f"{name}.{field}"] = Quantity(float(raw["value"]), parse_unit(raw["unit"]))
                    fields[field] = _Shown(raw["value"])
                elif isinstance(raw, int | float):
                    numbers[f"{name}.{field}"] = Quantity(float(raw), parse_unit("1"))
                    fields[field] = _Shown(raw)
                else:
                    fields[field] = raw
            words[name] = _Named(str(entry.get("name", value)), fields)
        elif isinstance(value, int | float):
            numbers[name] = Quantity(float(value), parse_unit(parameter.unit))
            words[name] = _Shown(value)
        else:
            words[name] = value
    return numbers, words


def _key(family: Family, spec: QuantitySpec, names: Mapping[str, Quantity]) -> Key:
    value = _value(family, f"quantity {spec.name}", spec.formula, names, spec.unit)
    alternatives = []
    for assumption in spec.assumptions:
        if assumption.of not in names:
            raise Invalid(f"{family.id}: assumption of '{assumption.of}': there is no such name")
        other = dict(names)
        other[assumption.of] = Quantity(assumption.value, parse_unit(assumption.unit))
        # A step between the assumed given and this quantity must follow the assumption too.
        for step in family.quantities:
            if step.name == spec.name:
                break
            if step.name in names and assumption.of != step.name:
                other[step.name] = Quantity(
                    _value(family, step.name, step.formula, other, step.unit), parse_unit(step.unit)
                )
        alternatives.append(
            Alternative(
                label=f"{assumption.of} = {show(assumption.value)} {assumption.unit}".removesuffix(" 1"),
                value=_value(family, spec.name, spec.formula, other, spec.unit),
                words=assumption.words,
            )
        )
    return Key(
        name=spec.name,
        say=spec.say,
        role=spec.role,
        unit=spec.unit,
        value=value,
        tolerance=spec.tolerance,
        formula=spec.formula,
        alternatives=tuple(alternatives),
    )


def _signatures(family: Family, names: Mapping[str, Quantity]) -> tuple[Signature, ...]:
    units = {spec.name: spec.unit for spec in family.quantities}
    made = []
    for mistake in family.mistakes:
        if mistake.formula is None:
            continue
        if mistake.quantity not in units:
            raise Invalid(f"{family.id}: mistake {mistake.id}: a formula needs the quantity it spoils")
        value = _value(family, f"mistake {mistake.id}", mistake.formula, names, units[mistake.quantity])
        made.append(Signature(mistake=mistake.id, quantity=mistake.quantity, value=value, unit=units[mistake.quantity]))
    return tuple(made)


def _value(family: Family, what: str, formula: str, names: Mapping[str, Quantity], unit: str) -> float:
    try:
        return express(evaluate(formula, names), parse_unit(unit))
    except Invalid as error:
        raise Invalid(f"{family.id}: {what}: {error.message}", hint=error.hint) from None


def _point(family: Family, raw: Any, words: Mapping[str, Any]) -> Point:
    where = f"{family.id}: point {raw.id}"
    return Point(
        id=raw.id,
        criterion=raw.criterion,
        claim=fill(raw.claim, words, where),
        variants=tuple(fill(v, words, where) for v in raw.variants),
        needs=tuple(tuple(fill(alternative, words, where) for alternative in group) for group in raw.needs),
        denies=tuple(fill(d, words, where) for d in raw.denies),
        quantity=raw.quantity,
        weight=raw.weight,
        critical=raw.critical,
        prompted_credit=raw.prompted_credit,
    )
