"""Grade the numbers of an answer against the keys, by code. No judge can overrule this.

For every step and final quantity the best statement of the candidate is found by log ratio and explained:
right, carried forward from an earlier wrong number, a recognised mistake, disputed, or wrong in unit, power, factor.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from examiner.domain.arithmetic import Quantity, agrees, evaluate, express, names_in
from examiner.domain.errors import Invalid
from examiner.domain.question import Instance, Key, Point
from examiner.domain.score import NumberVerdict, PointVerdict, Span, Turn, Verdict
from examiner.domain.units import Unit, parse_unit
from examiner.judge.quantities import Found, find

_FACTORS = (2.0, 0.5, 4.0, 0.25, 8.0, 0.125, 3.0, 1 / 3)
_PREFIX = re.compile(r"([kKMGTP])(i?)B\b")
_POWER = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_SMALL = 16  # a plain whole number up to here is matched only where it is said as a result or beside its name
_CLOSING = re.compile(r"\b(?:fit|fits|hold|holds|room for|in total|altogether|gives|yields|makes)\b")
_WORD = re.compile(r"[a-z]{4,}")
_NEAR = 60  # characters looked at before a number
_CORRECTS = re.compile(r"\b(?:correction|sorry|actually|i meant|i misspoke|should (?:be|have been))\b[^.;!?\d]{0,30}$")


@dataclass(frozen=True)
class _Said:
    """One number of the candidate, with its turn and its value in base units."""

    found: Found
    turn: int
    unit: Unit
    values: tuple[float, ...]
    near: str
    before: str

    @property
    def span(self) -> Span:
        return Span(turn=self.turn, start=self.found.start, end=self.found.end)


def verify(turns: Sequence[Turn], instance: Instance) -> tuple[NumberVerdict, ...]:
    """Return one verdict for every step and final quantity of the instance.

    Numbers that merely repeat the question are no evidence, unless they are said as a result.
    """
    keys = [key for key in instance.keys if key.role != "given"]
    if not keys:
        return ()
    said = _statements(turns)
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


_LOOSELY = frozenset(["once", "twice", "thrice", "double", "triple", "doubled", "tripled"])


def _statements(turns: Sequence[Turn]) -> list[_Said]:
    said = []
    for number, turn in enumerate(turns):
        given = {(round(v, 9), f.base_unit) for f in find_cached(turn.asked) for v in f.readings()}
        for found in find_cached(turn.text):
            if found.retracted:
                continue
            if not found.is_result and all((round(v, 9), found.base_unit) in given for v in found.readings()):
                continue
            unit = _unit(found.base_unit)
            before = turn.text[max(0, found.start - _NEAR) : found.start].lower()
            near = before + turn.text[found.start : found.end + 40].lower()
            said.append(_Said(found, number, unit, tuple(v * unit.factor for v in found.readings()), near, before))
    return said


@lru_cache(maxsize=4096)
def find_cached(text: str) -> tuple[Found, ...]:
    """Return `find(text)`, remembered: prompts and follow-ups recur."""
    return find(text)


@lru_cache(maxsize=512)
def _unit(text: str) -> Unit:
    try:
        return parse_unit(text)
    except Invalid:
        return parse_unit("1")


def _verdict(
    key: Key,
    said: Sequence[_Said],
    turns: Sequence[Turn],
    instance: Instance,
    earlier: Mapping[str, NumberVerdict],
) -> NumberVerdict:
    unit = parse_unit(key.unit)
    target = key.value * unit.factor
    last_first = list(reversed(said))
    right = [s for s in last_first if _matches(s, target, key, unit)]
    correction = _correction(right[0], last_first, key, unit) if right else None
    if correction is not None:
        right, last_first = [], [correction]
    if right:
        return _made(key, "right", right[0], _reading_note(right[0], target, key))
    for alternative in key.alternatives:
        for s in last_first:
            if _matches(s, alternative.value * unit.factor, key, unit) and _states(alternative.words, turns):
                return _made(key, "disputed", s, f"follows from {alternative.label}, which the answer states")
    carried = _carried(key, last_first, instance, earlier, unit)
    if carried is not None:
        return carried
    spare = _spare(key, last_first, instance)
    for signature in instance.signatures:
        if signature.quantity != key.name:
            continue
        for s in spare:
            if _matches(s, signature.value * unit.factor, key, unit):
                means = next((m.means for m in instance.mistakes if m.id == signature.mistake), "")
                return _made(key, "mistake", s, means, mistake=signature.mistake)
    return _explained(key, _unclaimed(key, last_first, instance, earlier), target, unit, instance)


def _correction(right: _Said, last_first: Sequence[_Said], key: Key, unit: Unit) -> _Said | None:
    """Return a later number that explicitly replaces the right one ("correction: = 64 KiB per token")."""
    for s in last_first:
        if (s.turn, s.found.start) <= (right.turn, right.found.start):
            return None
        aimed = s.found.is_result or (_below(s.unit) and _below(s.unit) == _below(unit))
        if s.unit.hard == unit.hard and aimed and not _elsewhere(s, unit) and _CORRECTS.search(s.before):
            return s
    return None


def _below(unit: Unit) -> set[str]:
    """Return what the unit is counted per: `KiB/token` is per token."""
    return {name for name, power in unit.soft if power < 0}


def _elsewhere(s: _Said, unit: Unit) -> bool:
    """Tell whether a number says itself that it is per something else than the key."""
    return bool(_below(s.unit)) and bool(_below(unit)) and _below(s.unit) != _below(unit)


def _spare(key: Key, said: Sequence[_Said], instance: Instance) -> list[_Said]:
    """Leave out, for every other key, the one statement that is its own: a right number is nobody's mistake."""
    left = list(said)
    for other in instance.keys:
        if other.name == key.name:
            continue
        unit = parse_unit(other.unit)
        own = next((s for s in left if _matches(s, other.value * unit.factor, other, unit)), None)
        if own is not None:
            left.remove(own)
    return left


