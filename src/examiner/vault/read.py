"""Read a content folder: YAML for people, one cache file for speed.

The cache is content-addressed: its name is a hash over (path, size, mtime) of every file and the code's
version, after that of the folder, so a stale one is never read; what did not change is taken over into the next. Without a writable cache folder
reading merely takes longer.
"""

import contextlib
import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import examiner
from examiner.domain.errors import Invalid
from examiner.domain.loop import Blueprint
from examiner.domain.question import Family
from examiner.domain.rubric import Rubric
from examiner.vault.model import Vault
from examiner.vault.shelf import SUFFIX, File, Shelf, newest, open_shelf, scan, store

_CODE = f"{examiner.__version__}/4"  # raise the number when the models change shape
TABLES = ("hardware", "models", "prices")
COMMON = ("taxonomy", "tables", "loops", "rubrics")
FOLDERS = ("rubrics", "vault")


def read(root: Path, cache: Path | None = None) -> Vault:
    """Return the vault of a content folder.

    Args:
        root: the folder that holds `vault/` and `rubrics/`.
        cache: a folder for the build cache; None reads the YAML each time.

    Raises:
        Invalid: a file is not YAML or does not fit its model; says file, place and what is wrong.

    """
    if cache is None:
        with _no_collections():
            return _assemble(build(root))
    found = scan(root, FOLDERS)
    of = f"vault-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}-"  # two folders in turn do not drive each other out
    path = cache / f"{of}{stamp(root, found)}{SUFFIX}"
    try:
        return _shelved(open_shelf(path))
    except (OSError, ValueError, KeyError):
        with _no_collections():
            data = build(root, _unchanged(newest(cache, of), found))
            vault = _assemble(data)
            by_path = {file.path: file for file in found}
            common = {name: data[name] for name in COMMON} | {"code": _CODE}
            store(path, of, common, data["families"], {name: by_path[where] for name, where in data["files"].items()})
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


def build(root: Path, known: Mapping[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """Read every YAML file of a content folder into plain data, with the file of each family.

    Args:
        root: the folder that holds `vault/` and `rubrics/`.
        known: families by path that need not be read again.

    """
    vault = root / "vault"
    known = known or {}
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
            where = path.relative_to(root).as_posix()
            raw = known.get(where) or load_yaml(path)
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


def _shelved(shelf: Shelf) -> Vault:
    return _vault(shelf.common, shelf, {name: place.path for name, place in shelf.places.items()})


def _assemble(data: dict[str, Any]) -> Vault:
    families = {key: parse_family(raw, data["files"][key]) for key, raw in data["families"].items()}
    return _vault(data, families, data["files"])


def _vault(common: Mapping[str, Any], families: Mapping[str, Family], files: dict[str, str]) -> Vault:
    try:
        loops = {key: Blueprint.model_validate(raw) for key, raw in common["loops"].items()}
        rubrics = {key: Rubric.model_validate(raw) for key, raw in common["rubrics"].items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{error.title}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    taxonomy = common["taxonomy"]
    return Vault(
        families=families,
        # JSON has text keys only; phases are numbers whether they come from YAML or from the cache.
        taxonomy=taxonomy | {"phases": {int(k): v for k, v in taxonomy["phases"].items()}},
        tables=common["tables"],
        loops=loops,
        rubrics=rubrics,
        files=files,
    )


def _unchanged(last: Shelf | None, found: Iterable[File]) -> dict[str, dict[str, Any]]:
    """Return the families of the last cache whose files are as they were: an edit reads one file, not all."""
    if last is None or last.common.get("code") != _CODE:
        return {}
    now = set(found)
    with contextlib.suppress(ValueError):
        return {p.path: last.raw(name) for name, p in last.places.items() if File(p.path, p.size, p.changed) in now}
    return {}


def stamp(root: Path, found: Iterable[File] | None = None) -> str:
    """Return a short hash over the path, size and time of every file of a content folder: the name of its cache."""
    found = scan(root, FOLDERS) if found is None else found
    digest = hashlib.sha256(f"{_CODE}\n{root}\n".encode())
    for file in found:
        digest.update(f"{file.path}:{file.size}:{file.changed}\n".encode())
    return digest.hexdigest()[:20]
