"""How the embedded judge scores the whole vault: model answers, answers with one mistake, answers to other questions.

    python evals/bench/distributions.py            # three tables of qualities 0-3: under a minute
    python evals/bench/distributions.py --seed 1   # other draws of the parameters

An answer with one mistake is the model answer with a final key replaced by the mistake's number, as the lint builds
it. An answer to another question is the model answer of a family drawn at random for each family.
"""

import argparse
import random
from collections import Counter

from examiner.domain.score import Turn
from examiner.judge.bench import assess, open_judge
from examiner.judge.model_answers import mistaken
from examiner.service.examiner import Examiner
from examiner.settings import Settings

QUALITIES = (3, 2, 1, 0)


def qualities(seed, other_seed):
    """Return for each kind of answer a list of (family, quality), over all families of the vault."""
    examiner, judge, rng = Examiner(Settings()), open_judge("embedded"), random.Random(other_seed)
    families = sorted(examiner.vault.families)

    def quality(instance, text):
        turns = [Turn(text=text, asked=instance.prompt)]
        return assess(judge, instance, turns, examiner.rubric(instance)).quality

    right, wrong, other = [], [], []
    for name in families:
        instance = examiner.instance(f"{name}@{seed}")
        stranger = rng.choice([n for n in families if n != name])
        right.append((name, quality(instance, instance.model_answer)))
        wrong += [(f"{name}/{mistake}", quality(instance, text)) for mistake, text in mistaken(instance)]
        foreign = examiner.instance(f"{stranger}@{seed}").model_answer
        other.append((f"{name} given {stranger}", quality(instance, foreign)))
    return {"model answers": right, "answers with one mistake": wrong, "answers to other questions": other}


def table(title, rows):
    counts = Counter(quality for _, quality in rows)
    lines = [f"{title}: {len(rows)}", "", "| quality | answers | share |", "|---|---|---|"]
    lines += [f"| {q} | {counts[q]} | {counts[q] / len(rows):.1%} |" for q in QUALITIES]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="the draw of every family's parameters")
    parser.add_argument("--other-seed", type=int, default=7, help="chooses whose answer each family is given")
    parser.add_argument("--odd", action="store_true", help="name the answers on the wrong side")
    options = parser.parse_args()
    found = qualities(options.seed, options.other_seed)
    for title, rows in found.items():
        print(table(title, rows))
    if options.odd:
        for (title, rows), fine in zip(found.items(), ((3,), (0, 1, 2), (0,)), strict=True):
            print(title, "|", ", ".join(f"{name}={quality}" for name, quality in rows if quality not in fine) or "none")


if __name__ == "__main__":
    main()
