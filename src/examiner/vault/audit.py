"""Recompute every key of the vault, by two routes, and match keys to values that others published.

Pure but for the tables it is given. The second route is plain Python over plain numbers, written from a family's
prose; it is handed in, because it lives above the vault.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from examiner.domain.arithmetic import Quantity, agrees, express
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid
from examiner.domain.question import Family, Instance, Key, Scalar
from examiner.domain.units import parse_unit
from examiner.vault.catalogue import Catalogue, Finding, check_claims
from examiner.vault.importing.drafts import Imported
from examiner.vault.model import Vault
from examiner.vault.read import load_yaml
from examiner.vault.render import combinations, draws, render_with, show

PER_FAMILY = 60  # variants counted per family at the most
_SAME = 1e-6  # relative; two exact routes differ by rounding errors only

# Plain numbers of the drawn parameters in, quantity name to value in the key's unit out.
Route = Callable[[Mapping[str, Any]], Mapping[str, float]]


class FamilyAudit(Frozen):
    """One family: draws looked at, keys computed, keys that a second route confirmed, distinct final keys, disputes."""

    family: str
    draws: int
    keys: int
    second_route: int = 0
    variants: int
    disputed: tuple[str, ...] = ()


class Published(Frozen):
    """A value that somebody published, and the key it should match: parameters pick the draw."""

    family: str
    quantity: str
    parameters: dict[str, Scalar]
    value: float
    unit: str
    tolerance: float = 0.03
    source: str


class PublishedValues(Frozen):
    """`vault/published.yaml`: the values, and the shapes of models and accelerators that only they speak of."""

    shapes: dict[str, dict[str, dict[str, Any]]] = {}
    values: tuple[Published, ...] = ()


class Match(Frozen):
    """A published value beside our key."""

    published: Published
    key: float | None
    agrees: bool
    reason: str = ""


class Audit(Frozen):
    """The whole vault.

    `keys` counts computed keys over all draws; `quantities` the named quantities that are graded; `second_route` how
    many keys, and `second_route_quantities` how many quantities, an independent route confirmed.
    """

    families: int
    keys: int
    quantities: int
    second_route: int
    second_route_quantities: int
    second_route_families: int
    without_second_route: tuple[str, ...]
    published: int
    published_matched: int
    variants: int
    disputed: int
    rows: tuple[FamilyAudit, ...]
    matches: tuple[Match, ...] = ()


def audit(vault: Vault, routes: Mapping[str, Route] | None = None, published: PublishedValues | None = None) -> Audit:
    """Recompute the keys of every draw, by the second route too where there is one; dispute what does not hold."""
    routes = routes or {}
    rows = tuple(audit_family(f, vault.tables, routes.get(f.id)) for _, f in sorted(vault.families.items()))
    published = published or PublishedValues()
    tables = {name: {**table, **published.shapes.get(name, {})} for name, table in vault.tables.items()}
    matches = tuple(match(vault, tables, entry) for entry in published.values)
    graded = {f.id: [q.name for q in f.quantities if q.role != "given"] for f in vault.families.values()}
    confirmed = {r.family for r in rows if r.second_route and not r.disputed}
    return Audit(
        families=len(rows),
        keys=sum(r.keys for r in rows),
        quantities=sum(map(len, graded.values())),
        second_route=sum(r.second_route for r in rows),
        second_route_quantities=sum(len(graded[name]) for name in confirmed),
        second_route_families=len(confirmed),
        without_second_route=tuple(sorted(name for name, keys in graded.items() if keys and name not in routes)),
        published=len(matches),
        published_matched=sum(m.agrees for m in matches),
        variants=sum(r.variants for r in rows),
        disputed=sum(len(r.disputed) for r in rows) + sum(not m.agrees for m in matches),
        rows=rows,
        matches=matches,
    )


def audit_family(family: Family, tables: Mapping[str, Any], route: Route | None = None) -> FamilyAudit:
    """Recompute the keys of a family over its draws; see `PER_FAMILY` for what counts as a variant."""
    keys = seen = second = 0
    finals: set[tuple[str, ...]] = set()
    disputed: list[str] = []
    for picked in islice(draws(family), 4 * PER_FAMILY):
        seen += 1
        try:
            instance = render_with(family, tables, picked)
        except Invalid as error:
            disputed.append(str(error))
            continue
        graded = [k for k in instance.keys if k.role != "given"]
        keys += len(graded)
        rounded = tuple(f"{k.value:.3g}" for k in instance.keys if k.role == "final")
        finals.add(rounded or tuple(map(str, picked.values())))
        disputed += _impossible(instance)
        if route is not None:
            confirmed, against = _compare(graded, route, plain(family, tables, picked))
            second += confirmed
            disputed += against
    return FamilyAudit(
        family=family.id,
        draws=min(combinations(family), seen),
        keys=keys,
        second_route=second,
        variants=min(len(finals), PER_FAMILY),
        disputed=tuple(dict.fromkeys(disputed)),
    )


def plain(family: Family, tables: Mapping[str, Any], picked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drawn parameters as plain numbers: a table entry becomes a mapping of its fields, units left out."""
    made: dict[str, Any] = {}
    for name, parameter in family.parameters.items():
        value = picked[name]
        if parameter.from_ is None:
            made[name] = value
        else:
            entry = tables[parameter.from_][str(value)]
            made[name] = {k: v["value"] if isinstance(v, dict) else v for k, v in entry.items()}
    return made


