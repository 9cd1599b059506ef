"""The sample questions of StaffML's README: a level, a title, the question, the answer with its napkin arithmetic.

'### ' track  then per question  level '   ' title EOL question EOL answer '```text' arithmetic '```'
"""

import re
from collections import Counter
from pathlib import Path

from examiner.domain.errors import Invalid
from examiner.domain.identity import fingerprint
from examiner.vault.importing.drafts import Draft, Imported, Origin, Unusable, release_hash
from examiner.vault.importing.files import read_text
from examiner.vault.importing.mojibake import repair
from examiner.vault.importing.prose import answer_flags, question_flags
from examiner.vault.importing.staffml_terms import ATTRIBUTION, LEVELS, LICENCE, NOTES

_TRACK = re.compile(r"###\s+\W*(?P<track>Cloud|Edge|Mobile|TinyML|Global)\s*$", re.M | re.I)
_HEAD = re.compile(r"^[^\w\n]*(?P<level>L[1-6]\+?)[ \t\xa0]{2,}(?P<title>\S[^\n]*)$", re.M)
_WORKING = re.compile(r"```(?:text)?\s*(?P<working>.*?)```", re.S)
_SAID = re.compile(r"These are (\d+) of")


def read(path: Path) -> Imported:
    """Return the sample questions. Raises Invalid where there are none."""
    text, _ = repair(read_text(path))
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise Invalid(f"{path.name}: no sample question (a line of level and title) of StaffML's README")
    tracks = [(m.start(), m["track"].lower()) for m in _TRACK.finditer(text)]
    drafts: list[Draft] = []
    unusable: list[Unusable] = []
    for number, head in enumerate(heads):
        stop = heads[number + 1].start() if number + 1 < len(heads) else len(text)
        track = next((name for start, name in reversed(tracks) if start < head.start()), "")
        draft = _draft(head, text[head.end() : stop], track, path.name, number + 1)
        if draft is None:
            unusable.append(Unusable(where=f"sample {number + 1}", why=f"'{head['title'].strip()}' has no answer"))
        else:
            drafts.append(draft)
    release = release_hash((d.id, d.claims_in) for d in drafts)
    said = _SAID.search(text)
    notes = [*NOTES]
    if said and int(said[1]) != len(heads):
        notes.append(f"the file says it has {said[1]} samples; it has {len(heads)}")
    return Imported(
        format="staffml",
        source=path.name,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        release=release,
        found=len(heads),
        drafts=tuple(d.model_copy(update={"origin": d.origin.model_copy(update={"release": release})}) for d in drafts),
        unusable=tuple(unusable),
        counts={"layout readme": len(drafts), **_levels(drafts)},
        notes=tuple(notes),
    )


def _draft(head: re.Match[str], body: str, track: str, source: str, number: int) -> Draft | None:
    working = _WORKING.search(body)
    lines = [line for line in body[: working.start() if working else None].split("\n") if line.strip()]
    if len(lines) < 2:
        return None
    title, question, answer = head["title"].strip(), lines[0].strip(), "\n".join(lines[1:]).strip()
    return Draft(
        id=f"readme-{number:02d}-{fingerprint([title, question]).removeprefix('sha256:')[:8]}",
        title=title,
        prompt=question,
        answer=answer,
        working=working["working"].strip() if working else "",
        level=head["level"],
        track=track,
        flags=(*question_flags(question), *answer_flags(answer)),
        origin=Origin(source=source, licence=LICENCE, attribution=ATTRIBUTION, where=f"sample {number}"),
        extra={"layout": "readme"},
    )


def _levels(drafts: list[Draft]) -> dict[str, int]:
    counts = Counter(d.level for d in drafts)
    return {f"level {name}": counts[name] for name in LEVELS}
