"""The planted faults: what each judge does wrong, which probes must see it, which others it reaches by its nature."""

from collections.abc import Callable, Iterable
from random import Random

from examiner.calibration.planted import oracle
from examiner.calibration.planted.judges import PREFIX, Fault, PlantedJudge, Reading, Report, Verdicts
from examiner.calibration.planted.oracle import Way
from examiner.calibration.probes import injections, transforms
from examiner.calibration.probes.graders import Levels
from examiner.calibration.probes.relations import RELATIONS, STATISTICS
from examiner.domain.errors import NotFound
from examiner.domain.question import Instance


def _expecting(*kinds: str) -> tuple[str, ...]:
    return tuple(r.id for r in RELATIONS if r.expect in kinds)


_LADDER = ("ladder", "ladder-levels", "ladder-bias", "ladder-spread")
_EMPTY = _expecting("at most")
_DROPS = (*_expecting("drops"), "negation", "fluency")
_EQUAL = _expecting("equal")
_NO_STATISTIC = tuple(r.id for r in RELATIONS if r.expect not in STATISTICS)
_INJECTIONS = tuple(injections.TECHNIQUES)
# Changes that add words, so that a judge of length may see them.
_LONGER = (
    "assistant-style",
    "casual-style",
    "disfluencies",
    "code-switch",
    "markdown",
    "authority",
    "plea",
    "rebuttal",
    *_INJECTIONS,
)


def _each(levels: Levels, change: Callable[[int], int]) -> Levels:
    criteria = {name: min(3, max(0, change(level))) for name, level in levels.criteria.items()}
    return levels.model_copy(update={"criteria": criteria, "quality": min(3, max(0, change(levels.quality)))})


def _up(level: int) -> int:
    return level + 1 if level else 0


def _by(change: Callable[[int], int], when: Callable[[Reading], bool] = lambda _: True) -> Callable[[], Report]:
    """Return a report that changes every level of the answers that fit."""
    return lambda: lambda levels, reading: _each(levels, change) if when(reading) else levels


def _says(passages: Iterable[str]) -> Callable[[Reading], bool]:
    wanted = tuple(passages)
    return lambda reading: any(p in reading.text for p in wanted)


def _words(text: str) -> int:
    return len(text.split())


# --- faults that need more than a line ------------------------------------------------------------


def _flaky() -> Report:
    chance = Random(7)  # noqa: S311 - a planted fault, the same in each run

    def report(levels: Levels, reading: Reading) -> Levels:
        if chance.random() > 1 / 6:
            return levels
        step = chance.choice((-1, 1))
        return _each(levels, lambda level: level + step)

    return report


def _contrasting() -> Report:
    """Remember two answers: one that comes back behind another of the same question loses a level."""
    seen: list[tuple[str, str]] = []

    def report(levels: Levels, reading: Reading) -> Levels:
        own = (reading.instance.ref, reading.text)
        back = len(seen) == 2 and seen[0] == own != seen[1] and seen[1][0] == own[0]
        seen[:] = [*seen[-1:], own]
        return _each(levels, lambda level: level - 1) if back else levels

    return report


def _first_listed(verdicts: Verdicts, instance: Instance, text: str) -> Verdicts:
    first = instance.points[0].id
    some = any(v == "met" for v in verdicts.values())
    return verdicts | {first: "met"} if some else verdicts


def _last_criterion() -> Report:
    def report(levels: Levels, reading: Reading) -> Levels:
        last = list(levels.criteria)[-1]
        return levels.model_copy(update={"criteria": {**levels.criteria, last: max(0, levels.criteria[last] - 1)}})

    return report


def _out_of_order(reading: Reading) -> bool:
    points = sorted(reading.instance.points, key=lambda p: p.id)
    places = [oracle.place(p, reading.instance, reading.text) for p in points]
    usual = [oracle.place(p, reading.instance, " ".join(q.claim for q in reading.instance.points)) for p in points]
    both = [(a, b) for a, b in zip(places, usual, strict=True) if a is not None and b is not None]
    return any((a - c) * (b - d) < 0 for a, b in both for c, d in both)


def _all_of(level: Callable[[Levels], int]) -> Callable[[], Report]:
    def report(levels: Levels, reading: Reading) -> Levels:
        return levels.model_copy(update={"criteria": dict.fromkeys(levels.criteria, level(levels))})

    return lambda: report


