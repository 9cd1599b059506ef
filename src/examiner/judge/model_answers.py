"""Lint that needs a judge: model answers earn full quality, answers with a recognised mistake do not."""

from collections.abc import Mapping
from typing import Any

from examiner.domain.question import Family, Instance
from examiner.domain.rubric import Rubric
from examiner.domain.score import Turn
from examiner.judge.bench import Judge, assess
from examiner.vault.check import Problem
from examiner.vault.render import render, show

SEEDS = (0, 1, 2)


def check_answers(family: Family, tables: Mapping[str, Any], rubric: Rubric, judge: Judge, where: str) -> list[Problem]:
    """Return a problem for every model answer below full quality and every mistake that passes."""
    says: list[str] = []
    for seed in SEEDS:
        instance = render(family, tables, seed)
        score = assess(judge, instance, [Turn(text=instance.model_answer, asked=instance.prompt)], rubric)
        if score.quality < 3:
            lost = [p.point for c in score.criteria for p in c.points if p.verdict != "met"]
            says.append(f"model answer has quality {score.quality}, not 3; not met: {', '.join(lost)}")
        for mistake, text in mistaken(instance):
            wrong = assess(judge, instance, [Turn(text=text, asked=instance.prompt)], rubric)
            if mistake not in wrong.judgement.mistakes:
                says.append(f"mistake {mistake} is not recognised in the answer that makes it")
            elif wrong.quality >= 3:
                says.append(f"the answer that makes mistake {mistake} has quality 3")
    return [Problem(rule="answers", where=where, says=text) for text in dict.fromkeys(says)]


def mistaken(instance: Instance) -> list[tuple[str, str]]:
    """Return the model answer once for each mistake with a number, the key replaced by the mistake's number."""
    keys = {key.name: key for key in instance.keys}
    shown = [show(key.value) for key in instance.keys]
    out = []
    for signature in instance.signatures:
        key = keys[signature.quantity]
        # A final key is critical where it decides the answer; a step alone may leave quality at 3.
        text = instance.model_answer.replace(show(key.value), show(signature.value))
        alone = shown.count(show(key.value)) == 1
        if key.role == "final" and alone and text != instance.model_answer:
            out.append((signature.mistake, text))
    return out