def _unclaimed(
    key: Key, said: Sequence[_Said], instance: Instance, earlier: Mapping[str, NumberVerdict]
) -> list[_Said]:
    """Leave out numbers that are another key's: already graded there, equal to it, or said per something else."""
    unit = parse_unit(key.unit)
    taken = {v.span for v in earlier.values() if v.span is not None}
    others = [(k, parse_unit(k.unit)) for k in instance.keys if k.name != key.name]
    return [
        s
        for s in said
        if s.span not in taken
        and not _elsewhere(s, unit)
        and not any(s.unit.hard == u.hard and _matches(s, k.value * u.factor, k, u) for k, u in others)
    ]


def _plausible(s: _Said, key: Key, unit: Unit, instance: Instance) -> bool:
    """Tell whether a result that matches nothing was meant for this key and not for a rival in the same unit."""
    rivals = [k for k in instance.keys if k.name != key.name and parse_unit(k.unit).hard == unit.hard]
    if not rivals or (_below(unit) and _below(s.unit) == _below(unit)):
        return True
    shared = {word for k in rivals for word in _WORD.findall(f"{k.say} {k.unit}".lower())}
    own = set(_WORD.findall(f"{key.say} {key.unit}".lower())) - shared
    return any(word[:5] in s.near for word in own)


def _matches(s: _Said, target: float, key: Key, unit: Unit) -> bool:
    if s.found.text.lower() in _LOOSELY and key.unit not in ("x", "1"):
        return False  # "the work is done twice" is no percentage
    if not unit.hard and abs(key.value) <= _SMALL and key.value == int(key.value) and not _aimed(s, key):
        return False
    if s.unit.hard == unit.hard:
        if (
            s.unit.soft
            and unit.soft
            and not unit.hard
            and not set(_nouns(s.unit)) & set(_nouns(unit))
            and not _aimed(s, key)
        ):
            return False  # 32 layers are not 32 sequences
        return any(_close(s, v, target, key.tolerance) for v in s.values)
    if unit.hard and not s.unit.hard and s.found.base_unit == "1":
        # No unit said: the number alone must be the key's own figure.
        return s.found.is_result and any(agrees(v, target / unit.factor, key.tolerance) for v in s.values)
    return False


