"""Labelled answers from other tools: JSONL, long CSV, Label Studio, the Mohler data. Pure: text in, anchors out.

Who made a label is never guessed. Where the file says it (Label Studio's predictions, a `kind` column, a `by` field)
that stands, and a caller who claims otherwise is refused; where it does not, the caller must say.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import ValidationError

from examiner.domain.anchor import OVERALL, Anchor, Provenance, Split
from examiner.domain.errors import Invalid, Refused
from examiner.domain.identity import fingerprint

Format = Literal["jsonl", "csv", "label-studio", "mohler"]
KINDS: Mapping[str, Provenance] = {
    "human": "human",
    "person": "human",
    "judge": "model",
    "model": "model",
    "machine": "model",
    "constructed": "constructed",
    "rule": "constructed",
}
Resolve = Callable[
    [str], tuple[str, str]
]  # a question's reference -> (its full reference, its rubric hash); "" unknown


def read_labels(
    text: str, form: Format, where: str, *, by: Provenance | None = None, resolve: Resolve | None = None
) -> list[Anchor]:
    """Return the anchors that a file holds, every rater's label as given.

    Args:
        text: the file's content.
        form: its format.
        where: its name, for messages.
        by: who made the labels, where the file does not say.
        resolve: gives a vault question's full reference and rubric hash, or two empty texts for any other question.

    Raises:
        Invalid: the content does not fit, or nobody says who made the labels; names the line or task.
        Refused: the file says that a label is not what `by` claims.

    """
    readers = {"jsonl": _jsonl, "csv": _csv, "label-studio": _label_studio, "mohler": _mohler}
    if form not in readers:
        raise Invalid(f"no format '{form}'", hint=f"there are: {', '.join(readers)}")
    anchors = [_placed(a, resolve) for a in readers[form](text, where, by)]
    if not anchors:
        raise Invalid(f"{where}: no labelled answers in it")
    return anchors


def _placed(anchor: Anchor, resolve: Resolve | None) -> Anchor:
    ref, rubric_hash = resolve(anchor.question) if resolve else ("", "")
    if ref:
        return anchor.model_copy(update={"question": ref, "question_hash": anchor.question_hash or rubric_hash})
    if not anchor.prompt:
        raise Invalid(
            f"anchor '{anchor.id}': question '{anchor.question}' is not in the vault and its text is not in the file",
            hint="add a `prompt` (and a `reference`)",
        )
    made = anchor.question_hash or fingerprint({"prompt": anchor.prompt, "reference": anchor.reference})
    return anchor.model_copy(update={"question_hash": made})


def provenance(said: Any, claimed: Provenance | None, where: str) -> Provenance:
    """Return who made a label: what the file says, else what the caller says.

    Raises:
        Invalid: neither says it, or the file says something unknown.
        Refused: the caller claims `human` for what the file says a person did not make.

    """
    if said in (None, ""):
        if claimed is None:
            raise Invalid(f"{where}: it does not say who made the labels", hint="pass --by human, model or constructed")
        return claimed
    found = KINDS.get(str(said).strip().lower())
    if found is None:
        raise Invalid(f"{where}: unknown maker '{said}'", hint=f"one of {', '.join(KINDS)}")
    if claimed is not None and claimed != found:
        raise Refused(f"{where}: the file says these labels are {found}, they cannot be imported as {claimed}")
    return found


def _lines(text: str, where: str) -> Iterator[tuple[int, str, str]]:
    """Yield the lines that are not blank: the number, the place that a message names, the line."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, f"{where}, line {number}", line


def _jsonl(text: str, where: str, by: Provenance | None) -> Iterator[Anchor]:
    for number, at, line in _lines(text, where):
        try:
            row = json.loads(line)
        except ValueError:
            raise Invalid(f"{at}: not JSON") from None
        if not isinstance(row, dict):
            raise Invalid(f"{at}: not an object")
        row = row.get("record", row)
        labels = [{**raw, "by": provenance(raw.get("by"), by, at)} for raw in row.get("labels", ())]
        turns = row.get("turns") or [{"text": row["answer"]} if "answer" in row else {}]
        known = {k: v for k, v in row.items() if k in Anchor.model_fields and k not in ("labels", "turns")}
        known.setdefault("id", f"{where}:{number}")
        known.setdefault("question_hash", "")
        yield _anchor({**known, "labels": labels, "turns": turns}, at)


def _csv(text: str, where: str, by: Provenance | None) -> Iterator[Anchor]:
    reader = csv.DictReader(io.StringIO(text))
    missing = [c for c in ("item", "question", "rater", "score", "answer") if c not in (reader.fieldnames or ())]
    if missing:
        raise Invalid(f"{where}: no column {', '.join(missing)}", hint="see docs/anchors.md for the columns")
    rows: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(reader, 2):
        at = f"{where}, line {number}"
        item = rows.setdefault(
            row["item"],
            {
                "id": row["item"],
                "question": row["question"],
                "question_hash": row.get("question_hash") or "",
                "turns": [{"text": row["answer"]}],
                "prompt": row.get("prompt") or "",
                "reference": row.get("reference") or "",
                "style": row.get("style") or "",
                "split": row.get("split") or "gate",
                "canary": (row.get("canary") or "").lower() in ("1", "true", "yes"),
                "wrote": KINDS.get((row.get("wrote") or "").lower()),
                "labels": [],
            },
        )
        if item["turns"][0]["text"] != row["answer"]:
            raise Invalid(f"{at}: item '{row['item']}' has another answer than above")
        label = {
            "rater": row["rater"],
            "criterion": row.get("criterion") or OVERALL,
            "score": _number(row["score"], at),
            "at": row.get("at") or "",
            "by": provenance(row.get("kind"), by, at),
        }
        item["labels"].append(label)
    for row in rows.values():
        yield _anchor(row, f"{where}, item '{row['id']}'")


