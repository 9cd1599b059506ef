"""A StaffML checkout, in any of its layouts; the user brings the checkout, nothing of it is shipped.

    v0     questions/<track>/<level>/<zone>/<file>.yaml   classification in the path, `chain: {id, position}` from 1
    v1.0   questions/<track>/<id>.yaml                    in the body, `chains: [{id, position}]` from 0
    v1.1   questions/<track>/<area>/<id>.yaml             chains only in the sidecar `chains.json`

A folder is read whole; so are a single YAML file, an exported `corpus.json`, and the sample questions of the README.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from examiner.domain.errors import ExaminerError, Invalid
from examiner.vault.importing import staffml_readme
from examiner.vault.importing.drafts import Chain, ChainPlace, Draft, Imported, Origin, Unusable, release_hash
from examiner.vault.importing.files import read_json
from examiner.vault.importing.prose import answer_flags, question_flags
from examiner.vault.importing.staffml_terms import ATTRIBUTION, LEVELS, LICENCE, NOTES, level_of
from examiner.vault.read import load_yaml

_SIDECARS = ("chains*.json",)
_NOT_QUESTIONS = frozenset({"chains.yaml", "taxonomy_data.yaml", "applicability_matrix.yaml", "id-registry.yaml"})
_PLACED = frozenset(
    "id track level zone topic competency_area phase title scenario question details expected_time_minutes chain"
    " chains tags schema_version".split()
)
_DETAILS = frozenset({"realistic_solution", "common_mistake", "napkin_math", "options", "correct_index"})


def read(path: Path) -> Imported:
    """Return the questions, chains and taxonomy of a checkout, a file of it, or an export.

    Raises:
        Invalid: a single file is not one of these; in a folder a bad file becomes a line of the report instead.

    """
    if path.is_file():
        if path.suffix in (".md", ".txt"):
            return staffml_readme.read(path)
        items = [(path, raw) for raw in _file(path)]
        return _collect(path, items, [], {}, _stated(path.parent))
    files = sorted(p for p in path.rglob("*.yaml") if p.name not in _NOT_QUESTIONS and "schema" not in p.parts)
    sidecars = sorted({p for pattern in _SIDECARS for p in path.rglob(pattern) if "proposed" not in p.name})
    if not files and not sidecars:
        raise Invalid(f"{path} holds no YAML questions", hint="give the checkout's interviews/vault folder")
    bad: list[Unusable] = []
    items = []
    for file in files:
        try:
            items += [(file, raw) for raw in _file(file)]
        except ExaminerError as error:
            bad.append(Unusable(where=file.relative_to(path).as_posix(), why=error.message))
    chains = [chain for sidecar in sidecars for chain in _chains(sidecar, bad)]
    return _collect(path, items, chains, _taxonomy(path, bad), _stated(path), bad)


def _file(path: Path) -> list[dict[str, Any]]:
    raw = read_json(path) if path.suffix == ".json" else load_yaml(path)
    rows = raw if isinstance(raw, list) else [raw]
    for row in rows:
        if not isinstance(row, dict) or not ({"scenario", "question"} & set(row)) or "title" not in row:
            raise Invalid(f"{path.name}: not a StaffML question (no title and scenario)")
    return rows


def _collect(
    root: Path,
    items: list[tuple[Path, dict[str, Any]]],
    chains: list[Chain],
    taxonomy: dict[str, Any],
    stated: str,
    bad: list[Unusable] | None = None,
) -> Imported:
    drafts, layouts, unusable = _drafts(root, items, chains)
    unusable = [*(bad or ()), *unusable]
    chains = chains + _body_chains(drafts.values(), {c.id for c in chains})
    for chain in chains:
        missing = [m for m in chain.members if m not in drafts]
        if missing:
            unusable.append(
                Unusable(where=f"chain {chain.id}", why=f"{len(missing)} of {len(chain.members)} members are not here")
            )
    release = release_hash((d.id, d.model_dump(mode="json", exclude={"origin", "chains"})) for d in drafts.values())
    kept = tuple(
        d.model_copy(update={"origin": d.origin.model_copy(update={"release": stated or release})})
        for d in drafts.values()
    )
    return Imported(
        format="staffml",
        source=root.name,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        release=release,
        found=len(items),
        drafts=kept,
        unusable=tuple(unusable),
        chains=tuple(chains),
        taxonomy=taxonomy,
        counts={
            **{f"layout {name}": n for name, n in sorted(layouts.items())},
            **{f"level {name}": sum(d.level == name for d in kept) for name in LEVELS},
            "level unknown": sum(d.level not in LEVELS for d in kept),
            "in a chain": sum(bool(d.chains) for d in kept),
            "chains": len(chains),
            "topics": len(taxonomy.get("topics", ())),
        },
        notes=(*NOTES, *((f"the checkout states release {stated}",) if stated else ())),
    )


def _drafts(
    root: Path, items: list[tuple[Path, dict[str, Any]]], chains: list[Chain]
) -> tuple[dict[str, Draft], Counter[str], list[Unusable]]:
    """Return the drafts by id with their places in chains, how many came in each layout, and what is none."""
    unusable: list[Unusable] = []
    places: dict[str, list[ChainPlace]] = {}
    for chain in chains:
        for position, member in enumerate(chain.members):
            places.setdefault(member, []).append(ChainPlace(chain=chain.id, position=position))
    drafts: dict[str, Draft] = {}
    layouts: Counter[str] = Counter()
    for file, raw in items:
        where = file.relative_to(root).as_posix() if file != root else file.name
        layout = _layout(file, raw)
        try:
            draft = _draft(raw, file, layout, where, root.name)
        except Invalid as error:
            unusable.append(Unusable(where=where, why=error.message))
            continue
        if draft.id in drafts:
            unusable.append(Unusable(where=where, why=f"id '{draft.id}' stands in {drafts[draft.id].origin.where} too"))
            continue
        layouts[layout] += 1
        more = tuple(p for p in places.get(draft.id, ()) if p not in draft.chains)
        drafts[draft.id] = draft.model_copy(update={"chains": draft.chains + more})
    return drafts, layouts, unusable


def _layout(file: Path, raw: dict[str, Any]) -> str:
    if raw.get("schema_version") == 1 or "chain" in raw or "level" not in raw:
        return "v0"
    if "chain_ids" in raw or file.suffix == ".json":
        return "corpus"
    return "v1.1" if file.parent.name == raw.get("competency_area") else "v1.0"


def _draft(raw: dict[str, Any], file: Path, layout: str, where: str, source: str) -> Draft:
    axes = _axes(raw, file, layout)
    details = raw.get("details") or {}
    if not isinstance(details, dict):
        raise Invalid("details is not a mapping")
    prompt = "\n\n".join(str(t).strip() for t in (raw.get("scenario"), raw.get("question")) if t)
    answer = str(details.get("realistic_solution") or raw.get("realistic_solution") or "").strip()
    if not prompt:
        raise Invalid("has neither scenario nor question")
    correct = details.get("correct_index")
    minutes = raw.get("expected_time_minutes")
    return Draft(
        id=str(raw.get("id") or file.stem),
        title=str(raw.get("title") or raw.get("id") or file.stem),
        prompt=prompt,
        answer=answer,
        working=str(details.get("napkin_math") or raw.get("napkin_math") or "").strip(),
        mistake=str(details.get("common_mistake") or raw.get("common_mistake") or "").strip(),
        options=tuple(str(o) for o in details.get("options") or ()),
        correct=correct if isinstance(correct, int) and correct >= 0 else None,
        topic=str(raw.get("topic") or ""),
        area=str(raw.get("competency_area") or ""),
        phase=str(raw.get("phase") or ""),
        minutes=float(minutes) if isinstance(minutes, int | float) and minutes > 0 else None,
        tags=tuple(str(t) for t in raw.get("tags") or ()),
        chains=tuple(_places(raw)),
        flags=(*question_flags(prompt), *answer_flags(answer)),
        origin=Origin(source=source, licence=LICENCE, attribution=ATTRIBUTION, where=where),
        extra={k: v for k, v in raw.items() if k not in _PLACED}
        | {f"details.{k}": v for k, v in details.items() if k not in _DETAILS}
        | {"layout": layout, "schema_version": raw.get("schema_version")},
        **axes,
    )


def _axes(raw: dict[str, Any], file: Path, layout: str) -> dict[str, str]:
    """Return track, level and zone; the v0 layout says them in the path, `questions/<track>/<level>/<zone>/`."""
    body = {name: str(raw.get(name) or "") for name in ("track", "level", "zone")}
    folders = file.parts[-4:-1]
    path = dict(zip(("track", "level", "zone"), folders, strict=True)) if len(folders) == 3 else {}
    made: dict[str, str] = {}
    for name in ("track", "level", "zone"):
        told = path.get(name, "") if layout == "v0" else ""
        if name == "level":
            stands, told = level_of(body[name]), level_of(told) if told else ""
            if stands and told and stands != told:
                raise Invalid(f"level is {stands} in the file and {told} in its path")
            made[name] = stands or told
        else:
            made[name] = body[name] or told
    if not made["level"]:
        raise Invalid("has no level")
    return made


def _places(raw: dict[str, Any]) -> Iterator[ChainPlace]:
    single = raw.get("chain")
    if isinstance(single, dict) and single.get("id"):
        yield ChainPlace(chain=str(single["id"]), position=max(0, int(single.get("position") or 1) - 1))
    for entry in raw.get("chains") or ():
        if isinstance(entry, dict) and entry.get("id"):
            yield ChainPlace(chain=str(entry["id"]), position=int(entry.get("position") or 0))
    positions = raw.get("chain_positions") or {}
    for chain in raw.get("chain_ids") or ():
        position = positions.get(chain, 0) if isinstance(positions, dict) else 0
        yield ChainPlace(chain=str(chain), position=int(position))


def _body_chains(drafts: Any, known: set[str]) -> list[Chain]:
    found: dict[str, list[tuple[int, str]]] = {}
    for draft in drafts:
        for place in draft.chains:
            if place.chain not in known:
                found.setdefault(place.chain, []).append((place.position, draft.id))
    return [Chain(id=name, members=tuple(m for _, m in sorted(rows))) for name, rows in sorted(found.items())]


def _chains(sidecar: Path, bad: list[Unusable]) -> list[Chain]:
    made = []
    try:
        raw = read_json(sidecar)
    except ExaminerError as error:
        bad.append(Unusable(where=sidecar.name, why=error.message))
        return []
    for number, entry in enumerate(raw if isinstance(raw, list) else []):
        members = entry.get("questions") if isinstance(entry, dict) else None
        if not members or "chain_id" not in entry:
            bad.append(Unusable(where=f"{sidecar.name}, entry {number + 1}", why="no chain_id or no questions"))
            continue
        ids = tuple(str(m["id"] if isinstance(m, dict) else m) for m in members)
        extra = {k: v for k, v in entry.items() if k not in ("chain_id", "questions")} | {"members": members}
        made.append(Chain(id=str(entry["chain_id"]), members=ids, extra=extra))
    return made


def _taxonomy(root: Path, bad: list[Unusable]) -> dict[str, Any]:
    """Return topics with their edges and the applicability matrix, as they stand in the checkout."""
    made: dict[str, Any] = {}
    for name, key in (("taxonomy_data.yaml", "topics"), ("applicability_matrix.yaml", "applicability")):
        for file in sorted(root.rglob(name)):
            try:
                raw = load_yaml(file)
            except ExaminerError as error:
                bad.append(Unusable(where=name, why=error.message))
                continue
            made[key] = raw.get(key, raw) if isinstance(raw, dict) else raw
    return made


def _stated(root: Path) -> str:
    """Return the release hash that a checkout states about itself, or ''."""
    for name in ("release.json", "vault-manifest.json", "manifest.json"):
        for file in sorted(root.rglob(name)) if root.is_dir() else ():
            raw = read_json(file)
            for key in ("release_hash", "releaseHash"):
                if isinstance(raw, dict) and raw.get(key):
                    return str(raw[key])
    return ""