def _close(s: _Said, value: float, target: float, tolerance: float) -> bool:
    if agrees(value, target, tolerance):
        return True
    # "128 KB" for 128 KiB: accepted as the same figure read in the other system, and said so in the note.
    prefix = _PREFIX.search(s.found.unit)
    if prefix is None:
        return False
    slack = 1.024 ** _POWER[prefix[1]]
    return agrees(value / slack if prefix[2] else value * slack, target, min(tolerance, 0.005))


def _nouns(unit: Unit) -> list[str]:
    return [name for name, power in unit.soft if power > 0]


def _aimed(s: _Said, key: Key) -> bool:
    """Tell whether a small number is said as the result or right beside its name or unit."""
    if s.found.is_result:
        return True
    if _CLOSING.search(s.near):
        return True
    names = set(_WORD.findall(f"{key.say} {key.unit}".lower()))
    return any(word[:5] in s.near for word in names)


def _states(words: Sequence[str], turns: Sequence[Turn]) -> bool:
    text = " ".join(turn.text for turn in turns).lower()
    return any(word.lower() in text for word in words)


def _carried(
    key: Key, said: Sequence[_Said], instance: Instance, earlier: Mapping[str, NumberVerdict], unit: Unit
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
            names[other.name] = Quantity(stated.value, _unit(stated.unit))
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
    for s in said:
        if _matches(s, target, key, unit):
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


def _explained(key: Key, said: Sequence[_Said], target: float, unit: Unit, instance: Instance) -> NumberVerdict:
    """No statement matches: say in which way the nearest one is off, or that there is none."""
    same = [s for s in said if s.unit.hard == unit.hard and (unit.hard or _aimed(s, key))]
    for s in said:
        if unit.hard and s.unit.hard and s.unit.hard != unit.hard and s.found.is_result:
            shown = s.found.value if isinstance(s.found.value, float | int) else s.found.value[0]
            if agrees(float(shown), key.value, key.tolerance):
                return _made(key, "wrong_unit", s, f"the figure is right, the unit should be {key.unit}")
    for s in same:
        if s.found.is_result or _aimed(s, key):
            ratio = s.values[0] / target if target else 0.0
            power = _power_of(ratio)
            if power:
                return _made(key, "wrong_power", s, f"off by {power}")
            for factor, name in _factors(instance):
                if ratio > 0 and agrees(ratio, factor, key.tolerance):
                    return _made(key, "missing_factor", s, f"off by a factor of {factor:.3g}{name}")
    for s in same:
        if s.found.is_result and _plausible(s, key, unit, instance):
            return _made(key, "wrong", s, "")
    return NumberVerdict(quantity=key.name, verdict="absent", role=key.role, key=key.value, key_unit=key.unit)


def _factors(instance: Instance) -> list[tuple[float, str]]:
    """Return the factors that get lost: small ones, and each plain given such as the number of layers."""
    made = [(factor, "") for factor in _FACTORS]
    for name, measure in instance.inputs.items():
        if measure.value > 1 and not parse_unit(measure.unit).hard:
            made += [(measure.value, f" ({name})"), (1 / measure.value, f" ({name})")]
    return made


def _power_of(ratio: float) -> str:
    if ratio <= 0:
        return ""
    tens = math.log10(ratio)
    if round(tens) and abs(tens - round(tens)) < 0.012 and abs(tens) <= 12:
        return f"10^{round(tens)}"
    kibi = math.log2(ratio) / 10
    if round(kibi) and abs(kibi - round(kibi)) < 0.003:
        return f"2^{10 * round(kibi)}"
    return ""


def _reading_note(s: _Said, target: float, key: Key) -> str:
    if s.found.base_unit == "1" and parse_unit(key.unit).hard:
        return f"unit missing; taken as {key.unit}"
    if agrees(s.values[0], target, key.tolerance):
        return ""
    return "read with the other meaning of kilo (1,000 or 1,024)"


def _made(key: Key, verdict: str, s: _Said, note: str, mistake: str | None = None) -> NumberVerdict:
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
