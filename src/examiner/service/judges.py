"""Judges by name: which model, behind which gateway, with which prompts and budget."""

import json
import os
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examiner.domain.errors import Invalid, NotFound
from examiner.judge.bench import asks_a_model, open_judge
from examiner.judge.decided import Decided
from examiner.judge.guard import Guarded
from examiner.judge.llm_judge import By, LLMJudge, Options
from examiner.judge.panel_judge import PanelJudge
from examiner.judge.prompt import NAMES, Example, Prompts
from examiner.llm.budget import Budget
from examiner.llm.call import Call, CallFailed, Form, Model, Reply
from examiner.llm.cassette import Cassette
from examiner.llm.fallback import Fallback
from examiner.llm.gateway import Gateway, Patience
from examiner.llm.prices import Prices
from examiner.service.recording import play
from examiner.vault.content import content_root

if TYPE_CHECKING:
    from examiner.service.examiner import Examiner

VENDORS = ("anthropic", "openai", "litellm")
Run = Callable[[Coroutine[Any, Any, Decided]], Decided]


class Unasked:
    """The model of a judge that only shows, exports or replays: it is never asked."""

    async def reply(self, call: Call) -> Reply:
        """Raise: nobody is there."""
        raise CallFailed("rejected", f"{call.model} is not reached from here")


def open_llm_judge(
    examiner: "Examiner",
    name: str,
    *,
    run: Run,
    budget: Budget | None = None,
    cassette: Cassette | None = None,
    offline: bool = False,
    patience: Patience | None = None,
    secret: bytes = b"",
    forms: Mapping[str, Form] | None = None,
) -> LLMJudge | PanelJudge:
    """Return the judge of that name: `vendor/MODEL`, `scripted:FILE`, `replay:DIR`; `a+b` is a panel.

    Options follow after commas: `openai/MODEL,by=criterion,replicates=3,temperature=0,fallback=anthropic/MODEL`.

    Args:
        examiner: gives content, prices and home.
        name: the judge's name.
        run: runs a coroutine to its end, for callers that are not async.
        budget: what it may spend; by default the session's and project's of the settings.
        cassette: where replies are recorded.
        offline: make no client and need no key; for showing and exporting what would be sent.
        patience: how long calls go on trying.
        secret: what markers are made with; by default this home's own.
        forms: the form of requests to each model; by default what its record says.

    Raises:
        NotFound: there is no such judge, file or recording.
        Invalid: an option is none.
        Corrupt: a recording is none.
        NoCredentials: a key or package is missing.

    """
    played = play(name)
    if played is not None:
        name, secret, cassette, offline, forms = played.judge, played.secret, played.cassette, True, played.forms
    members = name.split("+")
    if len(members) > 1:
        if len(set(members)) < len(members):
            raise Invalid(f"panel '{name}' names a member twice", hint="replicates=N asks one judge several times")
        more: dict[str, Any] = {"budget": budget, "cassette": cassette, "offline": offline, "patience": patience}
        judges = [open_llm_judge(examiner, m, run=run, secret=secret, forms=forms, **more) for m in members]
        return PanelJudge([j for j in judges if isinstance(j, LLMJudge)], run=run)
    from examiner.service.capabilities import form_of  # noqa: PLC0415 - it opens judges itself

    bare, _, text = name.partition(",")
    options, spare, anchors = _options(text, name)

    def gateway(reached: str) -> Gateway:
        return Gateway(
            Unasked() if offline else open_vendor(reached),
            name=reached,
            prices=Prices(examiner.vault.tables["prices"]),
            budget=budget,
            cassette=cassette,
            patience=patience,
            spent=examiner.spending.enter,
        )

    chain: list[tuple[Model, str]] = [(gateway(reached), _provider_name(reached)) for reached in (bare, *spare)]
    return LLMJudge(
        name,
        chain[0][0] if len(chain) == 1 else Fallback(chain),
        chain[0][1],
        prompts(examiner.root),
        examiner.vault.rubric_for,
        salt=secret or salt(examiner.settings.home_path),
        options=replace(options, form=form_of(examiner, bare) if forms is None else forms.get(bare)),
        examples=_examples(examiner, options.examples, anchors),
        run=run,
    )


