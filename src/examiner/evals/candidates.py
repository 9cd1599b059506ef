"""Scripted candidates: data under `evals/candidates/`, played against real questions.

A script says, for one family, what a strong candidate would say point by point, in words that avoid the rubric's;
a candidate is a rule for how much of a script is said, and when.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid, NotFound
from examiner.domain.question import Instance
from examiner.vault.read import load_yaml
from examiner.vault.render import fill, show

_DIGIT = re.compile(r"\d")


_KINDS = ("all", "bluff", "half", "wordy")


class Line(Frozen):
    """A sentence or two of a script, and the points it makes."""

    says: str
    points: tuple[str, ...] = ()


class Script(Frozen):
    """What may be said to one family."""

    family: str
    strong: tuple[Line, ...]
    bluff: str
    invited: str


class Candidate(Frozen):
    """A rule for how much of a script is said.

    `main`: all points, half of them, those without numbers, the bluff, or `uneven`: one of these by the question. `follow_ups`: how many probes of one
    question are answered; the rest meet a shrug. `injections` are put between the sentences.
    """

    id: str
    about: str
    main: Literal["all", "half", "wordy", "bluff", "uneven"]
    follow_ups: int
    injections: tuple[str, ...] = ()

    def answer(self, script: Script, instance: Instance, probe: str | None, asked: int, aimed: Collection[str]) -> str:
        """Return what this candidate says.

        Args:
            script: the family's script.
            instance: the question as asked.
            probe: the follow-up's id; None for the main answer.
            asked: how many follow-ups came before this one.
            aimed: the points the follow-up aims at.

        """
        if self.main == "uneven":
            chosen = _KINDS[len(script.family) % len(_KINDS)]
            part = self.model_copy(update={"main": chosen, "follow_ups": 0 if chosen == "bluff" else self.follow_ups})
            return part.answer(script, instance, probe, asked, aimed)
        if self.main == "bluff":
            return fill(script.bluff, values_of(instance), script.family)
        if probe is not None and asked >= self.follow_ups:
            return "I would have to look that up."
        lines = self._lines(script, probe, aimed)
        said = [fill(line, values_of(instance), script.family) for line in lines]
        if self.main == "wordy":
            said = [s for s in said if not _DIGIT.search(s)] or ["I would rather not put a figure on that."]
        return " ".join(self._injected(said))

    def _lines(self, script: Script, probe: str | None, aimed: Collection[str]) -> list[str]:
        if probe == "invited":
            return [script.invited]
        if probe is not None:
            hits = [line.says for line in script.strong if set(line.points) & set(aimed)]
            return hits or [script.invited]
        if self.main == "half":
            return [line.says for line in script.strong[::2]]
        return [line.says for line in script.strong]

    def _injected(self, said: list[str]) -> list[str]:
        out = []
        for number, sentence in enumerate(said):
            out.append(sentence)
            if self.injections:
                out.append(self.injections[number % len(self.injections)])
        return out


def read_candidate(root: Path, name: str) -> Candidate:
    """Return a candidate by name. Raises NotFound, Invalid."""
    path = root / "evals" / "candidates" / f"{name}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise NotFound(f"no scripted candidate '{name}'", hint=f"there are: {there}")
    candidate: Candidate = _parse(Candidate, load_yaml(path), path)
    return candidate


@lru_cache(maxsize=8)
def read_scripts(root: Path) -> dict[str, Script]:
    """Return the scripts by family. Raises Invalid."""
    scripts: dict[str, Script] = {}
    for path in sorted((root / "evals" / "candidates" / "scripts").glob("*.yaml")):
        raw = load_yaml(path)
        for one in raw if isinstance(raw, list) else [raw]:
            script = _parse(Script, one, path)
            scripts[script.family] = script
    return scripts


def _parse(model: Any, raw: Any, path: Path) -> Any:
    try:
        return TypeAdapter(model).validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def values_of(instance: Instance) -> dict[str, Any]:
    """Return what a script's templates may name: quantities, plain parameters, `entry_field` of specifications."""
    values: dict[str, Any] = {key.name: show(key.value) for key in instance.keys}
    for name, measure in instance.inputs.items():
        values[name.replace(".", "_")] = show(measure.value)
    return values
