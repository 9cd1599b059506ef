"""Lint: one rule per quality criterion; all problems are returned, never only the first.

`examiner vault lint FILE...` checks single files while they are being written.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from examiner.domain.arithmetic import names_in
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.question import Family, Instance
from examiner.vault.codebook import misread
from examiner.vault.model import Vault
from examiner.vault.render import draws, render_with

SAMPLE = 12  # parameter draws looked at per family; spread evenly over all of them
_CRITERIA = {"question": "question", "design": "design", "debug": "debugging"}
_SMALL = 20  # constants up to here may stand in prose without a formula ("two tensors", "16-bit")
_NUMBER = re.compile(r"(?<![\w.{@])(\d[\d,]*(?:\.\d+)?)(?![\w}])")


class Problem(Frozen):
    """One finding of the linter."""

    rule: str
    where: str
    says: str
    severity: Literal["error", "warning"] = "error"


Rule = Callable[[Family, Mapping[str, Any]], Iterator[str]]


def check(vault: Vault) -> list[Problem]:
    """Return every problem of a vault: family by family, then the vault as a whole."""
    problems: list[Problem] = []
    for family_id, family in sorted(vault.families.items()):
        where = vault.files.get(family_id, family_id)
        problems += check_family(family, vault.tables, vault.taxonomy, where, _criteria(vault, family))
        problems += [Problem(rule="chain", where=where, says=says) for says in _chained(vault, family)]
    problems += _distinct(vault)
    return problems


def _chained(vault: Vault, family: Family) -> Iterator[str]:
    following = vault.families.get(family.chain_next or family.id)
    if following is None:
        yield f"chain_next '{family.chain_next}' is not in the vault"
    elif following.level < family.level:  # L1 to L6+ sort by name
        yield f"chain_next '{following.id}' ({following.level}) stands below {family.level}: a chain never falls"


def check_family(
    family: Family,
    tables: Mapping[str, Any],
    taxonomy: Mapping[str, Any],
    where: str,
    criteria: Sequence[str],
) -> list[Problem]:
    """Return every problem of one family."""
    problems = [Problem(rule="axes", where=where, says=says) for says in _axes(family, taxonomy)]
    problems += [Problem(rule="asks", where=where, says=says) for says in misread(family, taxonomy)]
    problems += [Problem(rule="structure", where=where, says=says) for says in _structure(family, criteria)]
    problems += [Problem(rule="falsifiability", where=where, says=says) for says in _falsifiable(family)]
    problems += [Problem(rule="computability", where=where, says=says) for says in _computable(family, taxonomy)]
    problems += [Problem(rule="sources", where=where, says=says) for says in _sourced(family, tables)]
    seen: set[tuple[str, str]] = set()
    for instance in _sample(family, tables, problems, where):
        for rule, says in _instance_rules(family, instance):
            if (rule, says) not in seen:
                seen.add((rule, says))
                problems.append(Problem(rule=rule, where=where, says=says))
    return problems


def _criteria(vault: Vault, family: Family) -> list[str]:
    return list(vault.rubrics[_CRITERIA[family.kind]].criteria)


def _sample(family: Family, tables: Mapping[str, Any], problems: list[Problem], where: str) -> Iterator[Instance]:
    everything = list(draws(family))
    stride = max(1, math.ceil(len(everything) / SAMPLE))
    failed: set[str] = set()
    for picked in islice(everything, 0, None, stride):
        try:
            yield render_with(family, tables, picked)
        except Invalid as error:
            if error.message not in failed:
                failed.add(error.message)
                problems.append(Problem(rule="renders", where=where, says=str(error)))


def _axes(family: Family, taxonomy: Mapping[str, Any]) -> Iterator[str]:
    for field, table in (("topic", "topics"), ("track", "tracks"), ("zone", "zones"), ("level", "levels")):
        if getattr(family, field) not in taxonomy[table]:
            yield f"{field} '{getattr(family, field)}' is not in taxonomy.yaml"
    if family.phase not in taxonomy["phases"]:
        yield f"phase {family.phase} is not in taxonomy.yaml"
    for area in family.areas:
        if area not in taxonomy["areas"]:
            yield f"area '{area}' is not in taxonomy.yaml"
    reason = taxonomy.get("applicability", {}).get(family.topic, {}).get(family.track)
    if reason:
        yield f"topic '{family.topic}' does not apply to track '{family.track}': {reason}"


def _structure(family: Family, criteria: Sequence[str]) -> Iterator[str]:
    points = [p.id for p in family.rubric]
    mistakes = [m.id for m in family.mistakes]
    probes = [f.id for f in family.follow_ups]
    quantities = [q.name for q in family.quantities]
    for what, ids in (
        ("point", points),
        ("mistake", mistakes),
        ("follow-up", probes),
        ("quantity", quantities),
    ):
        for twice, count in Counter(ids).items():
            if count > 1:
                yield f"{what} '{twice}' stands {count} times"
    for point in family.rubric:
        if point.criterion not in criteria:
            yield f"point {point.id}: criterion '{point.criterion}' is not one of {', '.join(criteria)}"
        if point.quantity is not None and point.quantity not in quantities:
            yield f"point {point.id}: there is no quantity '{point.quantity}'"
        if point.quantity is None and len(point.variants) < 2:
            yield f"point {point.id}: give at least two variants, as candidates say it"
    yield from _mistake_links(family, probes)
    yield from _probe_links(family, points, mistakes)
    yield from _kind_parts(family)


def _mistake_links(family: Family, probes: Sequence[str]) -> Iterator[str]:
    for mistake in family.mistakes:
        if mistake.follow_up and mistake.follow_up not in probes:
            yield f"mistake {mistake.id}: there is no follow-up '{mistake.follow_up}'"
        if mistake.formula is None and not mistake.wording:
            yield f"mistake {mistake.id}: needs a formula or wordings that betray it"


def _probe_links(family: Family, points: Sequence[str], mistakes: Sequence[str]) -> Iterator[str]:
    served = {p for f in family.follow_ups for p in f.points}
    for follow_up in family.follow_ups:
        for target in set(follow_up.points) - set(points):
            yield f"follow-up {follow_up.id}: there is no point '{target}'"
        for target in set(follow_up.mistakes) - set(mistakes):
            yield f"follow-up {follow_up.id}: there is no mistake '{target}'"
    for point_id in points:
        if point_id not in served:
            yield f"point {point_id}: no follow-up serves it"


def _kind_parts(family: Family) -> Iterator[str]:
    keyed = {p.quantity for p in family.rubric}
    for quantity in family.quantities:
        if quantity.role == "final" and quantity.name not in keyed:
            yield f"quantity {quantity.name}: final, but no point earns it"
    if family.kind == "debug" and not (family.facts and family.tree and any(f.herring for f in family.facts)):
        yield "a debugging scenario needs facts, a red herring among them, and a diagnosis tree"
    if family.kind == "design" and not (family.feasibility and family.choices):
        yield "a design scenario needs choices and feasibility checks"


def _falsifiable(family: Family) -> Iterator[str]:
    # The numbers of a debugging scenario only size the harm; its mistakes are wrong turns, told by their words.
    if family.kind != "debug" and family.quantities and not any(m.formula for m in family.mistakes):
        yield "has quantities, but no mistake with a formula"


def _computable(family: Family, taxonomy: Mapping[str, Any]) -> Iterator[str]:
    skills = taxonomy["zones"].get(family.zone, {}).get("skills", [])
    if "quantify" in skills and not any(q.role == "final" for q in family.quantities):
        yield f"zone '{family.zone}' quantifies, but there is no final quantity"


def _sourced(family: Family, tables: Mapping[str, Any]) -> Iterator[str]:
    if not family.sources:
        yield "name at least one source"
    for name, parameter in family.parameters.items():
        if parameter.from_ is None:
            continue
        for choice in parameter.choices:
            entry = tables[parameter.from_].get(str(choice))
            if entry is None:
                yield f"parameter {name}: no entry '{choice}' in {parameter.from_}.yaml"
            elif not entry.get("source") or not entry.get("date"):
                yield f"{parameter.from_}.yaml: '{choice}' has no source or date"


def _instance_rules(family: Family, instance: Instance) -> Iterator[tuple[str, str]]:
    # Messages name the rule's object, not the drawn values: one finding per defect, not per draw.
    keys = {key.name: key for key in instance.keys}
    for key in instance.keys:
        if not math.isfinite(key.value) or key.value == 0:
            yield "keys", f"quantity {key.name}: a draw makes it {key.value}"
    for signature in instance.signatures:
        key = keys[signature.quantity]
        if _within(signature.value, key.value, key.tolerance):
            yield "tolerance", f"mistake {signature.mistake}: a draw makes its number pass as {key.name}"
    for name in sorted({n for q in family.quantities for n in names_in(q.formula)}):
        if name not in instance.inputs and name not in keys:
            yield "names", f"formula uses '{name}', which is neither parameter nor quantity"
    for follow_up in instance.follow_ups:
        for key in instance.keys:
            if key.role == "final" and abs(key.value) > _SMALL and _says(follow_up.ask + follow_up.hint, key.value):
                yield "leak", f"follow-up {follow_up.id}: contains the key of {key.name}"
    for typed in _typed_numbers(family):
        yield "typed", f"model answer: the number {typed} is typed in; make it a quantity or parameter"
    for key in instance.keys:
        if key.role != "given" and not _says(instance.model_answer, key.value):
            yield "model-answer", f"model answer does not state {key.name}"


def _typed_numbers(family: Family) -> list[str]:
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", family.model_answer)
    typed = []
    for found in _NUMBER.findall(text):
        value = float(found.replace(",", ""))
        if value > _SMALL and value not in (32, 64, 100, 128, 256, 512, 1000, 1024):
            typed.append(found)
    return typed


def _says(text: str, value: float) -> bool:
    from examiner.vault.render import show  # noqa: PLC0415 - one name, used on one path

    return show(value) in text


def _within(value: float, key: float, tolerance: float) -> bool:
    if value * key <= 0:
        return value == key
    return abs(math.log(value / key)) <= math.log1p(tolerance) + 1e-9


def _distinct(vault: Vault) -> Iterator[Problem]:
    cells: dict[tuple[str, ...], str] = {}
    for family_id, family in sorted(vault.families.items()):
        formulas = tuple(sorted(q.formula.replace(" ", "") for q in family.quantities))
        claims = tuple(sorted(p.claim for p in family.rubric))
        cell = (family.topic, family.track, family.zone, *formulas, *(() if formulas else claims))
        if cell in cells and formulas:
            yield Problem(
                rule="distinctness",
                where=vault.files.get(family_id, family_id),
                says=f"shares topic, zone and formulas with '{cells[cell]}'",
            )
        cells.setdefault(cell, family_id)
