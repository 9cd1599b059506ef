"""From base answers to trials: which answers are put before the judge side by side, and what was touched. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random
from typing import TypeVar

from examiner.calibration.probes import figures, injections, transforms
from examiner.calibration.probes.cases import NEUTRAL, Base, Case, Sentence, truth
from examiner.calibration.probes.transforms import Transform
from examiner.domain.question import Key, Point
from examiner.domain.rubric import Rubric
from examiner.domain.score import Turn, Verdict
from examiner.vault.render import show


@dataclass(frozen=True)
class Trial:
    """Answers to be compared, in this order; the first is the unchanged one.

    `touched` names the criteria whose sentences were changed; () where the change is to the whole text.
    """

    cases: tuple[Case, ...]
    touched: tuple[str, ...] = ()


T = TypeVar("T")
Builder = Callable[[Base, Random], Iterator[Trial]]
Choose = Callable[[Base], Sequence[Case]]


def whole(change: Transform, on: Choose) -> Builder:
    """Return a builder that changes the whole text of each chosen answer."""

    def build(base: Base, rng: Random) -> Iterator[Trial]:
        for case in on(base):
            changed = change(case.text, rng)
            if changed != case.text:
                yield Trial((case, case.saying(changed)))

    return build


def _any(base: Base) -> Sequence[Case]:
    return base.any


def _complete(base: Base) -> Sequence[Case]:
    return base.complete


def _partial(base: Base) -> Sequence[Case]:
    return base.partial


def _low(base: Base) -> Sequence[Case]:
    return tuple(base.rungs[level] for level in (0, 1) if level in base.rungs)


# --- order ----------------------------------------------------------------------------------------


def point_order(base: Base, rng: Random) -> Iterator[Trial]:
    """Permute the rubric points that the judge is given."""
    for case in base.any:
        for points in (tuple(reversed(case.instance.points)), _shuffled(case.instance.points, rng)):
            yield Trial((case, replace(case, instance=case.instance.model_copy(update={"points": points}))))


def criterion_order(base: Base, rng: Random) -> Iterator[Trial]:
    """Reverse the order of the criteria and of the levels in the rubric."""
    for case in base.any:
        yield Trial((case, replace(case, rubric=_reversed(case.rubric))))


def sentence_order(base: Base, rng: Random) -> Iterator[Trial]:
    """Say the same sentences in another order; each stands for itself."""
    for case in (base.full, *base.partial):
        if len(case.said) > 1:
            yield Trial((case, replace(case, said=_shuffled(case.said, rng))))


def neighbours(base: Base, rng: Random) -> Iterator[Trial]:
    """Judge an answer, then an empty-handed and a full one, then the first again."""
    for case in base.partial:
        yield Trial((case, base.rungs[0], case))
        yield Trial((case, base.full, case))


def again(base: Base, rng: Random) -> Iterator[Trial]:
    """Judge the same answer five times, each repetition against the first."""
    for case in base.any:
        for _ in range(4):
            yield Trial((case, case))


# --- length and style -----------------------------------------------------------------------------


def compressed(base: Base, rng: Random) -> Iterator[Trial]:
    """From a wordy answer to the same answer without the empty words."""
    for case in base.any:
        yield Trial((case.saying(transforms.wordy(case.text, rng)), case))


def other_wording(base: Base, rng: Random) -> Iterator[Trial]:
    """Make each point in other words than the reference's: the authored variants."""
    said = []
    for s in base.full.said:
        point = base.instance.point(s.points[0])
        worded = [v for v in point.variants if len(v.split()) >= 5] if point.quantity is None else []
        said.append(Sentence(_sentence(rng.choice(worded)), s.points) if worded else s)
    if tuple(said) != base.full.said:
        yield Trial((base.full, replace(base.full, said=tuple(said))))


def pleading_turn(base: Base, rng: Random) -> Iterator[Trial]:
    """Add a turn that argues for a better mark and says nothing else."""
    for case in base.partial:
        yield Trial((case, replace(case, later=(Turn(text=rng.choice(transforms.PLEAS), asked="Anything to add?"),))))


# --- answers without worth ------------------------------------------------------------------------


def master_keys(base: Base, rng: Random) -> Iterator[Trial]:
    """Answers that hold nothing: white space, a mark, an opening."""
    for text in rng.sample(transforms.MASTER_KEYS, 5):
        yield Trial((base.full.saying(text),))


