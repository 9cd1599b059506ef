"""Read a content folder: YAML for people, one JSON cache for speed.

The cache is content-addressed: its name is a hash over (path, size, mtime) of every file and the code's
version, so a stale one is never read. Without a writable cache folder reading merely takes longer.
"""

import contextlib
import gc
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

import examiner
from examiner.domain.errors import Invalid
from examiner.domain.loop import Blueprint
from examiner.domain.question import Family
from examiner.domain.rubric import Rubric
from examiner.vault.model import Vault

_SCHEMA = 3  # raise when the models change shape
TABLES = ("hardware", "models", "prices")
_families = TypeAdapter(dict[str, Family])


def read(root: Path, cache: Path | None = None) -> Vault:
    """Return the vault of a content folder.

    Args:
        root: the folder that holds `vault/` and `rubrics/`.
        cache: a folder for the build cache; None reads the YAML each time.

    Raises:
        Invalid: a file is not YAML or does not fit its model; says file, place and what is wrong.

    """
    with _no_collections():
        if cache is None:
            return _assemble(build(root))
        path = cache / f"vault-{stamp(root)}.json"
        try:
            return _assemble(json.loads(path.read_bytes()), validated=True)
        except (OSError, ValueError, KeyError):
            data = build(root)
            vault = _assemble(data)
            _store(cache, path, data)
            return vault


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """Hold the garbage collector: a vault is millions of new objects and no garbage, which it would scan in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def build(root: Path) -> dict[str, Any]:
    """Read every YAML file of a content folder into plain data, with the file of each family."""
    vault = root / "vault"
    data: dict[str, Any] = {
        "taxonomy": load_yaml(vault / "taxonomy.yaml"),
        "tables": {name: load_yaml(vault / f"{name}.yaml") for name in TABLES},
        "families": {},
        "files": {},
        "loops": {},
        "rubrics": {},
    }
    for folder in ("questions", "scenarios"):
        for path in sorted((vault / folder).rglob("*.yaml")):
            raw = load_yaml(path)
            where = path.relative_to(root).as_posix()
            if not isinstance(raw, dict) or "id" not in raw:
                raise Invalid(f"{where}: a family needs an id", hint="see docs/vault.md")
            if raw["id"] in data["families"]:
                raise Invalid(f"{where}: id '{raw['id']}' is taken by {data['files'][raw['id']]}")
            data["families"][raw["id"]] = raw
            data["files"][raw["id"]] = where
    for kind, place in (("loops", vault / "loops"), ("rubrics", root / "rubrics")):
        for path in sorted(place.glob("*.yaml")):
            raw = load_yaml(path)
            data[kind][raw["id"]] = raw
    return data


def load_yaml(path: Path) -> Any:
    """Load one YAML file strictly: no duplicate keys, no dates or booleans by accident.

    Raises:
        Invalid: the file is missing, is not YAML, or repeats a key; says where.

    """
    import yaml  # noqa: PLC0415 - a warm start never needs it

    from examiner.vault.yaml_loader import StrictLoader  # noqa: PLC0415

    try:
        with path.open("rb") as stream:
            return yaml.load(stream, Loader=StrictLoader)  # noqa: S506 - derived from the C safe loader
    except FileNotFoundError:
        raise Invalid(f"{path.name} is missing", hint=f"expected at {path}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise Invalid(f"{path.name}{place}: {problem}", hint="the file must be plain YAML") from None


def parse_family(raw: dict[str, Any], where: str) -> Family:
    """Return a family from plain data. Raises Invalid with the file and field."""
    try:
        return Family.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise Invalid(f"{where}: {place}: {first['msg']}{more}", hint="see docs/vault.md") from None


def _assemble(data: dict[str, Any], *, validated: bool = False) -> Vault:
    families = (
        _families.validate_python(data["families"])
        if validated
        else {key: parse_family(raw, data["files"][key]) for key, raw in data["families"].items()}
    )
    try:
        loops = {key: Blueprint.model_validate(raw) for key, raw in data["loops"].items()}
        rubrics = {key: Rubric.model_validate(raw) for key, raw in data["rubrics"].items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{error.title}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return Vault(
        families=families,
        # JSON has text keys only; phases are numbers whether they come from YAML or from the cache.
        taxonomy=data["taxonomy"] | {"phases": {int(k): v for k, v in data["taxonomy"]["phases"].items()}},
        tables=data["tables"],
        loops=loops,
        rubrics=rubrics,
        files=data["files"],
    )


def stamp(root: Path) -> str:
    """Return a short hash over the path, size and time of every file of a content folder: the name of its cache."""
    digest = hashlib.sha256(f"{examiner.__version__}/{_SCHEMA}".encode())
    for folder in (root / "vault", root / "rubrics"):
        for where, names, files in os.walk(folder):
            names.sort()
            for name in sorted(files):
                stat = (Path(where) / name).stat()
                digest.update(f"{where}/{name}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:20]


def _store(cache: Path, path: Path, data: dict[str, Any]) -> None:
    # A cache that cannot be written costs time, never the answer.
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        scratch.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        scratch.replace(path)
        for old in cache.glob("vault-*.json"):
            if old != path:
                old.unlink(missing_ok=True)
