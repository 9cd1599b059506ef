"""What a model is asked to fill in when it drafts a family, and what is made of its reply. Pure.

The reply has no field for a value: numbers are formulas with units, and code computes them. A formula that comes to
its number without the question's parameters is a key typed in, and is refused.
"""

import ast
import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from examiner.domain.arithmetic import agrees, evaluate, express, names_in
from examiner.domain.errors import Invalid
from examiner.domain.question import Family, QuantitySpec
from examiner.domain.templates import Templates
from examiner.domain.units import parse_unit
from examiner.vault.adopt import slug
from examiner.vault.codebook import level_of, zone_of
from examiner.vault.importing.drafts import FLAGS, Draft
from examiner.vault.model import Vault
from examiner.vault.render import draws, keys

NAMES = ("instructions", "vault", "example", "draft", "findings")
EXAMPLE = "decode-floor"  # shown in the form of the reply, where the vault has it
_DRAWS = 24


class _Part(BaseModel):
    """A part of the reply: every field is required and no other is allowed, as strict providers want it."""

    model_config = ConfigDict(extra="forbid")


class ParameterReply(_Part):
    """One axis of variation; `table` is `none` for plain numbers or words."""

    name: str
    table: Literal["none", "hardware", "models", "prices"]
    choices: list[int | float | str]
    unit: str


class QuantityReply(_Part):
    """A named number: a formula, never a value."""

    name: str
    say: str
    formula: str
    unit: str
    role: Literal["given", "step", "final"]
    tolerance: float


class PointReply(_Part):
    """A rubric point; `quantity` is empty where words decide it."""

    id: str
    criterion: str
    claim: str
    variants: list[str]
    needs: list[list[str]]
    denies: list[str]
    quantity: str
    weight: float
    critical: bool


class MistakeReply(_Part):
    """A recognised mistake; `quantity` and `formula` are empty where wordings betray it."""

    id: str
    means: str
    quantity: str
    formula: str
    wording: list[str]
    follow_up: str


class FollowUpReply(_Part):
    """A probe."""

    id: str
    ask: str
    points: list[str]
    mistakes: list[str]
    hint: str


class InvitesReply(_Part):
    """The follow-up that a full answer invites."""

    ask: str
    answer: str


class Filling(_Part):
    """Everything of a family that a model may write. Provenance, sources and review are not among it.

    Zone and level are not either: they follow from what the prompt asks for.
    """

    title: str
    topic: str
    track: str
    asks: list[str]
    phase: int
    areas: list[str]
    minutes: float
    prompt: str
    parameters: list[ParameterReply]
    quantities: list[QuantityReply]
    rubric: list[PointReply]
    mistakes: list[MistakeReply]
    follow_ups: list[FollowUpReply]
    invites: InvitesReply
    model_answer: str


