"""Fit the weights of `judge/points.py` and write them into `points.json`; print error rates on families left out.

Texts are labelled by construction: what a wording or a scripted line was written to say. See judge/points.py.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus import vault
from vague import filled, logistic

from examiner.calibration.anchors.sets import read_set
from examiner.domain.anchor import Anchor
from examiner.domain.question import Instance, Point
from examiner.domain.score import Turn
from examiner.evals.candidates import Script, values_of
from examiner.judge import embedded
from examiner.judge.align import names_of
from examiner.judge.points import FEATURES, Prepared, compare, prepare
from examiner.vault.render import fill

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "src" / "examiner" / "judge" / "points.json"
FOLDS = 5
# How much a text of each kind weighs in the fit; 0: only tested.
KINDS = {
    "wording left out": 1.0, "scripted line": 1.0, "wording negated": 0.3, "line negated": 0.4, "wording shuffled": 0.5, "line shuffled": 0.5,
    "result of the question": 0.0, "anchor makes it": 6.0, "anchor does not": 4.0, "other point": 1.0, "line of another point": 1.0, "other question": 1.0, "empty": 0.7, "empty, aimed": 0.7, "empty, held out": 0.0,
}  # fmt: skip
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|will|must|has|have|does|do|would|should|may)\b")


@dataclass(frozen=True)
class Sample:
    """A text, the point it is held against, and whether it makes it."""

    kind: str
    makes: bool
    family: str
    prepared: Prepared
    index: int
    text: str


def negations(text: str) -> list[str]:
    """Return a text with its claim denied."""
    out = [f"It is not true that {text[0].lower()}{text[1:]}", f"It is wrong to say that {text[0].lower()}{text[1:]}"]
    if _AUXILIARY.search(text):
        out.append(_AUXILIARY.sub(lambda m: f"{m[0]} not", text, count=1))
    return out


def shuffled(text: str, chance: random.Random) -> str:
    """Return the words of a text in another order."""
    words = text.rstrip(".").split()
    chance.shuffle(words)
    return " ".join(words) + "."


def without(points: list[Point], index: int, variant: int) -> list[Point]:
    """Return points with one wording of one point taken out."""
    kept = tuple(v for n, v in enumerate(points[index].variants) if n != variant)
    return [p.model_copy(update={"variants": kept}) if n == index else p for n, p in enumerate(points)]


def results(instance: Instance) -> list[str]:
    """Return the lines that state the question's figures; they share its words and make none of its worded points."""
    return [f"{p.claim[0].upper()}{p.claim[1:].rstrip('.')}." for p in instance.points if p.quantity]


def anchored(family: str, points: list[Point], whole: Prepared, anchors: list[Anchor]) -> Iterator[Sample]:
    """Yield the reference anchors of the tuning half, point by point; the other half is never looked at here."""
    for anchor in anchors:
        if anchor.family == family and anchor.text.strip():
            for index, point in enumerate(points):
                makes = anchor.points.get(point.id) == "met"
                yield Sample(
                    "anchor makes it" if makes else "anchor does not", makes, family, whole, index, anchor.text
                )


