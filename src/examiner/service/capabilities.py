"""What is known of each model judge: asked of it once, kept in the home folder under its name and address."""

import json
import os
from typing import Any

from examiner.domain.errors import Invalid
from examiner.llm.call import Form
from examiner.llm.capability import FORMS, Capabilities, observe
from examiner.service.examiner import Examiner

_FILE = "capabilities.json"


def known(examiner: Examiner, bare: str) -> dict[str, Any] | None:
    """Return the record of `vendor/MODEL` at the address that is set now; None where it was never asked."""
    found: dict[str, Any] | None = _read(examiner).get(_key(bare))
    return found


def form_of(examiner: Examiner, bare: str) -> Form | None:
    """Return the form that its requests must have; None for the vendor's usual one."""
    record, usual = known(examiner, bare), FORMS.get(bare.partition("/")[0], ("schema",))[0]
    form: Form | None = record["capabilities"]["form"] if record else None
    return None if form == usual else form


def forms_of(examiner: Examiner, name: str) -> dict[str, Form]:
    """Return the forms of all models that a judge's name holds, those asked in the usual way left out."""
    named = {part for member in name.split("+") for part in _models(member)}
    return {bare: form for bare in sorted(named) if (form := form_of(examiner, bare)) is not None}


def _models(member: str) -> list[str]:
    bare, *options = member.split(",")
    return [bare, *(o.removeprefix("fallback=") for o in options if o.startswith("fallback="))]


def check(examiner: Examiner, name: str) -> list[dict[str, Any]]:
    """Ask every member of a judge what it accepts, keep what it says, and return the records.

    Raises:
        Invalid: the judge is no model.
        CallFailed, NoCredentials, Exhausted: it could not be asked.

    """
    from examiner.llm.gateway import Gateway, Patience  # noqa: PLC0415 - only where a model is asked
    from examiner.llm.prices import Prices  # noqa: PLC0415
    from examiner.service.judges import open_guarded, open_vendor  # noqa: PLC0415
    from examiner.service.spending import project_budget  # noqa: PLC0415

    out = []
    for member in name.split("+"):
        bare = member.partition(",")[0]
        vendor = "scripted" if bare.startswith("scripted:") else bare.partition("/")[0]
        if vendor not in FORMS:
            raise Invalid(f"'{bare}' is no model to be asked", hint="anthropic/MODEL, openai/MODEL, litellm/MODEL")
        gateway = Gateway(
            open_vendor(bare),
            name=bare,
            prices=Prices(examiner.vault.tables["prices"]),
            budget=project_budget(examiner.settings, examiner.spending),
            patience=Patience(attempts=3, seconds=60),
            spent=examiner.spending.enter,
        )
        examiner.portal.at_close(gateway.close)
        found = examiner.portal.run(observe(gateway, bare.partition("/")[2] or bare, FORMS[vendor]))
        _keep(examiner, bare, {"judge": bare, "at": examiner.clock().isoformat(), "capabilities": _plain(found)})
        judge = open_guarded(examiner, bare, run=examiner.portal.run, offline=True)
        record = known(examiner, bare) or {}
        record["observed_fingerprint"] = judge.within.fingerprint_for(found.replied, found.system_fingerprint)
        _keep(examiner, bare, record)
        out.append(record)
    return out


def _plain(found: Capabilities) -> dict[str, Any]:
    return found.model_dump(mode="json")


def _key(bare: str) -> str:
    address = os.environ.get(f"{bare.partition('/')[0].upper()}_BASE_URL", "")
    return f"{bare} at {address}" if address else bare


def _read(examiner: Examiner) -> dict[str, Any]:
    try:
        return dict(json.loads((examiner.settings.home_path / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _keep(examiner: Examiner, bare: str, record: dict[str, Any]) -> None:
    path = examiner.settings.home_path / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_read(examiner) | {_key(bare): record}, indent=1, ensure_ascii=False)
    path.with_suffix(".new").write_text(text + "\n", encoding="utf-8")
    path.with_suffix(".new").replace(path)