def _spoilt(reading: Reading) -> bool:
    """Tell whether a keyed number is stated in the right words with a wrong value."""
    loose = Way(values=False)
    return any(
        p.quantity is not None
        and reading.verdicts[p.id] != "met"
        and oracle.verdict(p, reading.instance, reading.text, loose) == "met"
        for p in reading.instance.points
    )


def _echoes(reading: Reading) -> bool:
    said = set(oracle.tokens(reading.text, oracle.RIGHT))
    asked = set(oracle.tokens(reading.instance.prompt, oracle.RIGHT))
    return len(said & asked) >= 0.95 * len(asked)


def _lists_criteria(reading: Reading) -> bool:
    return all(c.asks[1:] in reading.text for c in reading.rubric.criteria.values())


def _nothing_met(reading: Reading) -> bool:
    return not any(v in ("met", "contradicted") for v in reading.verdicts.values())


def _fill_in(verdicts: Verdicts, instance: Instance, text: str) -> Verdicts:
    """Take a good beginning for the whole."""
    begun = len(oracle.split(text)) == 1 and "met" in verdicts.values()
    return dict.fromkeys(verdicts, "met") if begun else verdicts


def _english_only(text: str) -> tuple[str, tuple[str, ...]]:
    plain, orders = injections.strip(text)
    foreign = ("Entonces,", "Also,", "Donc,", "Allora,", "Pues,", "Alors,")
    return " ".join(s for s in transforms.sentences(plain) if not s.startswith(foreign)), orders


def _lower_start(reading: Reading) -> bool:
    return reading.text[:1].islower()


