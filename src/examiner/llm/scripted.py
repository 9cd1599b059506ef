"""A model that says what it was told to say: for tests, demonstrations and planted faults."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from examiner.domain.errors import Invalid, NotFound
from examiner.llm.call import Call, CallFailed, Reply, Usage

Scripted = str | Reply | Exception
Script = Iterable[Scripted | Callable[[Call], Scripted]] | Callable[[Call], Scripted]


class ScriptedModel:
    """Replies in order, or by a function of the call; every call is kept in `calls`.

    Args:
        script: replies, exceptions to raise, functions of the call; or one function for all calls.
        model: the name it answers under.

    """

    def __init__(self, script: Script, *, model: str = "scripted") -> None:
        self._always = script if callable(script) else None
        self._queue = [] if callable(script) else list(script)
        self._model = model
        self.calls: list[Call] = []

    async def reply(self, call: Call) -> Reply:
        """Return the next reply. Raises CallFailed where the script has run out."""
        self.calls.append(call)
        if self._always is not None:
            step: Any = self._always
        elif self._queue:
            step = self._queue.pop(0)
        else:
            raise CallFailed("rejected", f"the script has no reply left for call {len(self.calls)}")
        said = step(call) if callable(step) else step
        if isinstance(said, Exception):
            raise said
        made = said if isinstance(said, Reply) else Reply(text=said, model=self._model, usage=_counted(call, said))
        if call.on_text is not None:
            for piece in re.findall(r"\S+\s*|\s+", made.text):
                call.on_text(piece)
        return made


def read_script(path: Path) -> ScriptedModel:
    """Return the model that a JSONL file describes, one rule a line.

    A rule is `{"match": REGEX?, "text": ...}` or `{"match": REGEX?, "json": ...}` or
    `{"match": REGEX?, "fail": KIND}`. The first rule whose pattern is found in the call's messages answers;
    a rule without `match` answers everything.

    Raises:
        NotFound: there is no such file.
        Invalid: a line is no rule; says which.

    """
    if not path.is_file():
        raise NotFound(f"no script {path}")
    rules = [
        _rule(line, f"{path}:{number}") for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line
    ]

    def answer(call: Call) -> Scripted:
        text = "\n".join(message.text for message in call.messages)
        for pattern, said in rules:
            if pattern.search(text):
                return said
        return CallFailed("rejected", f"no rule of {path.name} matches this call")

    return ScriptedModel(answer, model=f"scripted:{path.name}")


def _rule(line: str, where: str) -> tuple[re.Pattern[str], Scripted]:
    try:
        rule = json.loads(line)
        pattern = re.compile(rule.get("match", ""), re.DOTALL)
    except (ValueError, AttributeError, re.error) as error:
        raise Invalid(f"{where}: {error}") from None
    if "fail" in rule:
        return pattern, CallFailed(rule["fail"], f"scripted failure: {rule['fail']}")
    if "json" in rule:
        return pattern, json.dumps(rule["json"], ensure_ascii=False)
    if "text" in rule:
        return pattern, str(rule["text"])
    raise Invalid(f"{where}: a rule needs text, json or fail")


def _counted(call: Call, text: str) -> Usage:
    """Estimate tokens at four bytes each, as no tokenizer is asked."""
    sent = sum(map(len, call.system)) + sum(len(m.text) for m in call.messages)
    return Usage(input=sent // 4, output=max(1, len(text) // 4))
