"""Where the shipped content lies: the checkout's own folders, or the copy inside the wheel."""

from collections.abc import Iterable
from pathlib import Path

from examiner.domain.errors import NotFound


def content_root(override: str | None = None) -> Path:
    """Return the folder that holds `vault/`, `rubrics/`, `calibration/`, `evals/`.

    Args:
        override: another content folder (the setting `content`).

    Raises:
        NotFound: no such folder, or it holds no vault.

    """
    here = Path(__file__).resolve()
    package_copy = here.parents[1] / "content"
    checkout = here.parents[3]
    candidates = [Path(override)] if override else [package_copy, checkout]
    for root in candidates:
        if (root / "vault" / "taxonomy.yaml").is_file():
            return root
    raise NotFound(
        f"no vault under {' or '.join(str(c) for c in candidates)}",
        hint="point EXAMINER_CONTENT at a folder that holds vault/taxonomy.yaml",
    )


def templates(root: Path, kind: str, names: Iterable[str]) -> dict[str, str]:
    """Return the prompt templates `prompts/KIND/NAME.j2` of a content folder, else the shipped ones."""
    folder = root / "prompts" / kind
    if not folder.is_dir():
        folder = content_root() / "prompts" / kind
    return {name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in names}