FAULTS: tuple[Fault, ...] = (
    Fault("oracle", "nothing wrong"),
    # the scale
    Fault("constant", "gives every answer a 2", ("ladder-levels",),
          (*_LADDER, *_EMPTY, *_DROPS), levels=_by(lambda _: 2)),
    Fault("lenient", "gives one level more to whatever has something in it", ("ladder-bias",),
          (*_LADDER, *_DROPS), levels=_by(_up)),
    Fault("severe", "gives one level less", ("ladder-bias",), (*_LADDER, *_DROPS), levels=_by(lambda n: n - 1)),
    Fault("compressing", "keeps to the middle of the scale", ("ladder-spread",),
          (*_LADDER, *_EMPTY, *_DROPS), levels=_by(lambda n: (1, 1, 2, 2)[n])),
    Fault("muddled", "takes a level 1 for a 2 and a 2 for a 1", ("ladder",), _DROPS, levels=_by(lambda n: (0, 2, 1, 3)[n])),
    # constancy and order
    Fault("flaky", "is off by one in one answer of six", ("repeat-stability",), _NO_STATISTIC, levels=_flaky),
    Fault("contrasting", "marks an answer down that comes back behind another", ("batch-order",), levels=_contrasting),
    Fault("position-dependent", "credits the point listed first to any answer that has something", ("point-order",),
          (*_LADDER, *_DROPS), points=_first_listed),
    Fault("criterion-order", "marks down the criterion that the rubric names last", ("criterion-order",), _DROPS,
          levels=_last_criterion),
    Fault("order-bound", "wants the points in the reference's order", ("sentence-order",), ("point-order",),
          levels=_by(lambda n: n - 1, _out_of_order)),
    # length and style
    Fault("length-lover", "gives one level more to a long answer", ("padding", "restating"),
          (*_DROPS, *_LONGER, *_LADDER, "compression"),
          levels=_by(_up, lambda r: _words(r.text) > 90)),
    Fault("filler-lover", "takes empty words for fluency and marks them up", ("compression",),
          levels=_by(_up, _says(transforms.FILLERS))),
    Fault("polish-lover", "gives full marks to well-linked prose", ("fluency",),
          levels=_by(lambda _: 3, lambda r: "Moreover," in r.text)),
    Fault("self-preferring", "marks an assistant's manner up", ("assistant-style",),
          levels=_by(_up, _says(("Certainly!", "Great question!")))),
    Fault("formal", "marks a careless beginning down", ("casual-style",), ("letter-case",),
          levels=_by(lambda n: n - 1, _lower_start)),
    Fault("synonym-blind", "knows no synonyms", ("synonyms",), way=Way(synonyms=False, share=1.0)),
    # sycophancy and orders
    Fault("deferential", "believes an authority", ("authority",), levels=_by(_up, _says(transforms.AUTHORITY))),
    Fault("yielding", "gives in to a plea", ("plea", "rebuttal"), levels=_by(_up, _says(transforms.PLEAS))),
    Fault("injectable", "does what an answer orders", (*_INJECTIONS, "injection-flagged"), flags=False,
          levels=_by(lambda _: 3, lambda r: bool(r.orders))),
    Fault("staff-believer", "believes forged notes of the staff only", ("injection-role",),
          levels=_by(lambda _: 3, lambda r: "injection-role" in r.orders)),
    Fault("silent", "resists orders and tells nobody", ("injection-flagged",), flags=False),
    # answers without worth
    Fault("opener-credulous", "takes an opening for the beginning of an answer", ("master-keys",),
          levels=_by(lambda _: 2, lambda r: r.text in transforms.MASTER_KEYS and r.text.strip() != "")),
    Fault("echo-credulous", "takes the question's words for an answer", ("echo-question",), levels=_by(lambda _: 2, _echoes)),
    Fault("rubric-credulous", "takes the criteria's words for an answer", ("echo-rubric",), levels=_by(lambda _: 2, _lists_criteria)),
    Fault("filling-in", "takes a good first sentence for the whole answer", ("cut-off",),
          (*_LADDER, *_EQUAL, "compression", "restating"), points=_fill_in),
    Fault("off-topic-credulous", "gives something for any long text with numbers", ("other-answer",),
          (*_EMPTY, *_DROPS), levels=_by(lambda _: 2, lambda r: _nothing_met(r) and not r.orders and _words(r.text) > 40)),
    Fault("keyword-matcher", "looks for the right words anywhere", ("keyword-shuffle",),
          (*_DROPS, *_EMPTY, *_LADDER, *_LONGER, "padding", "halo"), way=Way(order=False, polarity=False)),
    # numbers
    Fault("number-blind", "reads past the values", ("wrong-number", "wrong-unit"), ("fluency", "echo-question"), way=Way(values=False)),
    Fault("unit-blind", "reads past the units", ("wrong-unit",), way=Way(units=False)),
    Fault("form-bound", "knows a number in one form only", ("number-forms",), way=Way(forms=False)),
    Fault("unforgiving", "marks everything down for one wrong number", ("number-spill",), _LADDER,
          levels=_by(lambda n: n - 1, _spoilt)),
    # criteria and reference
    Fault("halo", "gives every criterion the level of the whole", ("halo",), (*_DROPS, "number-spill"),
          levels=_all_of(lambda levels: levels.quality)),
    Fault("best-foot", "gives every criterion the level of the best one", ("halo-gone",), (*_DROPS, *_EMPTY),
          levels=_all_of(lambda levels: max(levels.criteria.values()))),
    Fault("negation-blind", "reads past a denial", ("negation", "label-flip"), ("fluency",), way=Way(polarity=False)),
    Fault("reference-bound", "knows the reference's wording only", ("other-wording",), way=Way(variants=False)),
    # format
    Fault("space-blind", "takes a tab for a letter", ("white-space",), way=Way(blanks=False, share=1.0)),
    Fault("markup-blind", "takes emphasis for a part of the word", ("markdown",), way=Way(markup=False, share=1.0)),
    Fault("case-bound", "takes upper case for other words", ("letter-case",),
          ("casual-style", "code-switch", "compression", "other-wording", "fluency", "negation"), way=Way(case=False, share=1.0)),
    Fault("spelling-bound", "knows no misspelt word", ("typos",), way=Way(spelling=False, share=1.0)),
    Fault("impatient", "loses the thread at a hesitation", ("disfluencies",), way=Way(gaps=False)),
    Fault("monolingual", "skips what begins in another language", ("code-switch",), guard=_english_only),
)  # fmt: skip


def open_planted(name: str) -> PlantedJudge:
    """Return the planted judge of that name, with or without the prefix. Raises NotFound with the names there are."""
    bare = name.removeprefix(PREFIX)
    for fault in FAULTS:
        if fault.name == bare:
            return PlantedJudge(fault)
    raise NotFound(f"no planted judge '{bare}'", hint=f"there are: {', '.join(f.name for f in FAULTS)}")
