"""Anchor sets on disk: immutable items, append-only labels, every record chained to the one before.

    <set>/set.json          what the set is, how many items, the hash of the last one
    <set>/anchors.jsonl     the items with the labels they came with; never changed after the set is made
    <set>/labels/NAME.jsonl what one rater labelled here; a file for each, so that nobody's work holds another's
    <set>/decisions.jsonl   what was adjudicated, by whom and why

Each line is canonical JSON that carries the hash of the line before it; the first label of a rater carries the hash of
the items. `AnchorSet.hash` covers all of it: a certificate names it, so that even a chain rewritten as a whole shows.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from examiner.calibration.anchors.chain import START, chain, read_chain
from examiner.domain.anchor import Anchor, Decision, Label, Split
from examiner.domain.errors import Conflict, Corrupt, Invalid, NotFound
from examiner.domain.identity import canonical_json, fingerprint

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class AnchorSet:
    """A set as read: its items with all labels and decisions joined to them.

    `levels` are the lowest and the highest score; `rounding` the declared rule for integers.
    """

    name: str
    about: str
    levels: tuple[int, int]
    rounding: str
    anchors: tuple[Anchor, ...]
    head: str
    heads: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def hash(self) -> str:
        """The hash over everything: items, every rater's labels, decisions."""
        return fingerprint({"items": self.head, "appended": self.heads})

    @property
    def items_hash(self) -> str:
        """The hash over the items alone; labelling does not change it."""
        return self.head

    def part(self, split: Split) -> tuple[Anchor, ...]:
        """Return the anchors of one half."""
        return tuple(a for a in self.anchors if a.split == split)

    def anchor(self, item: str) -> Anchor:
        """Return one anchor. Raises NotFound."""
        for anchor in self.anchors:
            if anchor.id == item:
                return anchor
        raise NotFound(f"no anchor '{item}' in set '{self.name}'", hint=f"examiner anchors show {self.name}")

    @property
    def raters(self) -> tuple[str, ...]:
        """Everyone who labelled anything, sorted."""
        return tuple(sorted({label.rater for a in self.anchors for label in a.labels}))


def name_checked(name: str, what: str = "set") -> str:
    """Return a name that may stand in a path. Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"'{name}' cannot name a {what}", hint="lower-case letters, digits, dots, dashes; at most 64, as in pilot-1"
        )
    return name


def folders(home: Path, content: Path) -> tuple[Path, Path]:
    """Return where sets lie: the user's own first, then the shipped ones."""
    return home / "calibration" / "anchors", content / "calibration" / "anchors"


def find(name: str, where: Sequence[Path]) -> Path:
    """Return the folder of a set. Raises NotFound with the sets there are."""
    name_checked(name)
    for folder in where:
        if (folder / name / "set.json").is_file():
            return folder / name
    raise NotFound(f"no anchor set '{name}'", hint=f"there are: {', '.join(names(where)) or 'none'}")


def names(where: Sequence[Path]) -> list[str]:
    """Return the names of all sets, sorted."""
    return sorted({p.parent.name for folder in where for p in folder.glob("*/set.json")})


def write_set(
    folder: Path,
    anchors: Sequence[Anchor],
    *,
    about: str,
    levels: tuple[int, int] = (0, 3),
    rounding: str = "half-up",
) -> AnchorSet:
    """Write a new set; a set that exists is never written over.

    Raises:
        Conflict: the set exists.
        Invalid: there are no anchors, an id stands twice, a score lies outside the levels, or one question's
            anchors stand in both halves.

    """
    name_checked(folder.name)
    if (folder / "set.json").exists():
        raise Conflict(f"set '{folder.name}' exists and is never changed", hint="choose another --set NAME")
    _fit(anchors, levels)
    lines, head = chain([a.model_dump(mode="json") for a in anchors], START)
    manifest: dict[str, Any] = {
        "name": folder.name,
        "about": about,
        "levels": list(levels),
        "rounding": rounding,
        "count": len(anchors),
        "head": head,
    }
    manifest["hash"] = fingerprint(manifest)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "anchors.jsonl", "".join(line + "\n" for line in lines))
    _write(folder / "set.json", canonical_json(manifest) + "\n")
    return read_set(folder)


