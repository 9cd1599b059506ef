"""How far a lexical judge agrees with human graders on reference questions; no label of the same question is seen.

Ridge over `judge.reference` features, fitted leave-question-out, its outputs matched to the spread of the training
labels (ridge shrinks to the mean). Constructed negatives are judged by the same fit and by the deterministic flags.
"""

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examiner.domain.errors import NotFound
from examiner.judge.injection import spans
from examiner.judge.reference import FEATURES, features, idf, suspicions
from examiner.judge.text import sentences
from examiner.judge.trivial import trivial
from examiner.stats.correlation import spearman
from examiner.stats.kappa import kappa
from examiner.stats.statistic import Statistic

Array = NDArray[np.float64]
_OFF_TOPIC = (
    "The weather was mild that week and most people spent the afternoon near the river, where a small orchestra "
    "played until the lamps were lit and everybody walked home."
)
NEGATIVES = ("shuffled", "negated", "off_topic", "other_question", "echo")


def report(path: Path, *, ridge: float = 30.0, seed: int = 7) -> dict[str, Any]:
    """Return agreement figures for a JSONL file of graded answers.

    Raises:
        NotFound: there is no such file.

    """
    if not path.is_file():
        raise NotFound(f"no file {path}")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    weights, x, y, groups, length = _columns(rows)
    bad = _negatives(rows, random.Random(seed))  # noqa: S311 - a seeded draw of test material
    bad_x = _matrix([(q, ref, text) for _, q, ref, text, _ in bad], weights)
    bad_groups = np.array([qid for *_, qid in bad])
    top = int(max(r["max"] for r in rows)) if len({r["max"] for r in rows}) == 1 else 5
    predicted, bad_predicted = _leave_question_out(x, y, groups, ridge, bad_x, bad_groups)
    by_length, _ = _leave_question_out(length, y, groups, ridge, None, None)
    out: dict[str, Any] = {
        "file": path.name,
        "answers": len(rows),
        "questions": len(set(groups)),
        "judge": _agreement(predicted, y, top),
        "length_only": _agreement(by_length, y, top),
    }
    pairs = [r["scores"] for r in rows if len(r["scores"]) == 2]
    if pairs:
        one, two = (np.array([p[i] for p in pairs]) / rows[0]["max"] for i in (0, 1))
        out["human_human"] = _agreement(one, two, top)
    out["negatives"] = _low_or_flagged(bad, bad_predicted)
    out["genuine_flagged"] = float(np.mean([_flagged(r["question"], r["reference"], r["answer"]) for r in rows]))
    return out


def predictions(rows: list[dict[str, Any]], *, ridge: float = 30.0) -> dict[str, Array]:
    """Return what the lexical judge and length alone make of each row (0 to 1), no label of the same question seen.

    Args:
        rows: with `qid`, `question`, `reference`, `answer`, `mean` and `max`.
        ridge: the penalty of both fits.

    """
    _, x, y, groups, length = _columns(rows)
    return {
        name: _leave_question_out(columns, y, groups, ridge, None, None)[0]
        for name, columns in (("embedded", x), ("length-only", length))
    }


def _columns(rows: list[dict[str, Any]]) -> tuple[dict[str, float], Array, Array, Any, Array]:
    weights = idf([r["answer"] for r in rows] + list({r["reference"] for r in rows}))
    x = _matrix([(r["question"], r["reference"], r["answer"]) for r in rows], weights)
    y = np.array([r["mean"] / r["max"] for r in rows])
    groups = np.array([r["qid"] for r in rows])
    length = np.log1p(np.array([[len(r["answer"].split())] for r in rows], dtype=float))
    return weights, x, y, groups, length


def table(data: dict[str, Any]) -> str:
    """Return the report as text."""
    lines = [f"{data['file']}: {data['answers']} answers to {data['questions']} questions"]
    for who in ("judge", "length_only", "human_human"):
        if who in data:
            a = data[who]
            lines.append(f"  {who:12} Spearman {a['spearman']:.3f}  QWK {a['qwk']:.3f}  SMD {a['smd']:+.3f}")
    negatives = ", ".join(f"{k} {v:.0%}" for k, v in data["negatives"].items())
    lines.append(f"  negatives at level 1 or below, or flagged: {negatives}")
    lines.append(f"  genuine answers flagged: {data['genuine_flagged']:.1%}")
    return "\n".join(lines)


def _matrix(items: list[tuple[str, str, str]], weights: dict[str, float]) -> Array:
    return np.array([features(q, ref, text, weights) for q, ref, text in items])


