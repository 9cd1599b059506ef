"""Adopting a draft: what lint asks for, and the draft of a family that a model writes. Nothing here approves anything."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from examiner.domain.base import Frozen
from examiner.domain.question import Family
from examiner.domain.score import Turn
from examiner.judge import fence
from examiner.judge.model_answers import check_answers
from examiner.llm.call import Call, Message, Model, Reply, Shape
from examiner.vault.adopt import demands, skeleton
from examiner.vault.catalogue import Finding, check_claims, read_catalogue
from examiner.vault.content import templates
from examiner.vault.drafting import NAMES, Drafting, Filling, filled, material, typed_keys
from examiner.vault.importing.drafts import Draft

if TYPE_CHECKING:
    from examiner.service.examiner import Examiner

_MAX_TOKENS = 12_000
_SHAPE = Shape(Filling)
Outcome = Literal["ready", "demands", "refused"]


class Drafted(Frozen):
    """What a model made of a draft.

    `outcome` is `ready` where lint has nothing to say, `demands` where a person has work left, `refused` where a key
    was typed in: then there is no `family`. `left` is what no lint can see.
    """

    outcome: Outcome
    model: str
    prompts: str
    family: dict[str, Any] = {}
    refused: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    asked_again: bool = False
    calls: int = 0
    tokens: int = 0
    cost_usd: float | None = None


def claims_of(examiner: "Examiner", draft: Draft) -> list[Finding]:
    """Return the verdict on every number that a draft claims."""
    return check_claims(read_catalogue(examiner.root), [(draft.id, draft.claims_in)], examiner.vault.tables["models"])


def lint(examiner: "Examiner", raw: Mapping[str, Any], where: str) -> list[str]:
    """Return everything that lint still asks of a family's plain data, its model answer included."""
    vault = examiner.vault
    family, asked = demands(raw, vault, where)
    if family is None or asked:
        return asked
    problems = check_answers(
        family, vault.tables, vault.rubric_for(family.kind), examiner.judge_named("embedded"), where
    )
    return [f"{p.rule}: {p.says}" for p in problems]


async def by_model(examiner: "Examiner", draft: Draft, model: Model, model_name: str) -> Drafted:
    """Return the family that a model drafts; lint's findings go back to it once, and the better of the two stands.

    Args:
        examiner: gives vault, tables, prompts and the embedded judge that lint uses.
        draft: what was imported.
        model: who is asked; a gateway.
        model_name: the provider's name of the model.

    Raises:
        Refused: the question itself is cut off.
        CallFailed, Exhausted: the model brought no usable reply, or a budget does not hold the call.

    """
    known = skeleton(draft, examiner.vault.taxonomy, "model")
    findings = claims_of(examiner, draft)
    drafting = Drafting(templates(examiner.root, "adopt", NAMES))
    call = _call(examiner, draft, known, findings, drafting, model_name)
    reply = await model.reply(call)
    best, replies = _read(examiner, known, reply), [reply]
    if best.outcome != "ready":
        second = await model.reply(call.again(reply.text, drafting.findings([*best.refused, *best.demands])))
        replies.append(second)
        best = min(best, _read(examiner, known, second), key=_work)
    return best.model_copy(
        update={
            "model": model_name,
            "prompts": drafting.digest,
            "left": left_for_a_person(draft, best, findings),
            "asked_again": len(replies) > 1,
            "calls": sum(r.attempts for r in replies),
            "tokens": sum(r.usage.total for r in replies),
            "cost_usd": _cost(replies),
        }
    )


def open_drafter(examiner: "Examiner", name: str) -> tuple[Model, str]:
    """Return the gateway to the model of that name, and the provider's name of it: journal and budgets as everywhere.

    Raises:
        NotFound: there is no such model or script.
        NoCredentials: a key or package is missing.

    """
    from examiner.llm.budget import Budget, Ceiling  # noqa: PLC0415 - only where a model is asked
    from examiner.llm.cassette import Cassette  # noqa: PLC0415
    from examiner.llm.gateway import Gateway  # noqa: PLC0415
    from examiner.llm.prices import Prices  # noqa: PLC0415
    from examiner.service.judges import open_vendor  # noqa: PLC0415
    from examiner.service.spending import dollars, project_budget  # noqa: PLC0415

    ceiling = Ceiling(usd=dollars(examiner.settings.session_usd, "session_usd"))
    gateway = Gateway(
        open_vendor(name),
        name=name,
        prices=Prices(examiner.vault.tables["prices"]),
        budget=Budget(ceiling, name="session", parent=project_budget(examiner.settings, examiner.spending)),
        cassette=Cassette(examiner.settings.home_path / "replies.jsonl", "resume"),
        spent=examiner.spending.enter,
    )
    examiner.portal.at_close(gateway.close)
    return gateway, name.partition("/")[2] or name


def left_for_a_person(draft: Draft, made: Drafted, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return what no lint can see and a person has to do before anybody is asked."""
    lines = ["read it against the source and put yourself under provenance.reviewed_by"]
    if made.family.get("quantities"):
        lines.append(
            "write a second route for its quantities in src/examiner/evals/keys/; `examiner vault audit` names it"
        )
    lines += [f"the source is wrong here, see that the draft is not: {f.reason}" for f in findings if not f.agrees]
    if draft.origin.licence:
        lines.append(f"see whether the licence lets you keep it: {draft.origin.licence}")
    if not draft.whole:
        lines.append(
            "the source's answer is broken, so nothing of it was shown to the model: check the facts elsewhere"
        )
    return tuple(lines)


def _call(
    examiner: "Examiner",
    draft: Draft,
    known: Mapping[str, Any],
    findings: Sequence[Finding],
    drafting: Drafting,
    model_name: str,
) -> Call:
    from examiner.service.judges import salt  # noqa: PLC0415 - the judge's room is heavy

    text = material(draft)
    mark = fence.marker(salt(examiner.settings.home_path), "adopt", draft.id, text)
    claims = [f"agrees: {f.text}" if f.agrees else f"DISPUTED: {fence.neutralise(f.reason)}" for f in findings]
    shown = drafting.draft(draft, known, fence.fence([Turn(text=text)], mark).text, claims)
    return Call(
        purpose="adopt",
        model=model_name,
        system=drafting.prefix(examiner.vault),
        messages=(Message("user", shown),),
        shape=_SHAPE,
        max_tokens=_MAX_TOKENS,
    )


def _read(examiner: "Examiner", known: Mapping[str, Any], reply: Reply) -> Drafted:
    raw = filled(known, reply.value, examiner.vault.taxonomy)
    typed: list[str] = []
    with contextlib.suppress(ValidationError):  # what does not fit, lint says
        typed = typed_keys(Family.model_validate(raw), examiner.vault.tables)
    asked = lint(examiner, raw, "the draft")
    if typed:
        return Drafted(outcome="refused", model="", prompts="", refused=tuple(typed), demands=tuple(asked))
    return Drafted(outcome="demands" if asked else "ready", model="", prompts="", family=raw, demands=tuple(asked))


def _work(made: Drafted) -> tuple[int, int]:
    return ("ready", "demands", "refused").index(made.outcome), len(made.refused) + len(made.demands)


def _cost(replies: Sequence[Reply]) -> float | None:
    costs = [r.cost_usd for r in replies]
    return None if any(c is None for c in costs) else sum(c for c in costs if c is not None)
