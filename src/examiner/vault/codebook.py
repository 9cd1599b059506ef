"""The codebook of `taxonomy.yaml` as code: what a prompt asks for decides its zone and its level."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from examiner.domain.question import Family

SESSIONS = {"design": ("compute", "explain", "design"), "debug": ("compute", "check")}  # asked by the form alone
_STRONG = ("design", "specify", "check")  # each takes in whatever else is asked in words
# Words that stand in a prompt for one kind of request only; `requests` of the taxonomy says the rest in prose.
_PLAIN = {
    "compute": re.compile(r"\bhow (?:many|large)\b|\b(?:which|what) share\b|\bby (?:which|what) factor\b", re.I),
    "explain": re.compile(r"\bwhy\b", re.I),
    "choose": re.compile(r"\bwhich (?:one )?do you (?:choose|deploy|train|build)\b|\bdecide\b", re.I),
    "change": re.compile(r"\bwhat (?:would|do) you (?:change|do)\b", re.I),
}
_TAKEN_IN = {"compute": (), "explain": _STRONG, "choose": _STRONG, "change": (*_STRONG, "choose")}


def skills_of(asks: Collection[str], taxonomy: Mapping[str, Any]) -> frozenset[str]:
    """Return the skills that requests of these kinds need."""
    return frozenset(skill for kind in asks for skill in taxonomy["requests"][kind]["skills"])


def zone_of(asks: Collection[str], taxonomy: Mapping[str, Any]) -> str | None:
    """Return the zone that the set of skills stands under; None for a prompt that asks nothing."""
    skills = skills_of(asks, taxonomy)
    return next((zone for zone, entry in taxonomy["zones"].items() if skills in _sets(entry)), None)


def level_of(asks: Collection[str], taxonomy: Mapping[str, Any]) -> str | None:
    """Return the highest level that lists one of the kinds; None for a prompt that asks nothing."""
    highest_first = reversed(taxonomy["levels"].items())
    return next((level for level, entry in highest_first if set(entry["asks"]) & set(asks)), None)


def misread(family: Family, taxonomy: Mapping[str, Any]) -> Iterator[str]:
    """Yield every disagreement of a family with the codebook; nothing where the taxonomy holds none."""
    kinds = taxonomy.get("requests")
    if not kinds:
        return
    unknown = sorted(set(family.asks) - set(kinds))
    if unknown or not family.asks:
        yield f"asks: say which of {', '.join(kinds)} the prompt asks for" + (f", not {unknown[0]}" if unknown else "")
        return
    for field, read in (("zone", zone_of(family.asks, taxonomy)), ("level", level_of(family.asks, taxonomy))):
        if getattr(family, field) != read:
            yield f"{field} '{getattr(family, field)}' is not what the requests give: {read}"
    yield from _against_the_data(family)
    yield from _against_the_words(family, kinds)


def _against_the_data(family: Family) -> Iterator[str]:
    final = any(quantity.role == "final" for quantity in family.quantities)
    if final != ("compute" in family.asks):
        yield "asks: compute belongs to a final quantity, and a final quantity to compute"
    if family.kind in SESSIONS:
        if set(family.asks) != set(SESSIONS[family.kind]):
            yield f"asks: a {family.kind} session asks for {', '.join(SESSIONS[family.kind])}"
        return
    strong = set(_STRONG) & set(family.asks)
    if (strong and set(family.asks) - strong - {"compute"}) or len(strong) > 1:
        yield f"asks: {min(strong)} takes in every other request in words"
    if "choose" in family.asks and "change" in family.asks:
        yield "asks: choose takes in change"
    if "name" in family.asks and set(family.asks) - {"name", "compute"}:
        yield "asks: name stands alone or beside compute"


def _against_the_words(family: Family, kinds: Mapping[str, Any]) -> Iterator[str]:
    if family.kind in SESSIONS:
        return
    prompt = " ".join(family.prompt.split()).lower()
    for kind in family.asks:
        words = kinds[kind].get("words", ())
        if words and not any(re.search(rf"\b{re.escape(word)}\b", prompt) for word in words):
            yield f"asks: nothing in the prompt asks to {kind}"
    for kind, plain in _PLAIN.items():
        found = plain.search(prompt)
        if found and kind not in family.asks and not set(family.asks) & set(_TAKEN_IN[kind]):
            yield f"asks: '{found.group()}' in the prompt asks to {kind}"


def _sets(zone: Mapping[str, Any]) -> list[frozenset[str]]:
    return [frozenset(zone["skills"]), *(frozenset(other) for other in zone.get("also", ()))]