def _leave_question_out(
    x: Array, y: Array, groups: Any, ridge: float, bad: Array | None, bad_groups: Any
) -> tuple[Array, Array]:
    predicted = np.zeros(len(y))
    bad_predicted = np.zeros(0 if bad is None else len(bad))
    for group in dict.fromkeys(groups.tolist()):
        held = groups == group
        train_x, train_y = x[~held], y[~held]
        scale_of = _fit(train_x, train_y, ridge)
        if bad is not None:
            bad_predicted[bad_groups == group] = scale_of(bad[bad_groups == group])
        predicted[held] = scale_of(x[held])
    return predicted, bad_predicted


def _fit(x: Array, y: Array, ridge: float) -> Any:
    """Fit ridge and match mean and spread of its outputs to the labels."""
    weights, offset = linear(x, y, ridge)
    return lambda new: np.clip(offset + new @ weights, 0, 1)


def linear(x: Array, y: Array, ridge: float) -> tuple[Array, float]:
    """Return weights and offset of a ridge fit whose outputs have the labels' mean and spread (ridge shrinks both)."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - mean) / spread
    beta = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    gain = y.std() / ((z @ beta).std() + 1e-9)
    weights = gain * beta / spread
    return weights, float(y.mean() - mean @ weights)


def bundled(path: Path, *, ridge: float = 30.0) -> dict[str, Any]:
    """Return the model that `judge.reference` bundles, fitted on a whole file, terms weighing alike."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    x = _matrix([(r["question"], r["reference"], r["answer"]) for r in rows], {})
    weights, offset = linear(x, np.array([r["mean"] / r["max"] for r in rows]), ridge)
    return {"features": list(FEATURES), "weights": [round(float(w), 4) for w in weights], "offset": round(offset, 4)}


def _agreement(predicted: Array, y: Array, top: int) -> dict[str, float]:
    a, b = np.floor(predicted * top + 0.5).astype(int), np.floor(y * top + 0.5).astype(int)
    pooled = np.sqrt((predicted.var() + y.var()) / 2) + 1e-12
    return {
        "spearman": _figure(spearman(predicted, y)),
        "qwk": _figure(kappa(a, b, (0, top), power=2)),
        "smd": round(float((predicted.mean() - y.mean()) / pooled), 4),
    }


def _figure(one: Statistic) -> float:
    """Return a statistic's value to four places; NaN where it is undefined."""
    return math.nan if one.value is None else round(one.value, 4)


def _negatives(rows: list[dict[str, Any]], chance: random.Random) -> list[tuple[str, str, str, str, str]]:
    made = []
    questions = list({r["qid"]: r for r in rows}.values())
    for number, r in enumerate(questions):
        words = re.findall(r"[\w'-]+", r["reference"])
        chance.shuffle(words)
        other = questions[(number + 1 + chance.randrange(len(questions) - 1)) % len(questions)]
        texts = (" ".join(words), negate(r["reference"]), _OFF_TOPIC, other["reference"], r["question"])
        made += [(kind, r["question"], r["reference"], t, r["qid"]) for kind, t in zip(NEGATIVES, texts, strict=True)]
    return made


def negate(text: str) -> str:
    """Return a text whose statements are denied."""
    denied = re.sub(r"\b(is|are|was|were|can|will|does|do|has|have|must|should)\b(?! not)", r"\1 not", text)
    return denied if denied != text else f"It is not true that {text[:1].lower()}{text[1:]}"


def _flagged(question: str, reference: str, answer: str) -> bool:
    """Tell whether a deterministic detector marks the answer."""
    return (
        bool(trivial(answer))
        or bool(spans(answer, 0))
        or _echoes(question, answer)
        or bool(suspicions(question, reference, answer))
    )


def _echoes(question: str, answer: str) -> bool:
    asked = {t.stem for s in sentences(question) for t in s.tokens}
    said = [t.stem for s in sentences(answer) for t in s.tokens]
    return len(said) >= 6 and sum(w in asked for w in said) / len(said) >= 0.95


def _low_or_flagged(bad: list[tuple[str, str, str, str, str]], predicted: Array) -> dict[str, float]:
    caught: dict[str, list[bool]] = {kind: [] for kind in NEGATIVES}
    for (kind, question, reference, text, _), value in zip(bad, predicted, strict=True):
        caught[kind].append(bool(value * 3 < 1.5) or _flagged(question, reference, text))
    return {kind: round(float(np.mean(hits)), 3) for kind, hits in caught.items()}
