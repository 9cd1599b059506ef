"""What the probes and the sentinels are run on: graders by name, questions of the vault, answers from a file."""

import json
from pathlib import Path
from random import Random
from typing import Any

from examiner.calibration.planted.faults import open_planted
from examiner.calibration.planted.judges import PREFIX
from examiner.calibration.probes.cases import Base
from examiner.calibration.probes.graders import BenchGrader, Grader
from examiner.calibration.probes.running import bases
from examiner.domain.errors import Invalid, NotFound
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.service.examiner import Examiner
from examiner.vault.render import render


def grader_named(examiner: Examiner, name: str) -> Grader:
    """Return a judge on its bench, or a planted one (`planted:NAME`). Raises NotFound, Invalid, NoCredentials.

    A model is asked anew each time: a reply from the journal would show neither drift nor instability.
    """
    if name.startswith(PREFIX):
        return open_planted(name)
    return BenchGrader(examiner.judge_named(name, anew=True))


def questions(
    examiner: Examiner, limit: int | None = None, seed: int = 0, variants: int = 1
) -> list[tuple[Instance, Rubric]]:
    """Return questions of the vault with their rubrics, drawn by the seed; all of them where no limit is given."""
    families = [family for _, family in sorted(examiner.vault.families.items())]
    Random(seed).shuffle(families)  # noqa: S311 - a reproducible draw
    return [
        (render(family, examiner.vault.tables, variant), examiner.vault.rubric_for(family.kind))
        for family in families[:limit]
        for variant in range(variants)
    ]


def probe_bases(
    examiner: Examiner, limit: int | None = None, seed: int = 0, variants: int = 1, answers: Path | None = None
) -> tuple[Base, ...]:
    """Return the base answers: constructed ones, the vault's model answers, and those of a file.

    Raises:
        Invalid: a line of the file does not fit.
        NotFound: it names a question that is not in the vault.

    """
    chosen = questions(examiner, limit, seed, variants)
    given = read_answers(answers) if answers else []
    known = {instance.ref for instance, _ in chosen}
    for ref, _ in given:
        instance = examiner.instance(ref)
        if instance.ref not in known:
            known.add(instance.ref)
            chosen.append((instance, examiner.rubric(instance)))
    named = [(examiner.instance(ref).ref, text) for ref, text in given]
    return bases(chosen, seed, named)


def read_answers(path: Path) -> list[tuple[str, str]]:
    """Return (question ref, answer) of each line of a JSONL file: `answer`, or the first of `turns`.

    Raises:
        NotFound: there is no such file.
        Invalid: a line is not an answer; says which.

    """
    lines = read_text(path).splitlines()
    return [_answer(line, f"{path}: line {n}") for n, line in enumerate(lines, 1) if line.strip()]


def read_text(path: Path) -> str:
    """Return a file's text. Raises NotFound, Invalid."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFound(f"no file {path}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text") from None


def _answer(line: str, where: str) -> tuple[str, str]:
    hint = 'such as {"question": "kv-concurrency@0", "answer": "…"}'
    try:
        data: Any = json.loads(line)
    except ValueError:
        raise Invalid(f"{where} is not JSON", hint=hint) from None
    if not isinstance(data, dict):
        raise Invalid(f"{where} is not an object", hint=hint)
    turns = data.get("turns")
    first = turns[0] if isinstance(turns, list) and turns and isinstance(turns[0], dict) else {}
    question, answer = data.get("question"), data.get("answer", first.get("text"))
    if not isinstance(question, str) or not isinstance(answer, str):
        raise Invalid(f"{where} needs 'question' and 'answer'", hint=hint)
    return question, answer