def _examples(examiner: "Examiner", count: int, anchors: str) -> dict[str, tuple[Example, ...]]:
    if not count:
        return {}
    from examiner.service.trust.worked import examples  # noqa: PLC0415 - anchors are read only where they are shown

    return examples(examiner, count, anchors)


def with_examples(name: str, count: int | None) -> str:
    """Return a judge's name with so many worked examples, for each member of a panel. Raises Invalid."""
    if count is None:
        return name
    if not asks_a_model(name):
        raise Invalid(f"judge '{name}' reads no examples", hint="a model judge does, such as openai/MODEL")
    return "+".join(f"{member},examples={count}" for member in name.split("+"))


def _provider_name(bare: str) -> str:
    return bare.partition("/")[2] or bare


def open_guarded(examiner: "Examiner", name: str, **more: Any) -> Guarded:
    """Return a model judge behind its guards, as everybody uses it; arguments as `open_llm_judge`."""
    played = play(name)
    if played is not None:
        name, more = played.judge, more | played.more
    secret = more.get("secret") or salt(examiner.settings.home_path)
    # A script knows the points that it was made for.
    decoys = 0 if all(member.startswith("scripted:") for member in name.split("+")) else 1
    return Guarded(open_llm_judge(examiner, name, **more), open_judge("embedded"), secret, decoys=decoys)


def open_vendor(bare: str) -> Model:
    """Return the client behind `vendor/MODEL` or `scripted:FILE`. Raises NotFound, NoCredentials."""
    kind, _, rest = bare.partition("/")
    if bare.startswith("scripted:"):
        from examiner.llm.scripted import read_script  # noqa: PLC0415 - one of four ways

        return read_script(Path(bare.partition(":")[2]))
    if not rest or kind not in VENDORS:
        raise NotFound(
            f"no model '{bare}'",
            hint="embedded, anthropic/MODEL, openai/MODEL, litellm/MODEL, scripted:FILE, replay:DIR",
        )
    if kind == "litellm":
        from examiner.llm.via_litellm import LitellmModel  # noqa: PLC0415

        return LitellmModel()
    from examiner.llm.direct import DirectModel  # noqa: PLC0415

    return DirectModel("anthropic" if kind == "anthropic" else "openai")


def _options(text: str, name: str) -> tuple[Options, list[str], str]:
    """Read `by=criterion,replicates=3,fallback=openai/MODEL`; any other word is a sampling parameter."""
    by, replicates, examples, anchors, parameters, spare = "question", 1, 0, "", {}, []
    for part in filter(None, text.split(",")):
        word, equals, value = part.partition("=")
        if not equals:
            raise Invalid(f"'{part}' in judge '{name}' is no option", hint="such as by=criterion or replicates=3")
        if word == "by":
            by = value
        elif word == "replicates":
            replicates = int(value) if value.isdigit() else 0
        elif word == "fallback":
            spare.append(value)
        elif word == "examples":
            examples = int(value) if value.isdigit() else -1
        elif word == "anchors":
            anchors = value
        else:
            try:
                parameters[word] = json.loads(value)
            except ValueError:
                parameters[word] = value
    if by not in ("question", "criterion") or not 1 <= replicates <= 25 or not 0 <= examples <= 8:
        raise Invalid(f"judge '{name}': by is question or criterion, replicates 1 to 25, examples 0 to 8")
    way: By = "criterion" if by == "criterion" else "question"
    return Options(by=way, replicates=replicates, examples=examples, parameters=parameters), spare, anchors


def prompts(root: Path) -> Prompts:
    """Return the judge's templates: those of the content folder, else the shipped ones."""
    folder = root / "prompts" / "judge"
    if not folder.is_dir():
        folder = content_root() / "prompts" / "judge"
    return Prompts({name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in NAMES})


def salt(home: Path) -> bytes:
    """Return this home's secret for markers, made on first use."""
    path = home / "marker.key"
    if not path.is_file():
        home.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
