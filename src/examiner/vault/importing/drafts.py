"""Imported questions: drafts without rubric, kept in the user's data folder, never in the vault.

A draft is what somebody else wrote. Its level stays the level they gave, its numbers are claims, its unknown fields
are kept, and its licence and origin travel with it. `vault adopt` turns one into a family.
"""

import contextlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from examiner.domain.base import Frozen
from examiner.domain.errors import Corrupt, NotFound
from examiner.domain.identity import fingerprint

# What makes a text unfit to be asked or to be read as an answer; the words are shown to people.
FLAGS = {
    "truncated_question": "the question stops in mid-sentence",
    "truncated_answer": "the answer stops in mid-sentence",
    "stub_question": "the question is only a few characters long",
    "stub_answer": "the answer is only a few characters long",
    "maths_lost": "a formula was lost from a sentence",
    "mojibake_left": "some characters could not be repaired",
    "unbalanced": "a bracket is open",
    "no_answer": "there is no answer",
    "code_missing": "the code it speaks of is missing",
}
BROKEN = frozenset(
    {"truncated_question", "truncated_answer", "stub_question", "stub_answer", "no_answer", "code_missing"}
)


class Origin(Frozen):
    """Where a draft comes from: the collection, its licence, whom to name, and the hash of the release read."""

    source: str
    licence: str
    attribution: str = ""
    release: str = ""
    where: str = ""


class ChainPlace(Frozen):
    """A draft's place in a chain; `position` counts from 0 in every layout."""

    chain: str
    position: int


class Draft(Frozen):
    """One imported question as it was found.

    `level`, `zone` and `topic` are verbatim ("L6+" stays "L6+"); `working` is the arithmetic that the source shows;
    `extra` holds every field that has no place here; `flags` are keys of `FLAGS`.
    """

    id: str
    title: str
    prompt: str
    answer: str = ""
    working: str = ""
    mistake: str = ""
    options: tuple[str, ...] = ()
    correct: int | None = None
    level: str = ""
    track: str = ""
    zone: str = ""
    topic: str = ""
    area: str = ""
    phase: str = ""
    minutes: float | None = None
    tags: tuple[str, ...] = ()
    chains: tuple[ChainPlace, ...] = ()
    flags: tuple[str, ...] = ()
    origin: Origin
    extra: dict[str, Any] = {}

    @property
    def whole(self) -> bool:
        """Whether question and answer are both complete as far as a program can tell."""
        return not BROKEN & set(self.flags)

    @property
    def claims_in(self) -> str:
        """All the text in which a number may be claimed."""
        return "\n".join(t for t in (self.prompt, self.answer, self.working) if t)


class Passage(Frozen):
    """Text of a collection that is no question (an insight, a headline) but may claim a number."""

    where: str
    text: str
    flags: tuple[str, ...] = ()


class Unusable(Frozen):
    """Something that could not be used, and why."""

    where: str
    why: str


class Chain(Frozen):
    """A chain of the source: ids in order, from the easiest on."""

    id: str
    members: tuple[str, ...]
    extra: dict[str, Any] = {}


class Imported(Frozen):
    """What one run of an importer read; `found` counts every question seen, usable or not."""

    format: str
    source: str
    licence: str
    attribution: str = ""
    release: str = ""
    found: int
    drafts: tuple[Draft, ...]
    unusable: tuple[Unusable, ...] = ()
    chains: tuple[Chain, ...] = ()
    taxonomy: dict[str, Any] = {}
    passages: tuple[Passage, ...] = ()
    counts: dict[str, int] = {}
    notes: tuple[str, ...] = ()

    @property
    def collection(self) -> str:
        """The name under which it is kept: format, source and the release's first digits."""
        stem = re.sub(r"[^a-z0-9]+", "-", Path(self.source).stem.lower()).strip("-")[:30]
        return f"{self.format}-{stem}-{self.release.removeprefix('sha256:')[:8]}"


def stamped(drafts: Iterable[Draft], **about: Any) -> Imported:
    """Return what a reader found, the release's hash taken over the drafts and written into each one's origin."""
    rows = tuple(drafts)
    release = release_hash((d.id, d.claims_in) for d in rows)
    marked = tuple(d.model_copy(update={"origin": d.origin.model_copy(update={"release": release})}) for d in rows)
    return Imported(release=release, drafts=marked, **about)


def release_hash(parts: Iterable[tuple[str, Any]]) -> str:
    """Return the hash of a release: over the sorted (id, content) pairs, so that file order does not matter."""
    return fingerprint(sorted((key, fingerprint(value)) for key, value in parts))


class Drafts:
    """The imported collections of one user: a folder with one JSON file per collection."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "imports"

    def save(self, imported: Imported) -> Path:
        """Keep a collection; the same release is written over itself. Return its file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{imported.collection}.json"
        scratch = path.with_suffix(".tmp")
        scratch.write_text(imported.model_dump_json(), encoding="utf-8")
        scratch.replace(path)
        with contextlib.suppress(OSError):
            path.chmod(0o600)
        return path

    def collections(self) -> dict[str, Imported]:
        """Return every collection by name. Raises Corrupt where a file does not fit."""
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                found[path.stem] = Imported.model_validate(json.loads(path.read_bytes()))
            except (ValueError, ValidationError) as error:
                raise Corrupt(
                    f"{path}: not an imported collection ({str(error).splitlines()[0]})",
                    hint="remove the file and import again",
                ) from None
        return found

    def get(self, draft_id: str) -> Draft:
        """Return a draft by id, or by `collection/id` where two collections share it. Raises NotFound."""
        wanted, _, exact = draft_id.rpartition("/")
        found = [
            (name, draft)
            for name, imported in self.collections().items()
            if not wanted or name == wanted
            for draft in imported.drafts
            if draft.id == exact
        ]
        if not found:
            raise NotFound(f"no imported question '{draft_id}'", hint="see `examiner vault drafts`")
        if len({name for name, _ in found}) > 1:
            names = ", ".join(f"{name}/{exact}" for name, _ in found)
            raise NotFound(f"several collections have '{exact}'", hint=f"say which: {names}")
        return found[0][1]
