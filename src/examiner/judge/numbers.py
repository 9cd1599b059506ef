"""Grade the numbers of an answer against the keys, by code. No judge can overrule this.

For every step and final quantity the best statement of the candidate is found by log ratio and explained:
right, carried forward from an earlier wrong number, a recognised mistake, disputed, or wrong in unit, power, factor.
"""

import re
from collections.abc import Mapping, Sequence

from examiner.domain.arithmetic import Quantity, agrees, evaluate, express, names_in
from examiner.domain.errors import Invalid
from examiner.domain.question import Instance, Key, Point
from examiner.domain.score import NumberVerdict, PointVerdict, Turn, Verdict
from examiner.domain.units import Unit, parse_unit
from examiner.judge.stated import (
    Said,
    aimed,
    article,
    below,
    elsewhere,
    matches,
    named,
    nouns,
    power_of,
    slip,
    statements,
    unit_of,
)

_FACTORS = (2.0, 0.5, 4.0, 0.25, 8.0, 0.125, 3.0, 1 / 3)
_CORRECTS = re.compile(r"\b(?:correction|sorry|actually|i meant|i misspoke|should (?:be|have been))\b[^.;!?\d]{0,30}$")


def verify(turns: Sequence[Turn], instance: Instance) -> tuple[NumberVerdict, ...]:
    """Return one verdict for every step and final quantity of the instance.

    Numbers that merely repeat the question are no evidence, unless they are said as a result.
    """
    keys = [key for key in instance.keys if key.role != "given"]
    if not keys:
        return ()
    said = statements(turns)
    verdicts: dict[str, NumberVerdict] = {}
    for key in keys:
        verdicts[key.name] = _verdict(key, said, turns, instance, verdicts)
    return tuple(verdicts.values())


_NUMERIC: dict[str, Verdict] = {
    "right": "met",
    "carried": "met",
    "disputed": "disputed",
    "mistake": "not_met",
    "wrong": "not_met",
    "wrong_unit": "partly",
    "wrong_power": "partly",
    "missing_factor": "partly",
    "absent": "not_met",
}


def numeric(point: Point, number: NumberVerdict, turns: Sequence[Turn]) -> PointVerdict:
    """Return the verdict of a point that is a number: code's, in code's words."""
    span = number.span
    words = f"number {number.verdict.replace('_', ' ')}"
    return PointVerdict(
        point=point.id,
        criterion=point.criterion,
        claim=point.claim,
        verdict=_NUMERIC[number.verdict],
        quote=turns[span.turn].text[span.start : span.end] if span else "",
        span=span,
        confidence=0.99,
        prompted=span is not None and span.turn > 0,
        reason=f"{words}: {number.note}" if number.note else words,
    )


def _verdict(
    key: Key,
    said: Sequence[Said],
    turns: Sequence[Turn],
    instance: Instance,
    earlier: Mapping[str, NumberVerdict],
) -> NumberVerdict:
    unit = parse_unit(key.unit)
    target = key.value * unit.factor
    last_first = list(reversed(said))
    right = [s for s in last_first if matches(s, target, key, unit) and not _slipped(s, key, unit, instance)]
    instead = _instead(right, last_first, key, unit, instance) if right else None
    if instead is not None:
        right, last_first = [], [instead]
    if right:
        return _made(key, "right", right[0], _reading_note(right[0], target, key))
    for alternative in key.alternatives:
        for s in last_first:
            if matches(s, alternative.value * unit.factor, key, unit) and _states(alternative.words, turns):
                return _made(key, "disputed", s, f"follows from {alternative.label}, which the answer states")
    carried = _carried(key, last_first, instance, earlier, unit)
    if carried is not None:
        return carried
    spare = _spare(key, last_first, instance)
    for signature in instance.signatures:
        if signature.quantity != key.name:
            continue
        for s in spare:
            if matches(s, signature.value * unit.factor, key, unit):
                means = next((m.means for m in instance.mistakes if m.id == signature.mistake), "")
                return _made(key, "mistake", s, means, mistake=signature.mistake)
    return _explained(key, _unclaimed(key, last_first, instance, earlier), target, unit, instance)