def samples(instances: dict[str, Instance], scripts: dict[str, Script], chance: random.Random) -> Iterator[Sample]:
    """Yield every labelled text."""
    anchors = list(read_set(HERE.parents[1] / "calibration" / "anchors" / "reference").part("tuning"))
    frames = json.loads((HERE / "frames.json").read_text("utf-8"))
    for family, instance in instances.items():
        given = frozenset(names_of(instance.prompt))
        points = [p for p in instance.points if not p.quantity]
        whole = prepare(points, given)
        for index, point in enumerate(points):
            for number, variant in enumerate(point.variants):
                text = variant[0].upper() + variant[1:].rstrip(".") + "."
                less = prepare(without(points, index, number), given)
                yield Sample("wording left out", True, family, less, index, text)
                yield Sample("wording shuffled", False, family, less, index, shuffled(text, chance))
                for denied in negations(text):
                    yield Sample("wording negated", False, family, less, index, denied)
                if len(points) > 1:
                    other = chance.choice([n for n in range(len(points)) if n != index])
                    yield Sample("other point", False, family, whole, other, text)
            stranger = instances[chance.choice([f for f in instances if f != family])]
            claims = " ".join(p.claim for p in stranger.points if not p.quantity)
            yield Sample("other question", False, family, whole, index, claims)
            for kind, chosen in (("empty", frames["fit"]), ("empty, held out", frames["held"])):
                yield Sample(kind, False, family, whole, index, " ".join(filled(instance, chosen, chance, 8)))
            for said in results(instance):
                yield Sample("result of the question", False, family, whole, index, said)
            alone = instance.model_copy(update={"points": (point,)})
            yield Sample("empty, aimed", False, family, whole, index, " ".join(filled(alone, frames["fit"], chance, 2)))
        yield from anchored(family, points, whole, anchors)
        if family in scripts:
            for line in scripts[family].strong:
                text = fill(line.says, values_of(instance), family)
                for index, point in enumerate(points):
                    if point.id in line.points:
                        yield Sample("scripted line", True, family, whole, index, text)
                        yield Sample("line shuffled", False, family, whole, index, shuffled(text, chance))
                        for denied in negations(text):
                            yield Sample("line negated", False, family, whole, index, denied)
                    elif chance.random() < 0.4:
                        yield Sample("line of another point", False, family, whole, index, text)


def row(sample: Sample, instance: Instance, *, needs: bool) -> tuple[float, ...] | None:
    """Return the features of the passage that is likeliest by the present weights; None where none is looked at."""
    made = sample.prepared
    if not needs:
        made = Prepared(
            made.points,
            made.wordings,
            made.owner,
            made.postings,
            tuple(() for _ in made.groups),
            made.terms,
            made.denied,
        )
    found = [
        reading
        for passage in embedded.read(instance, [Turn(text=sample.text)]).passages
        if not passage.empty and (reading := compare(made, passage.bag, passage.size)[sample.index]) is not None
    ]
    return max(found, key=lambda r: r.probability).row if found else None


def fit(rows: list[tuple[Sample, tuple[float, ...] | None]], title: str) -> list[float]:
    """Return the weights of one model; print the error rates of families that its folds left out."""
    seen = [(s, r) for s, r in rows if r is not None]
    x = np.array([r for _, r in seen])
    y = np.array([float(s.makes) for s, _ in seen])
    kind = np.array([KINDS[s.kind] for s, _ in seen])
    families = sorted({s.family for s, _ in seen})
    fold = np.array([families.index(s.family) % FOLDS for s, _ in seen])
    out = np.zeros(len(y))
    for number in range(FOLDS):
        train = fold != number
        out[~train] = 1 / (1 + np.exp(-x[~train] @ logistic(x[train], y[train], 1.0, kind[train])))
    by_kind: dict[str, list[float]] = defaultdict(list)
    for (sample, _), p in zip(seen, out, strict=True):
        by_kind[sample.kind].append(float(p))
    total = Counter(s.kind for s, _ in rows)
    print(f"\n{title}: share taken for the point, families left out")
    for name in KINDS:
        shares = "  ".join(
            f">={cut}: {sum(p >= cut for p in by_kind[name]) / total[name]:.2f}" for cut in (0.28, 0.38, 0.5, 0.6)
        )
        print(f"  {name:22} {total[name]:5}  {shares}")
    return [round(float(v), 3) for v in logistic(x, y, 1.0, kind)]


def main() -> None:
    instances, scripts = vault()
    made = list(samples(instances, scripts, random.Random(5)))
    weights = {
        name: fit([(s, row(s, instances[s.family], needs=needs)) for s in made], name.replace("_", " "))
        for name, needs in (("with_needs", True), ("without_needs", False))
    }
    TARGET.write_text(json.dumps({"features": FEATURES, **weights}, indent=1) + "\n", encoding="utf-8")
    for name, values in weights.items():
        print(name, dict(zip(FEATURES, values, strict=True)))


if __name__ == "__main__":
    main()
