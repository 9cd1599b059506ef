"""Judging through provider batch files: requests out, results back in, the same judgements at half the price.

A request's `custom_id` is its call's fingerprint: the file can be made again and matched again, and identical requests
go out once. Nothing is sent from here.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from examiner.domain.errors import ExaminerError, Invalid, NotFound
from examiner.judge.bench import finish, with_invited
from examiner.judge.guard import Guarded
from examiner.judge.llm_judge import LLMJudge
from examiner.llm import formats
from examiner.llm.call import Call, CallFailed, Reply, misfit
from examiner.llm.cassette import digest
from examiner.llm.prices import Prices
from examiner.service.batch.rows import Row, failed, result, row_of
from examiner.service.examiner import Examiner
from examiner.service.judges import open_guarded

Format = Literal["openai", "anthropic"]
DISCOUNT = 0.5  # both providers' price of a batched token, relative to a live one


def export(examiner: Examiner, name: str, lines: Iterable[str], style: Format) -> Iterator[str]:
    """Yield the lines of a batch file for these answers.

    Args:
        examiner: gives questions, rubrics and prompts.
        name: the judge.
        lines: JSONL as `grade` reads it.
        style: whose format.

    Raises:
        Invalid, NotFound: a line of the input does not fit; nothing of it is left out silently.

    """
    judge = _judge(examiner, name)
    sent: set[int] = set()
    for number, row in _rows(examiner, lines):
        try:
            calls = _calls(judge, row)
        except ExaminerError as error:
            raise type(error)(f"line {number}: {error.message}", hint=error.hint) from None
        for call in calls:
            identity = custom_id(call)
            if digest(identity) in sent:
                continue
            sent.add(digest(identity))
            yield json.dumps(_request(call, identity, style), ensure_ascii=False) + "\n"


def _request(call: Call, identity: str, style: Format) -> dict[str, Any]:
    if style == "anthropic":
        return {"custom_id": identity, "params": formats.anthropic_body(call)}
    return {
        "custom_id": identity,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": formats.openai_body(call, official=True),
    }


def custom_id(call: Call) -> str:
    """Return the request's name: 48 hex digits of its fingerprint (both providers allow 64 characters)."""
    return call.fingerprint.partition(":")[2][:48]


def import_(
    examiner: Examiner, name: str, lines: Iterable[str], results: Path, write: Callable[[dict[str, Any]], Any]
) -> tuple[int, int]:
    """Read a results file of either provider and write `grade` results; return how many were graded and failed.

    Results may come in any order; they are found by byte offset, so that the file is never held in memory.

    Raises:
        NotFound: there is no such file.

    """
    if not results.is_file():
        raise NotFound(f"no file {results}")
    judge, prices = _judge(examiner, name), Prices(examiner.vault.tables["prices"])
    places = _places(results)
    graded = bad = 0
    with results.open("rb") as file:
        for _, row in _rows(examiner, lines):
            try:
                write(_graded(examiner, judge, prices, row, file, places))
                graded += 1
            except ExaminerError as error:
                write(failed(row.job.model_dump(mode="json"), error))
                bad += 1
    return graded, bad


def _graded(
    examiner: Examiner, judge: Guarded, prices: Prices, row: Row, file: Any, places: dict[str, int]
) -> dict[str, Any]:
    asked = with_invited(row.instance, row.turns)
    replies = []
    for call in judge.calls(asked, row.turns):
        at = places.get(custom_id(call))
        if at is None:
            raise CallFailed("rejected", "the results file holds no reply to this answer as it would be asked now")
        file.seek(at)
        reply = _replied(json.loads(file.readline()))
        usd = prices.cost(reply.model or call.model, reply.usage)
        replies.append(_fitting(call, reply, None if usd is None else usd * DISCOUNT))
    decided = judge.read(asked, row.turns, replies)
    score = finish(judge, decided.judgement, row.instance, row.turns, row.rubric)
    return result(examiner, row, score, usd=decided.cost_usd, usage=decided.usage)


def _fitting(call: Call, reply: Reply, usd: float | None) -> Reply:
    if reply.stop in ("refusal", "length"):
        raise CallFailed("refusal" if reply.stop == "refusal" else "truncated", f"the reply ended by {reply.stop}")
    try:
        value = call.shape.parse(reply.text) if call.shape else None
    except ValidationError as error:
        raise CallFailed("invalid", misfit(error).replace("\n", "; ")) from None
    return replace(reply, value=value, cost_usd=usd)


def _replied(line: dict[str, Any]) -> Reply:
    """Return the reply in a line of results: OpenAI wraps a response, Anthropic a result with a type."""
    if "response" in line:
        response = line["response"] or {}
        if response.get("status_code") != 200:
            raise formats.failure(int(response.get("status_code") or 0), {}, json.dumps(line.get("error")), "the batch")
        return formats.openai_reply(response["body"])
    outcome = line.get("result") or {}
    if outcome.get("type") != "succeeded":
        raise CallFailed("rejected", f"the batch says {outcome.get('type', 'nothing')}: {outcome.get('error', '')}")
    return formats.anthropic_reply(outcome["message"])


def _places(results: Path) -> dict[str, int]:
    places, at = {}, 0
    with results.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                places[str(json.loads(line)["custom_id"])] = at
            except (ValueError, KeyError, TypeError):
                raise Invalid(f"{results}:{number} is no line of a batch result") from None
            at += len(line)
    return places


def _judge(examiner: Examiner, name: str) -> Guarded:
    """Return the judge, unreached: no key is needed. Raises Invalid for a judge that sends nothing, or a panel."""
    if "/" not in name:
        raise Invalid(f"judge '{name}' sends nothing to a provider", hint="such as openai/MODEL or anthropic/MODEL")
    judge = open_guarded(examiner, name, run=asyncio.run, offline=True)
    if not isinstance(judge.within, LLMJudge) or judge.within.options.replicates > 1:
        raise Invalid("a batch file holds one judge with one replicate", hint="make one file for each member")
    return judge


def _calls(judge: Guarded, row: Row) -> list[Call]:
    return list(judge.calls(with_invited(row.instance, row.turns), row.turns))


def _rows(examiner: Examiner, lines: Iterable[str]) -> Iterator[tuple[int, Row]]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            yield number, row_of(examiner, json.loads(text))
        except ValueError as error:
            raise Invalid(f"line {number} is not JSON: {error}") from None
        except ExaminerError as error:
            raise type(error)(f"line {number}: {error.message}", hint=error.hint) from None