def _instead(
    right: Sequence[Said], last_first: Sequence[Said], key: Key, unit: Unit, instance: Instance
) -> Said | None:
    """Return the number that the answer gives for the key although the right one stands in it too, or None.

    It is a later correction; or a result said for this very key where the right number is only mentioned somewhere.
    """
    corrected = _correction(right[0], last_first, key, unit)
    if corrected is not None or any(s.found.is_result for s in right):
        return corrected
    return next((s for s in last_first if _for(s, key, unit, instance)), None)


def _for(s: Said, key: Key, unit: Unit, instance: Instance) -> bool:
    """Tell whether a number is said as the result for this key: in its unit, beside its name, and no other key's figure."""
    if not s.found.is_result or s.unit.hard != unit.hard or elsewhere(s, unit):
        return False
    ratio = key.unit in ("x", "%") and s.found.unit == key.unit
    if set(nouns(s.unit)) != set(nouns(unit)) or not (unit.hard or nouns(unit) or ratio):
        return False
    others = [(k, parse_unit(k.unit)) for k in instance.keys if k.name != key.name]
    if any(s.unit.hard == u.hard and matches(s, k.value * u.factor, k, u) for k, u in others):
        return False
    rivals = [k for k, u in others if u.hard == unit.hard and (unit.hard or u.soft == unit.soft)]
    return named(s.near, key, [k for k, _ in others]) or not (unit.hard or rivals)


def _slipped(s: Said, key: Key, unit: Unit, instance: Instance) -> bool:
    """Tell whether a number is rather another key's, a power of ten off: in a sentence that names only that key.

    Two keys may have the same figure, one in ms and one in s.
    """
    said = s.before.rpartition(". ")[2] + s.found.text.lower()
    for other in instance.keys:
        its = parse_unit(other.unit)
        if not unit.hard or its.hard != unit.hard or its.factor == unit.factor or not other.value:
            continue
        twins = power_of(key.value * unit.factor / (other.value * its.factor))
        if twins and named(said, other, [key]) and not named(said, key, [other]):
            return True
    return False


def _correction(right: Said, last_first: Sequence[Said], key: Key, unit: Unit) -> Said | None:
    """Return a later number that explicitly replaces the right one ("correction: = 64 KiB per token")."""
    for s in last_first:
        if (s.turn, s.found.start) <= (right.turn, right.found.start):
            return None
        meant = s.found.is_result or (below(s.unit) and below(s.unit) == below(unit))
        if s.unit.hard == unit.hard and meant and not elsewhere(s, unit) and _CORRECTS.search(s.before):
            return s
    return None


def _spare(key: Key, said: Sequence[Said], instance: Instance) -> list[Said]:
    """Leave out, for every other key, the one statement that is its own: a right number is nobody's mistake."""
    left = list(said)
    for other in instance.keys:
        if other.name == key.name:
            continue
        unit = parse_unit(other.unit)
        own = next((s for s in left if matches(s, other.value * unit.factor, other, unit)), None)
        if own is not None:
            left.remove(own)
    return left


def _unclaimed(key: Key, said: Sequence[Said], instance: Instance, earlier: Mapping[str, NumberVerdict]) -> list[Said]:
    """Leave out numbers that are another key's: already graded there, equal to it, or said per something else."""
    unit = parse_unit(key.unit)
    taken = {v.span for v in earlier.values() if v.span is not None}
    others = [(k, parse_unit(k.unit)) for k in instance.keys if k.name != key.name]
    return [
        s
        for s in said
        if s.span not in taken
        and not elsewhere(s, unit)
        and not any(s.unit.hard == u.hard and matches(s, k.value * u.factor, k, u) for k, u in others)
        and (slip(s, key, unit) or not any(slip(s, k, u) for k, u in others))
    ]


def _plausible(s: Said, key: Key, unit: Unit, instance: Instance) -> bool:
    """Tell whether a result that matches nothing was meant for this key and not for a rival in the same unit."""
    rivals = [k for k in instance.keys if k.name != key.name and parse_unit(k.unit).hard == unit.hard]
    if not rivals or (below(unit) and below(s.unit) == below(unit)):
        return True
    return named(s.near, key, rivals)


def _states(words: Sequence[str], turns: Sequence[Turn]) -> bool:
    text = " ".join(turn.text for turn in turns).lower()
    return any(word.lower() in text for word in words)


