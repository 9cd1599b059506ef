"""The transformer-math collection: one markdown file of modules, its line ends mostly collapsed.

    module   := '---' 'title: "' T '" part: "' P '" number: ' N ... '---' ... '## Interview Questions' question+
    question := '### ' stars ' _(' companies ')_ **Q:** ' text EOL 'Answer ' text

Lines mean nothing in it; markers do. Code fences hold headings of their own and are taken out first.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from examiner.domain.errors import Invalid
from examiner.domain.identity import fingerprint
from examiner.vault.importing import prose
from examiner.vault.importing.drafts import Draft, Imported, Origin, Passage, Unusable, release_hash
from examiner.vault.importing.files import read_text
from examiner.vault.importing.mojibake import repair

_FENCE = re.compile(r"```.*?```", re.S)
_MODULE = re.compile(r'---\s+title:\s+"(?P<title>[^"]*)"\s+part:\s+"(?P<part>[^"]*)"\s+number:\s+(?P<number>\d+)\s')
_QUESTION = re.compile(
    r"###\s+(?P<stars>[★☆]{3})\s+_\((?P<companies>[^)]*)\)_\s+\*\*Q:\*\*[ \t]*(?P<question>.*?)\n+\s*"
    r"Answer\b[ \t]*(?P<answer>.*?)(?=\n*\s*###\s+[★☆]|\s## |\s---\s+---|\Z)",
    re.S,
)
_HEADING = re.compile(r"###\s+[★☆]{3}\s+_\(")
_INSIGHT = re.compile(r"> \[!tip\] Insight\s+>\s*(?P<text>.*?)(?=\s+> \[!tip\]|\s+## |\Z)", re.S)
_HEADLINE = re.compile(r"> \[!question\] Key Question\s+>\s*(?P<text>.*?)(?=\s+## |\Z)", re.S)
_ATTRIBUTION = re.compile(r"Source:\s+(\S+)\s+Last updated:\s+(\S+)")
LICENCE = "unknown: ask before you publish anything from it"


def read(path: Path) -> Imported:
    """Return every question of the collection, broken ones flagged, and its prose as passages.

    Raises:
        Invalid: the file has no module of this collection.

    """
    text, repaired = repair(read_text(path))
    fences = [(m.start(), m.group()) for m in _FENCE.finditer(text)]
    text = _FENCE.sub(lambda m: " " * len(m.group()), text)  # blanked, so that places stay what they are
    starts = list(_MODULE.finditer(text))
    if not starts:
        raise Invalid(f"{path.name}: no module header (title, part, number) of the transformer-math collection")
    drafts: list[Draft] = []
    passages: list[Passage] = []
    unusable: list[Unusable] = []
    origin = _origin(path, text)
    for module, end in zip(starts, [m.start() for m in starts[1:]] + [len(text)], strict=True):
        body = text[module.end() : end]
        drafts += _questions(module, body, origin)
        passages += _passages(module, body)
        passages += [
            Passage(where=f"module {module['number']}, code", text=code.strip("`"))
            for place, code in fences
            if module.end() <= place < end
        ]
        missed = len(_HEADING.findall(body)) - len(_QUESTION.findall(body))
        if missed:
            unusable.append(Unusable(where=f"module {module['number']}", why=f"{missed} headings without an answer"))
    drafts = _distinct(drafts)
    release = release_hash((d.id, d.claims_in) for d in drafts)
    unusable += [Unusable(where=d.origin.where, why=f"{d.id}: {_why(d)}") for d in drafts if not d.whole]
    return Imported(
        format="transformer-math",
        source=path.name,
        licence=LICENCE,
        attribution=origin.attribution,
        release=release,
        found=len(drafts) + sum(1 for u in unusable if "headings" in u.why),
        drafts=tuple(d.model_copy(update={"origin": d.origin.model_copy(update={"release": release})}) for d in drafts),
        unusable=tuple(unusable),
        passages=tuple(passages),
        counts={
            "modules": len(starts),
            "whole": sum(d.whole for d in drafts),
            **dict(sorted(Counter(f for d in drafts for f in d.flags).items())),
            "passages": len(passages),
            "passages_with_maths_lost": sum("maths_lost" in p.flags for p in passages),
            "non_ascii_runs": repaired.runs,
            "runs_repaired": repaired.repaired,
            "runs_mended_by_table": repaired.mended,
            "runs_sound_already": repaired.sound,
            "runs_left": sum(repaired.left.values()),
        },
        notes=("texts stop at the first quotation mark of their source; nothing was guessed back",),
    )


def _origin(path: Path, text: str) -> Origin:
    found = _ATTRIBUTION.search(text)
    named = f"{found[1]}, last updated {found[2]}" if found else ""
    return Origin(source=path.name, licence=LICENCE, attribution=named)


def _questions(module: re.Match[str], body: str, origin: Origin) -> list[Draft]:
    number = int(module["number"])
    made = []
    for place, found in enumerate(_QUESTION.finditer(body), start=1):
        question, answer = prose.clean(found["question"]), prose.clean(found["answer"])
        flags = prose.question_flags(question) + prose.answer_flags(answer)
        if prose.maths_lost(found["question"]) or prose.maths_lost(found["answer"]):
            flags.append("maths_lost")
        if found["question"].rstrip().endswith("\\n"):
            flags.append("code_missing")
        companies = [c.strip() for c in found["companies"].split(",")]
        extra: dict[str, Any] = {"module": number, "part": module["part"], "stars": found["stars"].count("★")}
        made.append(
            Draft(
                id=f"m{number:02d}-{_digest(number, question, answer)}",
                title=module["title"],
                prompt=question,
                answer=answer,
                tags=tuple(companies),
                topic=module["title"],
                flags=tuple(flags),
                origin=origin.model_copy(update={"where": f"module {number}, question {place}"}),
                extra=extra,
            )
        )
    return made


def _digest(module: int, question: str, answer: str) -> str:
    # The question alone is no key: cut texts repeat.
    normal = [str(module), *(" ".join(t.lower().split()) for t in (question, answer))]
    return fingerprint(normal).removeprefix("sha256:")[:10]


def _distinct(drafts: list[Draft]) -> list[Draft]:
    seen: Counter[str] = Counter()
    made = []
    for draft in drafts:
        seen[draft.id] += 1
        made.append(draft if seen[draft.id] == 1 else draft.model_copy(update={"id": f"{draft.id}-{seen[draft.id]}"}))
    return made


def _passages(module: re.Match[str], body: str) -> list[Passage]:
    where = f"module {module['number']}"
    head = body.split("## Interview Questions", maxsplit=1)[0]
    return [
        Passage(
            where=f"{where}, {name}",
            text=prose.clean(found["text"]),
            flags=("maths_lost",) if prose.maths_lost(found["text"]) else (),
        )
        for name, pattern in (("headline", _HEADLINE), ("insight", _INSIGHT))
        for found in pattern.finditer(head)
    ]


def _why(draft: Draft) -> str:
    from examiner.vault.importing.drafts import BROKEN, FLAGS  # noqa: PLC0415 - one use

    return "; ".join(FLAGS[f] for f in draft.flags if f in BROKEN)