def filled(known: Mapping[str, Any], reply: Filling, taxonomy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the family's plain data: the draft's place stays, zone and level are read off the requests, the rest is said."""
    said = reply.model_dump()
    place = {name: known[name] or said[name] for name in ("topic", "track", "areas")}
    place["asks"] = said["asks"]
    if set(reply.asks) <= set(taxonomy["requests"]):
        place["zone"] = zone_of(reply.asks, taxonomy) or known["zone"]
        place["level"] = level_of(reply.asks, taxonomy) or known["level"]
    place["phase"] = said["phase"] if known["phase"] == "" else known["phase"]
    return {
        **known,
        **place,
        "id": slug(reply.title),
        "title": reply.title,
        "minutes": reply.minutes,
        "prompt": reply.prompt,
        "parameters": {
            p["name"]: {"choices": p["choices"], "unit": p["unit"] or "1"}
            if p["table"] == "none"
            else {"from": p["table"], "choices": p["choices"]}
            for p in said["parameters"]
        },
        "quantities": [q | {"unit": q["unit"] or "1"} for q in said["quantities"]],
        "rubric": [_dense(p) for p in said["rubric"]],
        "mistakes": [_dense(m) for m in said["mistakes"]],
        "follow_ups": [_dense(f) for f in said["follow_ups"]],
        "invites": said["invites"],
        "model_answer": reply.model_answer,
        "provenance": {**known["provenance"], "written_by": "model", "reviewed_by": []},
    }


def as_reply(family: Family) -> Filling:
    """Return a family in the form of the reply: the example that a model is shown."""
    parameters = [
        ParameterReply(name=name, table=p.from_ or "none", choices=list(p.choices), unit=p.unit)
        for name, p in family.parameters.items()
    ]
    quantities = [QuantityReply(**q.model_dump(include=set(QuantityReply.model_fields))) for q in family.quantities]
    plain = family.model_dump(mode="json", include=set(Filling.model_fields) - {"parameters", "quantities"})
    plain["rubric"] = [_full(PointReply, p) for p in plain["rubric"]]
    plain["mistakes"] = [_full(MistakeReply, m) for m in plain["mistakes"]]
    return Filling.model_validate({**plain, "parameters": parameters, "quantities": quantities})


def typed_keys(family: Family, tables: Mapping[str, Any]) -> list[str]:
    """Return, for each key that a formula holds rather than computes, a line that says so."""
    says = []
    values = _values(family, tables)
    for spec in family.quantities:
        uses, found = _uses(family, spec.name), values.get(spec.name, set())
        if spec.role == "given":
            continue
        if not uses:
            says.append(f"quantity {spec.name}: '{spec.formula}' uses no parameter; a key is computed, never typed in")
        elif len(found) == 1 and any(len(set(family.parameters[name].choices)) > 1 for name in uses):
            says.append(
                f"quantity {spec.name}: '{spec.formula}' is the same in every draw although its parameters vary"
            )
        elif len(found) == 1 and _holds(spec, *found):
            says.append(f"quantity {spec.name}: its own value stands in '{spec.formula}'")
    return says


class Drafting:
    """The versioned templates of the drafter.

    Args:
        texts: template text by name, one for each of `NAMES`.

    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._templates = Templates(texts, NAMES)
        self._render = self._templates.render

    @property
    def digest(self) -> str:
        """The hash of all templates."""
        return self._templates.digest

    def prefix(self, vault: Vault) -> tuple[str, ...]:
        """Return the static blocks, the same for every draft: instructions, what the vault knows, an example."""
        taxonomy, tables = vault.taxonomy, vault.tables
        rules = self._render("instructions", criteria=vault.rubric_for("question").criteria)
        about = self._render("vault", taxonomy=taxonomy, tables={n: _fields(t) for n, t in tables.items()})
        family = vault.families.get(EXAMPLE)
        if family is None:
            return rules, about
        shown = json.dumps(as_reply(family).model_dump(mode="json"), ensure_ascii=False, indent=1)
        return rules, about, self._render("example", reply=shown)

    def draft(self, draft: Draft, known: Mapping[str, Any], material: str, claims: Sequence[str]) -> str:
        """Return the part that varies.

        Args:
            draft: what was imported.
            known: its skeleton.
            material: its text, fenced as data.
            claims: what recomputing its numbers gave.

        """
        place = {name: known[name] for name in ("topic", "track", "phase", "areas") if known[name]}
        return self._render(
            "draft", place=place, material=material, claims=claims, flags=[FLAGS[f] for f in draft.flags]
        )

    def findings(self, demands: Sequence[str]) -> str:
        """Return the words of the one retry."""
        return self._render("findings", demands=demands)


def material(draft: Draft) -> str:
    """Return what a model may read of a draft: a broken answer is left out, nothing may be made of half a sentence."""
    whole = not {"truncated_answer", "stub_answer"} & set(draft.flags)
    parts = [("Title", draft.title), ("Question", draft.prompt)]
    if whole:
        parts += [("Answer", draft.answer), ("Working", draft.working), ("Common mistake", draft.mistake)]
    return "\n\n".join(f"{name}\n{text.strip()}" for name, text in parts if text.strip())


def _fields(table: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a table's entries grouped by the numeric fields that they share, with units."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, entry in table.items():
        shown = tuple(
            f"{field} ({raw['unit']})" if isinstance(raw, Mapping) else field
            for field, raw in entry.items()
            if isinstance(raw, Mapping | int | float)
        )
        groups.setdefault(shown, []).append(name)
    return [{"entries": names, "fields": list(shown)} for shown, names in groups.items()]


def _uses(family: Family, name: str) -> set[str]:
    """Return the parameters that a quantity's formula comes to, through the quantities it uses."""
    formulas = {q.name: q.formula for q in family.quantities}
    found: set[str] = set()
    seen: set[str] = set()
    wanted = {name}
    while wanted:
        one = wanted.pop()
        seen.add(one)
        head = one.partition(".")[0]
        if head in family.parameters:
            found.add(head)
        elif one in formulas:
            wanted |= names_in(formulas[one]) - seen
    return found


def _values(family: Family, tables: Mapping[str, Any]) -> dict[str, set[float]]:
    """Return the values of each key over draws spread evenly; empty where a formula fails, which lint reports."""
    everything = list(draws(family))
    found: dict[str, set[float]] = {}
    with contextlib.suppress(Invalid):
        for picked in everything[:: max(1, -(-len(everything) // _DRAWS))]:
            for key in keys(family, tables, picked):
                found.setdefault(key.name, set()).add(key.value)
    return found


def _holds(spec: QuantitySpec, key: float) -> bool:
    """Whether a formula has its own value as a constant, plain or with a unit; 1 and 2 are too common to tell."""
    unit = parse_unit(spec.unit)
    for node in ast.walk(ast.parse(spec.formula, mode="eval")):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            if abs(node.value) > 2 and agrees(float(node.value), key, 1e-3):
                return True
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "q":
            try:
                value = express(evaluate(ast.unparse(node), {}), unit)
            except Invalid:
                continue
            if abs(value) > 2 and agrees(value, key, 1e-3):
                return True
    return False


def _dense(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part without its empty fields, as people write families."""
    return {name: value for name, value in part.items() if value not in ("", [], None)}


def _full(model: type[BaseModel], part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if part[name] is None else part[name] for name in model.model_fields}
