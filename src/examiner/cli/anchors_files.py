"""The commands of `examiner anchors` that read and write files: import and export."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from examiner.cli.anchors_sets import Set, load_set, prompt_of, summary, where
from examiner.cli.common import Json, console, deliver, emit, open_examiner, say
from examiner.cli.options import Out
from examiner.domain.anchor import Anchor
from examiner.domain.errors import Invalid, NotFound


def import_file(
    path: Annotated[Path, typer.Argument(help="The file.")],
    form: Annotated[str, typer.Option("--format", help="jsonl, csv, label-studio or mohler.")],
    name: Set,
    by: Annotated[str | None, typer.Option(help="Who made the labels, where the file does not say.")] = None,
    levels: Annotated[str, typer.Option(help="Lowest and highest score; 0..5 for mohler.")] = "",
    split: Annotated[str, typer.Option(help="halves (by question), gate, tuning, or file.")] = "",
    seed: Annotated[int, typer.Option(help="Of the halves.")] = 0,
    blank: Annotated[bool, typer.Option("--blank", help="Take the answers and leave the labels.")] = False,
    about: Annotated[str, typer.Option(help="A line on where the labels come from.")] = "",
    as_json: Json = False,
) -> None:
    """Make a set from labelled answers; raw labels are kept, a set that exists is never changed."""
    from examiner.calibration.anchors.importing import KINDS, read_labels, with_split
    from examiner.calibration.anchors.sets import halves, name_checked, write_set
    from examiner.calibration.study.table import parse_levels

    examiner = open_examiner()
    name_checked(name)
    if by is not None and by not in KINDS.values():
        raise Invalid(f"--by {by}: nobody of that kind", hint="human, model or constructed")
    anchors = read_labels(_text(path), form, path.name, by=by, resolve=_resolver(examiner))  # type: ignore[arg-type]
    if blank:
        anchors = [a.model_copy(update={"labels": (), "decisions": (), "points": {}}) for a in anchors]
    split = split or ("file" if form in ("jsonl", "csv") else "halves")
    if split == "halves":
        anchors = with_split(anchors, halves([a.question for a in anchors], seed))
    elif split in ("gate", "tuning"):
        anchors = with_split(anchors, {a.family: split for a in anchors})  # type: ignore[misc]
    elif split != "file":
        raise Invalid(f"--split {split} is not one", hint="halves, gate, tuning or file")
    low, high = parse_levels(levels or ("0..5" if form == "mohler" else "0..3"))
    found = write_set(
        where(examiner)[0] / name, anchors, about=about or f"imported from {path.name} ({form})", levels=(low, high)
    )
    data = summary(found)
    if as_json:
        emit(data)
        return
    console().print(
        f"{found.name}: {data['anchors']} anchors over {data['questions']} questions, raters "
        f"{', '.join(data['raters']) or 'none'}; at most {data['best_state']}; {data['why']}\n{found.folder}"
    )


def _resolver(examiner: Any) -> Any:
    def resolve(question: str) -> tuple[str, str]:
        try:
            instance = examiner.instance(question)
        except NotFound:
            return "", ""
        return instance.ref, instance.rubric_hash

    return resolve


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"no file {path}") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise Invalid(f"{path}: not a text file in UTF-8") from None


def export(
    name: Annotated[str, typer.Argument(help="The set.")],
    form: Annotated[str, typer.Option("--format", help="jsonl, csv, label-studio or table.")] = "table",
    out: Out = None,
    judge: Annotated[str, typer.Option(help="table: write this rater's scores as kind `judge`.")] = "",
    machine: Annotated[list[str] | None, typer.Option(help="table: add scores of `embedded` or `length-only`.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="table: round each score half up.")] = False,
    split: Annotated[str, typer.Option(help="Only tuning or gate.")] = "",
    with_labels: Annotated[bool, typer.Option(help="label-studio: with everyone's labels, no longer blind.")] = False,
) -> None:
    """Write a set for other tools. Label Studio tasks are blind unless asked otherwise."""
    from examiner.calibration.anchors import exporting as ex

    examiner = open_examiner()
    found = load_set(examiner, name)
    anchors = found.anchors if not split else found.part(split)
    if judge and judge not in found.raters:
        raise NotFound(f"nobody named '{judge}' rated '{name}'", hint=f"raters: {', '.join(found.raters)}")
    if form == "table":
        extra = [row for m in machine or [] for row in _machine_rows(examiner, m, anchors, found.levels)]
        text = ex.to_table(anchors, judge=judge, whole=whole, extra=extra)
    elif form == "csv":
        text = ex.to_csv(anchors)
    elif form == "jsonl":
        text = ex.to_jsonl(anchors)
    elif form == "label-studio":
        tasks = ex.to_label_studio(anchors, lambda a: prompt_of(examiner, a), with_labels=with_labels)
        text = json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"
    else:
        raise Invalid(f"no format '{form}'", hint="jsonl, csv, label-studio or table")
    deliver(text, out)
    say(f"{len(anchors)} anchors")


def _machine_rows(
    examiner: Any, machine: str, anchors: Sequence[Anchor], levels: tuple[int, int]
) -> list[tuple[str, ...]]:
    from examiner.evals.anchor_scores import machine_rows

    return machine_rows(examiner, machine, anchors, levels)
