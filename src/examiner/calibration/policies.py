"""Read release policies from `calibration/policies/*.toml`."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from examiner.calibration.gate import Policy
from examiner.domain.errors import Invalid, NotFound


def read_policy(root: Path, name: str) -> Policy:
    """Return the policy of that name.

    Raises:
        NotFound: there is no such file; the hint lists those there are.
        Invalid: the file does not fit.

    """
    folder = root / "calibration" / "policies"
    path = folder / f"{name}.toml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise NotFound(f"no policy '{name}'", hint=f"there are: {there}")
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise Invalid(f"calibration/policies/{name}.toml: {error}") from None
