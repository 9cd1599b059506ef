"""Adopt a draft: turn an imported question into a family file by filling what lint asks for.

What the draft knows is filled in; what it does not know stays empty, and lint lists it. A broken answer is never
copied: nothing may be graded against half a sentence.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from examiner.domain.errors import Invalid, Refused
from examiner.domain.question import Family
from examiner.vault.catalogue import Finding
from examiner.vault.check import check_family
from examiner.vault.importing.drafts import FLAGS, Draft
from examiner.vault.model import Vault

Author = Literal["human", "model"]
_UNFIT = frozenset({"truncated_question", "stub_question", "code_missing"})


def skeleton(draft: Draft, taxonomy: Mapping[str, Any], written_by: Author = "human") -> dict[str, Any]:
    """Return the family's plain data as far as the draft knows it; lint asks for the rest.

    Raises:
        Refused: the question itself is cut off; there is nothing to ask.

    """
    unfit = [FLAGS[f] for f in draft.flags if f in _UNFIT]
    if unfit:
        raise Refused(f"'{draft.id}' cannot be adopted: {'; '.join(unfit)}", hint="find the whole text at its source")
    topic = _known(draft.topic, taxonomy["topics"])
    area = taxonomy["topics"].get(topic, {}).get("area") or _known(draft.area, taxonomy["areas"])
    source = ", ".join(t for t in (draft.origin.attribution, draft.origin.source, draft.origin.where) if t)
    return {
        "id": slug(draft.title),
        "title": draft.title,
        "topic": topic,
        "track": _known(draft.track, taxonomy["tracks"]),
        "zone": _known(draft.zone, taxonomy["zones"]),
        "level": draft.level if draft.level in taxonomy["levels"] else "",
        "asks": [],
        "phase": int(draft.phase) if draft.phase.isdigit() and int(draft.phase) in taxonomy["phases"] else "",
        "areas": [area] if area else [],
        "sessions": ["deep"],
        "minutes": draft.minutes or 5,
        "prompt": draft.prompt,
        "quantities": [],
        "rubric": [],
        "mistakes": [],
        "follow_ups": [],
        "invites": {"ask": "", "answer": ""},
        "model_answer": draft.answer if "truncated_answer" not in draft.flags else "",
        "provenance": {
            "origin": "imported",
            "written_by": written_by,
            "licence": draft.origin.licence,
            "source": f"{source}, {draft.id}, release {draft.origin.release}",
        },
        "sources": [source],
    }


def notes(draft: Draft, findings: Sequence[Finding]) -> list[str]:
    """Return what an author should know and a family file has no field for: claims, the source's own mistake, level."""
    lines = [f"from {draft.origin.source}, {draft.origin.where}; its level {draft.level or 'is not said'}"]
    lines += [f"careful: {FLAGS[f]}" for f in draft.flags]
    for finding in findings:
        if finding.agrees:
            lines.append(f"claimed and recomputed: {finding.text}")
        else:
            lines.append(f"DISPUTED, do not copy: {finding.reason}")
    lines += [f"its common mistake: {line}" for line in draft.mistake.splitlines() if line.strip()]
    lines += [f"its working: {line}" for line in draft.working.splitlines() if line.strip()]
    return lines


def as_yaml(raw: Mapping[str, Any], remarks: Sequence[str]) -> str:
    """Return the family file's text, the remarks above it as comments."""
    import yaml  # noqa: PLC0415 - only adopting writes YAML

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    head = "".join(f"# {line}\n" for line in remarks)
    return head + str(yaml.dump(dict(raw), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110))


def demands(raw: Mapping[str, Any], vault: Vault, where: str) -> tuple[Family | None, list[str]]:
    """Return the family, where the data is one already, and everything that lint still asks for."""
    try:
        family = Family.model_validate(raw)
    except ValidationError as error:
        return None, [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    if family.id in vault.families:
        return family, [f"id: '{family.id}' is taken by {vault.files.get(family.id, 'another family')}"]
    criteria = list(vault.rubric_for(family.kind).criteria)
    try:
        problems = check_family(family, vault.tables, vault.taxonomy, where, criteria)
    except Invalid as error:
        return family, [str(error)]
    return family, [f"{p.rule}: {p.says}" for p in problems]


def slug(title: str) -> str:
    """Return an id made of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "imported"


def _known(word: str, table: Mapping[str, Any]) -> str:
    plain = slug(word) if word else ""
    return next((name for name in (word, word.lower(), plain) if name in table), "")
