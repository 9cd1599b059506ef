"""The agreement report as Markdown."""

from collections.abc import Mapping
from typing import Any

from examiner.reports.agreement_words import BOUNDS, TITLES, VERDICTS, bounds, got, humans, sign, value


def markdown(data: Mapping[str, Any], name: str) -> str:
    """Return the report of `calibrate stats` as Markdown text; `name` is the table's."""
    low, high = data["levels"]
    lines = [f"# Agreement with human labels: {name}", ""]
    lines += [f"Policy {data['policy']}, levels {low} to {high}, attempt {data['attempts']}. {BOUNDS}", ""]
    lines += [
        "| judge | criterion | n | questions | QWK | lower | Spearman | SMD | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for judge, criteria in data["judges"].items():
        for criterion, found in criteria.items():
            lower = found["qwk"]["lower"]
            figures = [
                value(found["qwk"]),
                "" if lower is None else f"{lower:.3f}",
                value(found["spearman"]),
                value(found["smd"]),
            ]
            lines.append(
                f"| {_cell(judge)} | {_cell(criterion)} | {found['n']} | {found['questions']} | {' | '.join(figures)} | {found['verdict']} |"
            )
    for judge, criteria in data["judges"].items():
        for criterion, found in criteria.items():
            lines += ["", *_judge(judge, criterion, found, low)]
    for criterion, block in data["humans"].items():
        lines += [
            "",
            f"## Human labels: {criterion}",
            "",
            f"{block['raters']} raters, {block['items']} labelled answers.",
            "",
        ]
        lines += _table(list(humans(block)))
    return "\n".join(lines)


def _judge(judge: str, criterion: str, found: Mapping[str, Any], low: int) -> list[str]:
    lines = [f"## {judge}: {criterion}", "", f"**{found['verdict']}**: {VERDICTS[found['verdict']]}.", ""]
    lines += ["| | check | needed | got |", "|---|---|---|---|"]
    lines += [
        f"| {sign(c['ok'])} | {c['name'].replace('_', ' ')} | {c['need']} | {got(c['got'])} |" for c in found["checks"]
    ]
    lines += ["", *_table([(title, found[key]) for key, title in TITLES.items()])]
    test = found["alt_test"]
    if test is not None:
        passed = "passed" if test["passed"] else "not passed"
        lines += [
            "",
            f"Alternative annotator test {passed}: winning rate {test['winning_rate']:.2f}, advantage probability {test['advantage_probability']:.2f}.",
        ]
    span = range(low, low + len(found["confusion"]))
    lines += ["", f"| human \\ judge | {' | '.join(map(str, span))} |", "|---" * (len(found["confusion"]) + 1) + "|"]
    lines += [f"| {level} | {' | '.join(map(str, row))} |" for level, row in zip(span, found["confusion"], strict=True)]
    if found.get("by_question"):
        lines += ["", "| question | n | QWK | exact | SMD |", "|---|---|---|---|---|"]
        lines += [
            f"| {_cell(q)} | {one['n']} | {value(one['qwk'])} | {value(one['exact'])} | {value(one['smd'])} |"
            for q, one in found["by_question"].items()
        ]
    return lines


def _table(rows: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    lines = ["| statistic | value | bounds | note |", "|---|---|---|---|"]
    return lines + [f"| {title} | {value(one)} | {bounds(one)} | {_cell(one.get('why', ''))} |" for title, one in rows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