def echoed_question(base: Base, rng: Random) -> Iterator[Trial]:
    """The question said back, bare or with an opening."""
    prompt = base.instance.prompt
    for text in (prompt, f"The question is this. {prompt}"):
        yield Trial((base.full.saying(text),))


def echoed_rubric(base: Base, rng: Random) -> Iterator[Trial]:
    """The criteria said back, with what they ask for."""
    lines = [f"{c.title}: {c.asks}" for c in base.full.rubric.criteria.values()]
    yield Trial((base.full.saying("\n".join(lines)),))
    yield Trial((base.full.saying(" ".join(f"My answer covers the {line[0].lower()}{line[1:]}" for line in lines)),))


def other_question(base: Base, rng: Random) -> Iterator[Trial]:
    """A good answer to a question of another subject."""
    yield Trial((base.full.saying(base.other.text),))


def shuffled_words(base: Base, rng: Random) -> Iterator[Trial]:
    """All the right words in no order."""
    for case in base.complete:
        yield Trial((case.saying(transforms.word_shuffle(case.text, rng)),))


# --- meaning --------------------------------------------------------------------------------------


def negated(base: Base, rng: Random) -> Iterator[Trial]:
    """Deny every claim that is made in words, in the reference's own words."""
    worded = {p.id: p.criterion for p in base.instance.points if p.quantity is None}
    numeric = {p.criterion for p in base.instance.points if p.quantity is not None}
    touched = tuple(c for c in base.full.criteria if c in worded.values() and c not in numeric)
    if touched:
        yield Trial((_denied(base.full, set(worded), rng),), touched)


def one_flipped(base: Base, rng: Random) -> Iterator[Trial]:
    """Deny one claim, where losing it is worth a level of its criterion."""
    for point in base.instance.points:
        case = _decisive(base.full, point, "not_met") if point.quantity is None else None
        if case is not None:
            yield Trial((case, _denied(case, {point.id}, rng)), (point.criterion,))


def fluent_wrong(base: Base, rng: Random) -> Iterator[Trial]:
    """A blunt right answer against a fluent one that denies each claim and has wrong numbers."""
    wrong = _denied(base.full, {p.id for p in base.instance.points if p.quantity is None}, rng)
    for key in base.instance.keys:
        wrong = _replace_number(wrong, key, base.instance.keys, rng) or wrong
    yield Trial((base.full, wrong.saying(transforms.fluent(wrong.text, rng))))


def one_criterion_gone(base: Base, rng: Random) -> Iterator[Trial]:
    """Take all that is said for one criterion away, neutral sentences in its place."""
    criterion = {p.id: p.criterion for p in base.instance.points}
    for name in base.full.criteria:
        if len(base.full.criteria) > 1:
            said = tuple(
                Sentence(rng.choice(NEUTRAL)) if any(criterion[p] == name for p in s.points) else s
                for s in base.full.said
            )
            yield Trial((base.full, replace(base.full, said=said)), (name,))


# --- numbers --------------------------------------------------------------------------------------


def wrong_number(base: Base, rng: Random) -> Iterator[Trial]:
    """State one keyed quantity wrongly, where losing it is worth a level of its criterion."""
    for point, key in _keyed(base):
        case = _decisive(base.full, point, "not_met")
        changed = _replace_number(case, key, base.instance.keys, rng) if case is not None else None
        if case is not None and changed is not None:
            yield Trial((case, changed), (point.criterion,))


def wrong_unit(base: Base, rng: Random) -> Iterator[Trial]:
    """Give one keyed quantity a unit of another size, where even half its credit is worth a level."""
    for point, key in _keyed(base):
        case = _decisive(base.full, point, "partly")
        spot = _only_place(case, key.value) if case is not None else None
        if case is None or spot is None:
            continue
        index, (_, end) = spot
        text = figures.wrong_unit(case.said[index].text, end)
        if text is not None:
            yield Trial((case, _with(case, index, text)), (point.criterion,))


def climb(base: Base, rng: Random) -> Iterator[Trial]:
    """Answers built to the levels 0 to 3."""
    if len(base.rungs) == 4:
        yield Trial(tuple(base.rungs[level] for level in range(4)))