def _carried(
    key: Key, said: Sequence[Said], instance: Instance, earlier: Mapping[str, NumberVerdict], unit: Unit
) -> NumberVerdict | None:
    """Recompute the key from an earlier wrong number; its steps that follow earn their own points."""
    wrong = {
        name: verdict
        for name, verdict in earlier.items()
        if verdict.value is not None and verdict.verdict not in ("right", "absent") and name in _depends(key, instance)
    }
    if not wrong:
        return None
    names = {name: Quantity(m.value, parse_unit(m.unit)) for name, m in instance.inputs.items()}
    for other in instance.keys:
        stated = wrong.get(other.name)
        if stated is not None and stated.value is not None:
            names[other.name] = Quantity(stated.value, unit_of(stated.unit))
            continue
        try:
            names[other.name] = evaluate(other.formula, names)
        except Invalid:
            return None
        if other.name == key.name:
            break
    try:
        target = express(names[key.name], unit) * unit.factor
    except (Invalid, KeyError):
        return None
    spoiled = {verdict.span for verdict in wrong.values()}  # a figure does not follow from itself
    for s in said:
        if s.span not in spoiled and matches(s, target, key, unit):
            source = ", ".join(sorted(wrong))
            return _made(key, "carried", s, f"follows correctly from the earlier figure for {source}")
    return None


def _depends(key: Key, instance: Instance) -> set[str]:
    formulas = {k.name: k.formula for k in instance.keys}
    seen: set[str] = set()
    queue = [key.name]
    while queue:
        for name in names_in(formulas[queue.pop()]):
            if name in formulas and name not in seen:
                seen.add(name)
                queue.append(name)
    return seen


def _explained(key: Key, said: Sequence[Said], target: float, unit: Unit, instance: Instance) -> NumberVerdict:
    """No statement matches: say in which way the nearest one is off, or that there is none."""
    same = [s for s in said if s.unit.hard == unit.hard and (unit.hard or _counts(s, key)) and not article(s)]
    for s in said:
        if unit.hard and s.unit.hard and s.unit.hard != unit.hard and s.found.is_result:
            shown = s.found.value if isinstance(s.found.value, float | int) else s.found.value[0]
            if agrees(float(shown), key.value, key.tolerance):
                return _made(key, "wrong_unit", s, f"the figure is right, the unit should be {key.unit}")
    for s in same:
        if s.found.is_result or aimed(s, key):
            ratio = s.values[0] / target if target else 0.0
            power = power_of(ratio)
            if power:
                return _made(key, "wrong_power", s, f"off by {power}")
            for factor, name in _factors(instance):
                if ratio > 0 and agrees(ratio, factor, key.tolerance):
                    return _made(key, "missing_factor", s, f"off by a factor of {factor:.3g}{name}")
    for s in same:
        if s.found.is_result and _plausible(s, key, unit, instance):
            return _made(key, "wrong", s, "")
    return NumberVerdict(quantity=key.name, verdict="absent", role=key.role, key=key.value, key_unit=key.unit)


def _counts(s: Said, key: Key) -> bool:
    """Tell whether a number without a dimension is said for this key: a share or a factor carries its sign or its name."""
    if key.unit in ("x", "%") and s.found.unit not in ("x", "%"):
        return named(s.near, key, ())
    return aimed(s, key)


def _factors(instance: Instance) -> list[tuple[float, str]]:
    """Return the factors that get lost: small ones, and each plain given such as the number of layers."""
    made = [(factor, "") for factor in _FACTORS]
    for name, measure in instance.inputs.items():
        if measure.value > 1 and not parse_unit(measure.unit).hard:
            made += [(measure.value, f" ({name})"), (1 / measure.value, f" ({name})")]
    return made


def _reading_note(s: Said, target: float, key: Key) -> str:
    if s.found.base_unit == "1" and parse_unit(key.unit).hard:
        return f"unit missing; taken as {key.unit}"
    if agrees(s.values[0], target, key.tolerance):
        return ""
    return "read with the other meaning of kilo (1,000 or 1,024)"


def _made(key: Key, verdict: str, s: Said, note: str, mistake: str | None = None) -> NumberVerdict:
    base = s.found.base_value if not isinstance(s.found.base_value, tuple) else s.found.base_value[0]
    return NumberVerdict(
        quantity=key.name,
        verdict=verdict,
        role=key.role,
        stated=s.found.text,
        value=base,
        unit=s.found.base_unit,
        key=key.value,
        key_unit=key.unit,
        span=s.span,
        mistake=mistake,
        note=note,
    )