def match(vault: Vault, tables: Mapping[str, Any], entry: Published) -> Match:
    """Return a published value beside the key of its draw, both in the published unit."""
    try:
        family = vault.families[entry.family]
        first = next(draws(family))
        if set(entry.parameters) - set(first):
            raise Invalid(f"no parameter {', '.join(sorted(set(entry.parameters) - set(first)))}")
        instance = render_with(family, tables, first | entry.parameters)
        key = next(k for k in instance.keys if k.name == entry.quantity)
        value = express(Quantity(key.value, parse_unit(key.unit)), parse_unit(entry.unit))
    except KeyError:
        return Match(published=entry, key=None, agrees=False, reason=f"there is no family '{entry.family}'")
    except StopIteration:
        return Match(published=entry, key=None, agrees=False, reason=f"no quantity '{entry.quantity}'")
    except Invalid as error:
        return Match(published=entry, key=None, agrees=False, reason=str(error))
    good = agrees(value, entry.value, entry.tolerance)
    reason = "" if good else f"the key is {show(value)} {entry.unit}, published {show(entry.value)} {entry.unit}"
    return Match(published=entry, key=value, agrees=good, reason=reason)


def read_published(root: Path) -> PublishedValues:
    """Return `vault/published.yaml`, empty where there is none. Raises Invalid with the entry and field."""
    path = root / "vault" / "published.yaml"
    if not path.is_file():
        return PublishedValues()
    try:
        return PublishedValues.model_validate(load_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"published.yaml: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def audit_imported(imported: Imported, catalogue: Catalogue, vault: Vault) -> list[Finding]:
    """Return the verdict on every claim of a collection that the catalogue has a formula for."""
    return check_claims(catalogue, _texts(imported), vault.tables["models"])


def _texts(imported: Imported) -> Iterator[tuple[str, str]]:
    for draft in imported.drafts:
        yield f"{draft.id} ({draft.origin.where})", draft.claims_in
    for passage in imported.passages:
        yield passage.where, passage.text


def _compare(graded: Sequence[Key], route: Route, values: Mapping[str, Any]) -> tuple[int, list[str]]:
    try:
        told = route(values)
    except (ArithmeticError, KeyError, ValueError, TypeError) as error:
        return 0, [f"the second route fails: {type(error).__name__}: {error}"]
    confirmed, against = 0, []
    for key in graded:
        if key.name not in told:
            against.append(f"the second route says nothing of {key.name}")
        elif agrees(key.value, told[key.name], _SAME) or key.value == told[key.name]:
            confirmed += 1
        else:
            against.append(
                f"{key.name}: {key.value:.6g} {key.unit} by formula, {told[key.name]:.6g} by the second route"
            )
    return confirmed, against


def _impossible(instance: Instance) -> list[str]:
    """Return the keys of an instance that no physical system can have."""
    found = []
    for key in instance.keys:
        if key.value <= 0:
            found.append(f"{key.name} is {key.value:g} {key.unit}")
        if key.unit in ("%", "ratio") and "share" in key.say and key.value > (100 if key.unit == "%" else 1):
            found.append(f"{key.name} is a share of {key.value:g} {key.unit}")
    return found
