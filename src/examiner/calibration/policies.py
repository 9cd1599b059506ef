"""Read policies from `calibration/policies/*.toml`: what may be released, and what a judge must show for it."""

import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from examiner.calibration.gate import Policy
from examiner.domain.base import Frozen
from examiner.domain.errors import Invalid, NotFound

T = TypeVar("T", bound=Frozen)
Share = Field(default=None, ge=0, le=1)


class Thresholds(Frozen):
    """The `[gate]` table of a policy: limits per criterion; None means reported, not required.

    Attributes:
        anchors: fewest distinct answers with a human label.
        questions: fewest distinct questions among them.
        anchors_per_level: fewest human labels on every level of the declared scale.
        judge_uses_every_level: whether a judge that never gives some level fails.
        double_scored: fewest answers scored by two people.
        label_reliability: least reliability of the human label in use; `_lower` for its bound.
        qwk: least quadratic weighted kappa; `_lower` for its one-sided bound.
        spearman: least rank correlation; `_lower` for its one-sided bound.
        degradation: most that judge-human QWK may lie below human-human QWK; `_upper` for its bound.
        smd_interval: the 90 % interval of the standardised mean difference lies within plus or minus this.
        smd_point: from `smd_point_from` anchors on the value itself lies within plus or minus this instead.
        subgroup_smd: the same within each group of candidates; a table without groups cannot show it.
        sd_ratio: least and greatest ratio of standard deviations.
        interval_agreement: most by which two ways of bounding QWK may differ.
        unscored: greatest share of answers without a score of the judge.
        critical_items: fewest known-bad answers, none of which may be credited.
        flip_rate: greatest share of scores that change when the judge is asked again.
        attempts: what repeated attempts on sealed anchors cost: nothing but a record, a share of alpha, or only one.
        alt_test_epsilon: allowance of the alternative annotator test.
        cover_new_questions: whether leave-question-out figures may cover questions without anchors.

    """

    anchors: int = Field(ge=1)
    questions: int = Field(ge=1)
    anchors_per_level: int = Field(ge=1)
    judge_uses_every_level: bool = False
    double_scored: int = Field(default=0, ge=0)
    label_reliability: float | None = Share
    label_reliability_lower: float | None = Share
    qwk: float = Field(ge=0, le=1)
    qwk_lower: float = Field(ge=0, le=1)
    spearman: float = Field(ge=0, le=1)
    spearman_lower: float = Field(ge=0, le=1)
    degradation: float | None = Share
    degradation_upper: float | None = Share
    smd_interval: float | None = Field(default=None, gt=0)
    smd_point: float | None = Field(default=None, gt=0)
    smd_point_from: int = Field(default=0, ge=0)
    subgroup_smd: float | None = Field(default=None, gt=0)
    sd_ratio: tuple[float, float]
    interval_agreement: float = Field(gt=0)
    unscored: float = Field(ge=0, le=1)
    critical_items: int = Field(ge=0)
    flip_rate: float = Field(ge=0, le=1)
    attempts: Literal["log", "split", "once"]
    alt_test_epsilon: float = Field(ge=0, lt=1)
    cover_new_questions: bool


def read_policy(root: Path, name: str) -> Policy:
    """Return the release policy of that name.

    Raises:
        NotFound: there is no such file; the hint lists those there are.
        Invalid: the file does not fit.

    """
    path, table = _read(root, name)
    gate = table.pop("gate", {})
    return _fitted(Policy, path, table | {"cover_new_questions": gate.get("cover_new_questions", False)})


def read_thresholds(root: Path, name: str) -> tuple[str, Thresholds]:
    """Return a policy's name and what it demands of a judge; `name` may also be the path of a TOML file.

    Raises:
        NotFound: there is no such policy or file.
        Invalid: the file does not fit, or has no `[gate]` table.

    """
    path, table = _read(root, name)
    if not isinstance(table.get("gate"), dict):
        raise Invalid(f"{path}: no [gate] table", hint="see calibration/policies/hiring.toml for its fields")
    return str(table.get("name", path.stem)), _fitted(Thresholds, path, table["gate"])


def _read(root: Path, name: str) -> tuple[Path, dict[str, Any]]:
    folder = root / "calibration" / "policies"
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise NotFound(f"no policy '{name}'", hint=f"there are: {there}; or the path of a .toml file")
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: {error}") from None


def _fitted(model: type[T], path: Path, table: dict[str, Any]) -> T:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{path}: {where}: {first['msg']}") from None