def read_set(folder: Path) -> AnchorSet:
    """Read a set and verify every byte of it.

    Raises:
        NotFound: there is no such set.
        Corrupt: a line was changed, dropped, added or put elsewhere; says which file and line.

    """
    manifest = _manifest(folder)
    items, head = read_chain(folder / "anchors.jsonl", START)
    if head != manifest["head"] or len(items) != manifest["count"]:
        raise Corrupt(f"{folder / 'anchors.jsonl'}: {len(items)} items that do not end as set.json says")
    heads: dict[str, str] = {}
    added: dict[str, list[Label]] = {}
    for path in sorted((folder / "labels").glob("*.jsonl")):
        records, heads[f"labels/{path.name}"] = read_chain(path, head, torn=True)
        for record in records:
            added.setdefault(record["item"], []).append(_made(Label, record["label"], path))
    decided: dict[str, list[Decision]] = {}
    if (folder / "decisions.jsonl").exists():
        records, heads["decisions.jsonl"] = read_chain(folder / "decisions.jsonl", head, torn=True)
        for record in records:
            decided.setdefault(record["item"], []).append(
                _made(Decision, record["decision"], folder / "decisions.jsonl")
            )
    anchors = tuple(_joined(_made(Anchor, item, folder / "anchors.jsonl"), added, decided) for item in items)
    return AnchorSet(
        name=manifest["name"],
        about=manifest["about"],
        levels=(manifest["levels"][0], manifest["levels"][1]),
        rounding=manifest["rounding"],
        anchors=anchors,
        head=head,
        heads=heads,
        folder=folder,
    )


def halves(questions: Iterable[str], seed: int = 0) -> dict[str, Split]:
    """Return the half of each question family, so that no question stands in both: sorted by a seeded hash."""
    families = sorted({q.partition("@")[0] for q in questions}, key=lambda f: fingerprint([seed, f]))
    middle = len(families) // 2
    return {f: ("tuning" if n < middle else "gate") for n, f in enumerate(families)}


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "set.json"
    try:
        text = path.read_text(encoding="utf-8")
        manifest: dict[str, Any] = json.loads(text)
        body = {k: v for k, v in manifest.items() if k != "hash"}
        if text != canonical_json(manifest) + "\n" or manifest["hash"] != fingerprint(body):
            raise Corrupt(f"{path}: it was changed since it was written", hint="restore it from a copy")
    except FileNotFoundError:
        raise NotFound(f"no anchor set at {folder}") from None
    except (ValueError, KeyError, AttributeError):
        raise Corrupt(f"{path}: not the description of an anchor set") from None
    return manifest


def _made(kind: Any, value: Any, path: Path) -> Any:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise Corrupt(f"{path}: {error.errors()[0]['msg']}") from None


def _joined(anchor: Anchor, added: dict[str, list[Label]], decided: dict[str, list[Decision]]) -> Anchor:
    labels, decisions = added.get(anchor.id), decided.get(anchor.id)
    if not labels and not decisions:
        return anchor
    return anchor.model_copy(
        update={
            "labels": (*anchor.labels, *(labels or ())),
            "decisions": (*anchor.decisions, *(decisions or ())),
        }
    )


def _fit(anchors: Sequence[Anchor], levels: tuple[int, int]) -> None:
    if not anchors:
        raise Invalid("there are no anchors to write")
    seen: set[str] = set()
    half: dict[str, str] = {}
    for anchor in anchors:
        if anchor.id in seen:
            raise Invalid(f"the id '{anchor.id}' stands twice")
        seen.add(anchor.id)
        if half.setdefault(anchor.family, anchor.split) != anchor.split:
            raise Invalid(f"question '{anchor.family}' stands in both halves", hint="a split goes by question")
        for label in anchor.labels:
            if label.score is not None and not levels[0] <= label.score <= levels[1]:
                raise Invalid(
                    f"anchor '{anchor.id}': {label.rater} gave {label.score:g}, outside {levels[0]} to {levels[1]}",
                    hint="declare the range with --levels",
                )


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
