"""INTERVIEW.md files of a course: `Q<n>.` headings, or numbered ones that ask, each with a model answer behind a fold or a line of its own.

'# Phase NN ...: topic'   then   'Q1. question'  '<details><summary>Model answer</summary> answer </details>'
"""

import re
from pathlib import Path

from examiner.domain.errors import Invalid
from examiner.domain.identity import fingerprint
from examiner.vault.importing.drafts import FLAGS, Draft, Imported, Origin, Unusable, stamped
from examiner.vault.importing.files import read_text
from examiner.vault.importing.prose import answer_flags, question_flags

_TITLE = re.compile(r"^#\s+(?P<title>.+)$", re.M)
_PHASE = re.compile(r"phase[\s_-]*(\d+)", re.I)
# 'Q1.' on a line of any kind; a bare number only where it heads a question.
_QUESTION = re.compile(
    r"^(?:(?:#+\s*)?(?:\*\*)?Q(?:uestion[ \t]+)?|#{1,6}[ \t]+(?:\*\*)?(?=\d+[.:)][^\n]*\?(?:\*\*)?[ \t]*$))"
    r"(?P<number>\d+)\s*[.:)](?:\*\*)?[ \t]*(?P<text>.*)$",
    re.M,
)
_FOLD = re.compile(r"<details[^>]*>\s*(?:<summary[^>]*>.*?</summary>)?(?P<answer>.*?)(?:</details>|\Z)", re.S | re.I)
_LINE = re.compile(
    r"^[ \t>*_#]*(?:Model )?answer[*_]*\s*:?[*_]*[ \t]*$|^[ \t>*_#]*(?:Model )?answer[*_]*:[*_]*", re.M | re.I
)
_HEADING = re.compile(r"^#{1,6}\s+(?!Q\d)", re.M)
_CODE = re.compile(r"`([^`\n]{3,80})`|\*\*([^*\n]{3,80})\*\*")
LICENCE = "not stated in the file; ask the course"


def read(path: Path) -> Imported:
    """Return the questions of one file, or of every INTERVIEW.md below a folder.

    Raises:
        Invalid: there is no such question anywhere.

    """
    files = [path] if path.is_file() else sorted(path.rglob("*INTERVIEW*.md"))
    drafts: list[Draft] = []
    unusable: list[Unusable] = []
    found = 0
    for file in files:
        where = file.name if path.is_file() else file.relative_to(path).as_posix()
        text = read_text(file)
        heads = list(_QUESTION.finditer(text))
        found += len(heads)
        if not heads:
            unusable.append(Unusable(where=where, why="no 'Q1.' heading"))
        for number, head in enumerate(heads):
            stop = heads[number + 1].start() if number + 1 < len(heads) else len(text)
            draft = _draft(text, head, stop, where, path.name)
            drafts.append(draft)
            if not draft.whole:
                unusable.append(Unusable(where=draft.origin.where, why="; ".join(FLAGS[f] for f in draft.flags)))
    if not found:
        raise Invalid(f"{path}: no 'Q1.' heading in any INTERVIEW.md", hint="questions begin with 'Q1.' on a line")
    return stamped(
        drafts,
        format="interview-md",
        source=path.name,
        licence=LICENCE,
        found=found,
        unusable=tuple(unusable),
        counts={"files": len(files), "whole": sum(d.whole for d in drafts)},
    )


def _draft(text: str, head: re.Match[str], stop: int, where: str, source: str) -> Draft:
    body = text[head.end() : stop]
    heading = _HEADING.search(body)
    body = body[: heading.start()] if heading else body
    fold, line = _FOLD.search(body), _LINE.search(body)
    if fold:
        more, answer = body[: fold.start()], fold["answer"]
    elif line:
        more, answer = body[: line.start()], body[line.end() :]
    else:
        more, answer = "", body
    question = f"{head['text'].strip().strip('*')}\n{more.strip()}".strip()
    answer = re.sub(r"^\s*(?:\*\*)?Model answer(?:\*\*)?:?\s*", "", answer.strip(), flags=re.I).strip()
    title = _TITLE.search(text)
    phase = _PHASE.search(title["title"] if title else "") or _PHASE.search(where)
    slug = f"phase-{int(phase[1]):02d}" if phase else re.sub(r"[^a-z0-9]+", "-", Path(where).stem.lower()).strip("-")
    mark = fingerprint([question, answer]).removeprefix("sha256:")[:8]
    return Draft(
        id=f"{slug}-q{int(head['number']):02d}-{mark}",
        title=question.splitlines()[0][:100] if question else f"Question {head['number']}",
        prompt=question,
        answer=answer,
        phase=str(int(phase[1])) if phase else "",
        topic=title["title"].rpartition(":")[2].strip() if title else "",
        flags=(*question_flags(question), *answer_flags(answer)),
        origin=Origin(source=source, licence=LICENCE, where=f"{where}, Q{head['number']}"),
        # Spans the author set apart are where a rubric's points are likely to be.
        extra={"marked": [a or b for a, b in _CODE.findall(answer)][:20]},
    )
