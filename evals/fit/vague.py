"""Fit the weights of `judge/vague.py` and write them into `vague.json`; print the error rates, held-out ones too."""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from corpus import vault

from examiner.domain.question import Instance
from examiner.evals.candidates import values_of
from examiner.judge.text import tokenise
from examiner.judge.vague import CLAIMS, features
from examiner.vault.render import fill

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "src" / "examiner" / "judge" / "vague.json"


def filled(instance: Instance, frames: Sequence[str], chance: random.Random, count: int) -> list[str]:
    """Return frames filled with the words of one question's rubric, as a fluent bluffer would."""
    words = [chance.choice(group) for point in instance.points for group in point.needs]
    words += re.findall(r"[a-z-]{5,}", " ".join(p.claim.lower() for p in instance.points))[:10]
    chance.shuffle(words)
    out = []
    for number, frame in enumerate(chance.sample(list(frames), min(count, len(frames)))):
        picked = {slot: words[(4 * number + k) % len(words)] for k, slot in enumerate("ABCD")}
        sentence = frame.format(**picked)
        out.append(sentence[0].upper() + sentence[1:])
    return out


def logistic(x: np.ndarray, y: np.ndarray, ridge: float = 0.5, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the weights of a ridge logistic regression (Newton's method); by default both classes weigh the same."""
    weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean())) if weight is None else weight
    w = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (p * (1 - p) * weight)[:, None]).T @ x + ridge * np.eye(len(w))
        w += np.linalg.solve(curve, x.T @ ((y - p) * weight) - ridge * w)
    return w


def main() -> None:
    instances, scripts = vault()
    frames = json.loads((HERE / "frames.json").read_text("utf-8"))
    chance = random.Random(11)
    claims = [t[0].upper() + t[1:] for i in instances.values() for p in i.points for t in (p.claim, *p.variants)]
    empty = [s for i in instances.values() for s in filled(i, frames["fit"], chance, 10)]
    tests = {
        "strong scripts": [
            fill(line.says, values_of(instances[f]), f)
            for f, s in scripts.items()
            if f in instances
            for line in s.strong
        ],
        "held-out frames": [s for i in instances.values() for s in filled(i, frames["held"], chance, 10)],
        "scripted bluffs": [
            s for f, script in scripts.items() if f in instances for s in re.split(r"(?<=[.])\s", script.bluff)
        ],
    }
    x = np.array([features(tokenise(t), t) for t in claims + empty])
    y = np.array([1] * len(claims) + [0] * len(empty))
    w = logistic(x, y)
    data = json.loads(TARGET.read_text("utf-8"))
    data["weights"] = [round(float(v), 3) for v in w]
    TARGET.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    for name, texts in {"claims": claims, "fitted frames": empty, **tests}.items():
        p = 1 / (1 + np.exp(-np.array([features(tokenise(t), t) for t in texts]) @ w))
        print(f"{name:16} {len(texts):5}  taken for empty {float((p < CLAIMS).mean()):.3f}")


if __name__ == "__main__":
    main()
