"""QTI 3 items: an item file, a folder of them, or a zipped content package. Items of QTI 2.1 and 2.2 are read too.

A document type declaration is refused: nothing in an item needs entities, and they can be made to fill the memory.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from examiner.domain.errors import Invalid
from examiner.vault.importing.drafts import Draft, Imported, Origin, Unusable, stamped
from examiner.vault.importing.files import read_text
from examiner.vault.importing.prose import answer_flags, question_flags

_LIMIT = 4 * 1024 * 1024  # bytes of one item
_MEMBERS = 50_000
_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "tr", "pre", "blockquote", "qti-prompt"})
_NOT_PROMPT = frozenset({"qti-rubric-block", "qti-simple-choice", "qti-modal-feedback", "qti-feedback-block"})
LICENCE = "not stated in the package"


def read(path: Path) -> Imported:
    """Return the items of a file, a folder or a package.

    Raises:
        Invalid: no item anywhere, or a single file that is none.

    """
    drafts: dict[str, Draft] = {}
    unusable: list[Unusable] = []
    found = 0
    licence = LICENCE
    for where, text in _sources(path):
        if Path(where).name == "imsmanifest.xml":
            licence = _rights(text) or licence
            continue
        try:
            root = _parse(text, where)
        except Invalid as error:
            found += 1
            unusable.append(Unusable(where=where, why=error.message))
            continue
        if _name(root) != "qti-assessment-item":
            if _name(root) != "qti-assessment-test":
                unusable.append(Unusable(where=where, why=f"<{_name(root)}> is not an assessment item"))
            continue
        found += 1
        draft = _draft(root, where, path.name, licence)
        if not draft.prompt:
            unusable.append(Unusable(where=where, why="has no text in its body"))
        elif draft.id in drafts:
            unusable.append(Unusable(where=where, why=f"id '{draft.id}' stands in {drafts[draft.id].origin.where} too"))
        else:
            drafts[draft.id] = draft
    if not found:
        raise Invalid(f"{path.name}: no QTI item", hint="an item's root is qti-assessment-item")
    if not drafts and path.is_file() and path.suffix != ".zip":
        raise Invalid(unusable[0].why)
    return stamped(
        drafts.values(),
        format="qti",
        source=path.name,
        licence=licence,
        found=found,
        unusable=tuple(unusable),
        counts={
            "choice items": sum(bool(d.options) for d in drafts.values()),
            "text items": sum(not d.options for d in drafts.values()),
            "with an answer": sum(bool(d.answer) for d in drafts.values()),
        },
    )


def _sources(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.xml")):
            yield file.relative_to(path).as_posix(), read_text(file)
    elif path.suffix == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                yield from _members(archive)
        except zipfile.BadZipFile:
            raise Invalid(f"{path.name} is not a zip file") from None
    else:
        yield path.name, read_text(path)


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    members = [m for m in archive.infolist() if m.filename.endswith(".xml")]
    if len(members) > _MEMBERS:
        raise Invalid(f"the package has {len(members)} items; the limit is {_MEMBERS}")
    for member in sorted(members, key=lambda m: (m.filename != "imsmanifest.xml", m.filename)):
        if member.file_size > _LIMIT:
            continue
        with archive.open(member) as stream:
            yield member.filename, stream.read(_LIMIT).decode("utf-8-sig", errors="replace")


def _parse(text: str, where: str) -> ET.Element:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise Invalid("has a document type declaration", hint="remove it")
    try:
        return ET.fromstring(text)  # noqa: S314 - declarations, and with them entities, are refused above
    except ET.ParseError as error:
        line, column = error.position
        raise Invalid(f"{where} line {line}, column {column}: not well-formed XML") from None


def _rights(text: str) -> str:
    found = re.search(r"<(?:\w+:)?(?:rights|copyrightAndOtherRestrictions)>(.*?)</", text, re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found[1]).strip() if found else ""


def _name(element: ET.Element) -> str:
    """Return the element's QTI 3 name: 2.x wrote assessmentItem for qti-assessment-item."""
    local = element.tag.rpartition("}")[2]
    if any(c.isupper() for c in local):
        return "qti-" + re.sub(r"(?<=[a-z])([A-Z])", lambda m: "-" + m[1].lower(), local).lower()
    return local


def _find(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return (e for e in root.iter() if _name(e) == name)


def _text(element: ET.Element, without: frozenset[str] = frozenset()) -> str:
    parts: list[str] = []

    def walk(e: ET.Element) -> None:
        if _name(e) in without:
            return
        if _name(e) in _BLOCKS:
            parts.append("\n")
        parts.append(e.text or "")
        for child in e:
            walk(child)
            parts.append(child.tail or "")
        if _name(e) in _BLOCKS:
            parts.append("\n")

    walk(element)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _draft(root: ET.Element, where: str, source: str, licence: str) -> Draft:
    body = next(_find(root, "qti-item-body"), None)
    prompt = _text(body, _NOT_PROMPT) if body is not None else ""
    choices = [(e.get("identifier", ""), _text(e)) for e in _find(root, "qti-simple-choice")]
    values = [(v.text or "").strip() for c in _find(root, "qti-correct-response") for v in _find(c, "qti-value")]
    rubrics = [_text(e) for e in _find(root, "qti-rubric-block") if "scorer" in e.get("view", "scorer")]
    feedback = [_text(e) for e in _find(root, "qti-modal-feedback")]
    correct = next((n for n, (name, _) in enumerate(choices) if values and name == values[0]), None)
    answer = "\n".join(rubrics or feedback) or (choices[correct][1] if correct is not None else "\n".join(values))
    interactions = sorted({_name(e).removeprefix("qti-") for e in root.iter() if _name(e).endswith("-interaction")})
    return Draft(
        id=root.get("identifier") or Path(where).stem,
        title=root.get("title") or Path(where).stem,
        prompt=prompt,
        answer=answer,
        options=tuple(text for _, text in choices),
        correct=correct,
        flags=(*question_flags(prompt), *answer_flags(answer)),
        origin=Origin(source=source, licence=licence, where=where),
        extra={
            "interactions": interactions,
            "correct_response": values,
            "attributes": {k.rpartition("}")[2]: v for k, v in root.attrib.items() if k not in ("identifier", "title")},
        },
    )