def _keyed(base: Base) -> Iterator[tuple[Point, Key]]:
    keys = {key.name: key for key in base.instance.keys}
    for point in base.instance.points:
        if point.quantity in keys:
            yield point, keys[point.quantity]


def _decisive(full: Case, point: Point, verdict: Verdict) -> Case | None:
    """Return the fullest answer in which this verdict on one point costs its criterion a level; None where none does.

    Other points of the criterion are left unsaid as far as needed: where much is right, one slip may be forgiven.
    """
    others = [p.id for p in full.instance.points if p.criterion == point.criterion and p.id != point.id]
    for size in range(len(others) + 1):
        for unsaid in combinations(others, size):
            case = replace(full, said=tuple(s for s in full.said if not set(s.points) & set(unsaid)))
            worth = truth(case).criteria[point.criterion]
            if truth(case, {point.id: verdict}).criteria[point.criterion] < worth:
                return case
    return None


def _only_place(case: Case, value: float) -> tuple[int, tuple[int, int]] | None:
    """Return the sentence and span where a value stands; None unless it stands exactly once in the answer."""
    found = [(n, span) for n, s in enumerate(case.said) for span in figures.occurrences(s.text, value)]
    return found[0] if len(found) == 1 else None


def _replace_number(case: Case, key: Key, keys: Sequence[Key], rng: Random) -> Case | None:
    spot = _only_place(case, key.value)
    if spot is None:
        return None
    index, (start, end) = spot
    others = tuple(abs(k.value) for k in keys if k.value) + tuple(abs(a.value) for a in key.alternatives if a.value)
    wrong = figures.wrong_value(key.value, rng, avoid=others, tolerance=key.tolerance)
    text = case.said[index].text
    return _with(case, index, text[:start] + show(wrong) + text[end:])


def _with(case: Case, index: int, text: str) -> Case:
    said = list(case.said)
    said[index] = replace(said[index], text=text)
    return replace(case, said=tuple(said))


def _denied(case: Case, points: set[str], rng: Random) -> Case:
    said = tuple(replace(s, text=transforms.negate(s.text, rng)) if points & set(s.points) else s for s in case.said)
    return replace(case, said=said)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _shuffled(items: Sequence[T], rng: Random) -> tuple[T, ...]:
    return tuple(rng.sample(items, len(items)))


def _reversed(rubric: Rubric) -> Rubric:
    turned = {name: dict(reversed(getattr(rubric, name).items())) for name in ("criteria", "levels")}
    return rubric.model_copy(update=turned)


BUILDERS: dict[str, Builder] = {
    "point-order": point_order,
    "criterion-order": criterion_order,
    "sentence-order": sentence_order,
    "neighbours": neighbours,
    "again": again,
    "pad": whole(transforms.pad, _partial),
    "repeat": whole(transforms.repeat, _partial),
    "compressed": compressed,
    "synonyms": whole(transforms.synonyms, _any),
    "assistant-style": whole(transforms.assistant_style, _any),
    "casual-style": whole(transforms.casual_style, _any),
    "white-space": whole(transforms.white_space, _any),
    "markdown": whole(transforms.markdown, _any),
    "letter-case": whole(transforms.letter_case, _any),
    "typos": whole(transforms.typos, _any),
    "disfluencies": whole(transforms.disfluencies, _any),
    "code-switch": whole(transforms.code_switch, _any),
    "authority": whole(transforms.authority, _partial),
    "plea": whole(transforms.plea, _partial),
    "pleading-turn": pleading_turn,
    **{name: whole(change, _low) for name, change in injections.TECHNIQUES.items()},
    "any-injection": whole(injections.any_technique, _low),
    "master-keys": master_keys,
    "echoed-question": echoed_question,
    "echoed-rubric": echoed_rubric,
    "other-question": other_question,
    "shuffled-words": shuffled_words,
    "first-sentence": whole(transforms.first_sentence, _complete),
    "fluent-wrong": fluent_wrong,
    "negated": negated,
    "one-flipped": one_flipped,
    "other-wording": other_wording,
    "one-criterion-gone": one_criterion_gone,
    "wrong-number": wrong_number,
    "wrong-unit": wrong_unit,
    "other-forms": whole(figures.other_forms, _any),
    "climb": climb,
}
