"""Measure the thresholds of `judge/relevance.py`: how often credits that stand are doubted, and false ones are not.

    python evals/fit/relevance.py [GRADED.jsonl ...]

Families fall into two halves, anchors by their own split; thresholds were chosen on the first and are reported on both.
Honest credits: reference anchors (each point on the sentence that has most in common with it, as nobody noted a quote,
or on the whole answer), scripted answers in other words than the rubric's, and answers put together from wordings that
are taken out of the rubric first. False ones: one scripted sentence, or the best one of a bluff, for every point. A file of human-graded answers gives the worst case: answers with full marks, quoted whole,
against points that are worded once, the reference; the references of the three next questions stand beside it.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from examiner.calibration.anchors.sets import read_set
from examiner.domain.question import Instance, Point
from examiner.domain.score import Judgement, PointVerdict, Span, Turn
from examiner.evals.candidates import read_scripts, values_of
from examiner.judge import quoted, relevance
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.vault.render import fill

ROOT = Path(__file__).resolve().parents[2]
REST = " I am not sure about the rest."
Case = tuple[
    Instance, dict[str, tuple[int, int]], str, frozenset[str]
]  # question, quotes by point, answer, points made


@lru_cache(maxsize=1)
def house() -> Examiner:
    """Return the vault's house, with nothing on disk."""
    return Examiner(Settings(database="sqlite://"))


def worded(instance: Instance) -> list[Point]:
    """Return the points that are made in words."""
    keyed = {k.name for k in instance.keys}
    return [p for p in instance.points if p.quantity not in keyed]


def nearest(instance: Instance, point: str, text: str) -> tuple[int, int]:
    """Return the sentence of a text that has most telling words in common with a point."""
    telling = relevance._telling(instance)[point]
    turn = Turn(text=text)
    return max(quoted.cut(text), key=lambda c: relevance._common(telling, Span(turn=0, start=c[0], end=c[1]), turn)[1])


def anchors(half: int, *, whole: bool = False) -> Iterator[Case]:
    """Yield the reference anchors of one split."""
    for anchor in read_set(ROOT / "calibration" / "anchors" / "reference").part(("tuning", "gate")[half]):
        instance = house().instance(anchor.question)
        made = [p.id for p in worded(instance) if anchor.points.get(p.id) in ("met", "partly")]
        full = (0, len(anchor.text))
        yield (
            instance,
            {p: full if whole else nearest(instance, p, anchor.text) for p in made},
            anchor.text,
            frozenset(made),
        )


def scripted(half: int) -> Iterator[Case]:
    """Yield the strong scripts, each point on the line that makes it."""
    for instance, lines, _ in scripts(half):
        text, quotes = "", {}
        for said, points in lines:
            quotes |= {p: (len(text), len(text) + len(said)) for p in points if p not in quotes}
            text += said + " "
        yield instance, quotes, text, frozenset(quotes)


def left_out(half: int) -> Iterator[Case]:
    """Yield answers that make every point in a wording that the rubric then lacks."""
    chance = random.Random(1 + half)
    for instance in instances(half):
        for draw in range(4):
            text, quotes, points = "", {}, []
            for point in instance.points:
                kept = point
                if point.variants and point in worded(instance):
                    ways = [point.claim, *point.variants]
                    said = ways.pop(chance.randrange(len(ways)))
                    said = said[0].upper() + said[1:].rstrip(".") + "."
                    quotes[point.id] = (len(text), len(text) + len(said))
                    text += said + " "
                    kept = point.model_copy(update={"claim": ways[0], "variants": tuple(ways[1:])})
                points.append(kept)
            bare = instance.model_copy(update={"points": tuple(points), "rubric_hash": f"{instance.ref} {draw}"})
            yield bare, quotes, text, frozenset(quotes)


def one_line(half: int) -> Iterator[Case]:
    """Yield single scripted lines, quoted for every point."""
    for instance, lines, _ in scripts(half):
        for said, points in lines:
            yield instance, {p.id: (0, len(said)) for p in worded(instance)}, said + REST, frozenset(points)