def _label_studio(text: str, where: str, by: Provenance | None) -> Iterator[Anchor]:
    """Read tasks: annotations are people's, predictions a model's, and so is an annotation that kept a prediction."""
    try:
        tasks = json.loads(text)
    except ValueError:
        raise Invalid(f"{where}: not JSON", hint="export the project as JSON, not JSON-MIN") from None
    if not isinstance(tasks, list):
        raise Invalid(f"{where}: not a list of tasks")
    for task in tasks:
        at = f"{where}, task {task.get('id', '?')}"
        data = task.get("data", {})
        if "answer" not in data or "question" not in data:
            raise Invalid(f"{at}: its data need `question` and `answer`")
        labels: list[dict[str, Any]] = []
        for annotation in task.get("annotations", ()):
            if annotation.get("was_cancelled"):
                continue
            labels += _results(annotation, _who(annotation.get("completed_by")), "human", by, at)
        for prediction in task.get("predictions", ()):
            if not isinstance(prediction, dict):
                continue  # an export may list ids alone
            labels += _results(prediction, str(prediction.get("model_version") or "model"), "model", None, at)
        extra = {k: data[k] for k in ("prompt", "reference", "style", "split", "question_hash") if data.get(k)}
        yield _anchor(
            {
                "id": str(data.get("item") or task.get("id")),
                "question": str(data["question"]),
                "question_hash": "",
                "turns": [{"text": str(data["answer"])}],
                "wrote": KINDS.get(str(data.get("wrote", ""))),
                "canary": bool(data.get("canary")),
                **extra,
                "labels": labels,
            },
            at,
        )


def _results(made: Mapping[str, Any], rater: str, kind: str, by: Provenance | None, at: str) -> list[dict[str, Any]]:
    out = []
    for result in made.get("result", ()):
        score = _ls_score(result.get("value", {}), at)
        if score is None and not _says_nothing(result.get("value", {})):
            continue
        said = "model" if result.get("origin") == "prediction" else kind
        out.append(
            {
                "rater": rater,
                "criterion": str(result.get("from_name", OVERALL)),
                "score": score,
                "at": str(made.get("created_at") or ""),
                "by": provenance(said, by, at),
            }
        )
    return out


def _ls_score(value: Mapping[str, Any], at: str) -> float | None:
    for key in ("number", "rating"):
        if key in value:
            return _number(str(value[key]), at)
    choices = value.get("choices")
    if choices:
        return _number(str(choices[0]).split()[0], at) if not _says_nothing(value) else None
    return None


def _says_nothing(value: Mapping[str, Any]) -> bool:
    return bool(value.get("choices")) and str(value["choices"][0]).strip().lower() in ("u", "cannot say")


def _who(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("id") or "annotator")
    return f"annotator-{completed_by}" if completed_by is not None else "annotator"


def _mohler(text: str, where: str, by: Provenance | None) -> Iterator[Anchor]:
    """Read Mohler, Bunescu and Mihalcea (2011): two graders, 0 to 5, half marks kept as given."""
    counts: dict[str, int] = {}
    for _, at, line in _lines(text, where):
        try:
            row = json.loads(line)
            scores, qid = row["scores"], str(row["qid"])
        except (ValueError, KeyError, TypeError):
            raise Invalid(f"{at}: it needs qid, question, reference, answer and scores") from None
        counts[qid] = counts.get(qid, 0) + 1
        labels = [
            {
                "rater": f"rater-{n}",
                "criterion": OVERALL,
                "score": score,
                "by": provenance("human", by, at),
            }
            for n, score in enumerate(scores, 1)
        ]
        yield _anchor(
            {
                "id": f"{qid}-{counts[qid]:02d}",
                "question": f"mohler/{qid}",
                "question_hash": "",
                "prompt": row["question"],
                "reference": row["reference"],
                "turns": [{"text": row["answer"]}],
                "wrote": "human",
                "labels": labels,
            },
            at,
        )


def _anchor(raw: Mapping[str, Any], at: str) -> Anchor:
    try:
        return Anchor.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{at}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}") from None


def _number(text: str, at: str) -> float | None:
    bare = text.strip().lower()
    if bare in ("", "u", "na", "n/a", "none"):
        return None
    try:
        return float(bare)
    except ValueError:
        raise Invalid(f"{at}: the score '{text}' is not a number", hint="leave it empty for 'cannot say'") from None


def with_split(anchors: Iterable[Anchor], halves: Mapping[str, Split]) -> list[Anchor]:
    """Return the anchors with their half set by question family."""
    return [a.model_copy(update={"split": halves[a.family]}) for a in anchors]


FORMATS: tuple[str, ...] = get_args(Format)
__all__ = ["FORMATS", "Format", "provenance", "read_labels", "with_split"]