def bluffed(half: int) -> Iterator[Case]:
    """Yield bluffs, the best sentence quoted for every point."""
    for instance, _, bluff in scripts(half):
        yield instance, {p.id: nearest(instance, p.id, bluff) for p in worded(instance)}, bluff, frozenset()


def instances(half: int) -> Iterator[Instance]:
    """Yield one variant of every other family."""
    for family in sorted(house().vault.families)[half::2]:
        yield house().instance(f"{family}@1")


def scripts(half: int) -> Iterator[tuple[Instance, list[tuple[str, list[str]]], str]]:
    """Yield the scripts of one half: the question, lines with the worded points they make, the bluff."""
    known = read_scripts(ROOT)
    for instance in instances(half):
        if instance.family in known:
            script, ids = known[instance.family], {p.id for p in worded(instance)}
            lines = [
                (fill(line.says, values_of(instance), instance.family), [p for p in line.points if p in ids])
                for line in script.strong
            ]
            yield instance, lines, fill(script.bluff, values_of(instance), instance.family)


def measure(name: str, cases: Iterator[Case]) -> None:
    """Print how many credits of a set are doubted, undone, and how many judgements are void; and what false ones pass."""
    answers = void = credited = doubtful = none = false = passed = 0
    for instance, quotes, text, made in cases:
        if not quotes:
            continue
        points = tuple(
            PointVerdict(
                point=p, criterion="", claim="", verdict="met", quote=text[a:b], span=Span(turn=0, start=a, end=b)
            )
            for p, (a, b) in quotes.items()
        )
        turns = (Turn(text=text, asked=instance.prompt),)
        found = relevance.supports(Judgement(judge="", observed_fingerprint="", points=points), instance, turns)
        thrown = relevance.quotes_anything(found)
        answers, void, credited = answers + 1, void + thrown, credited + len(found)
        doubtful += sum(s.doubtful for s in found.values())
        none += sum(s.none for s in found.values())
        untrue = [p for p in quotes if p not in made]
        false += len(untrue)
        passed += sum(not (thrown or (p in found and found[p].none)) for p in untrue)
    print(
        f"{name:24s} answers {answers:4d}  void {void / answers:6.2%}  credits {credited:5d}  doubtful {doubtful / credited:6.2%}"
        f"  undone {none / credited:6.2%}" + (f"  false {false:4d}, stand {passed / false:6.2%}" if false else "")
    )


def whole(half: int) -> Iterator[Case]:
    """Yield the reference anchors, the whole answer quoted for every point."""
    return anchors(half, whole=True)


def graded(path: Path, *, false: bool = False) -> Iterator[Case]:
    """Yield answers with full marks for their reference; where `false`, for the three references beside it too."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    references = {r["qid"]: r["reference"] for r in rows}
    names = sorted(references)
    some = next(instances(0))
    for row in rows:
        if row["mean"] == row["max"] and row["answer"].strip():
            own = min(max(names.index(row["qid"]), 2), len(names) - 2)
            near = [row["qid"], *(n for n in names[own - 2 : own + 2] if n != row["qid"])][:4]
            # A point worded in one way would not be looked at.
            points = [Point(id=f"r{n}", criterion="", claim=references[n], variants=(references[n],)) for n in near]
            change = {
                "points": tuple(points),
                "keys": (),
                "prompt": row["question"],
                "rubric_hash": f"{path.stem} {row['qid']}",
            }
            chosen = points if false else points[:1]
            full = (0, len(row["answer"]))
            yield some.model_copy(update=change), {p.id: full for p in chosen}, row["answer"], frozenset({points[0].id})


SETS: dict[str, Callable[[int], Iterator[Case]]] = {
    "anchors, best sentence": anchors, "anchors, all quoted": whole, "scripts": scripted, "wordings left out": left_out,
    "one line for all": one_line, "bluff for all": bluffed,
}  # fmt: skip


if __name__ == "__main__":
    for part in (0, 1):
        print(("chosen on", "reported on")[part])
        for title, cases in SETS.items():
            measure(title, cases(part))
    for file in map(Path, sys.argv[1:]):
        measure(file.stem, graded(file))
        measure(f"{file.stem}, claimed", graded(file, false=True))
