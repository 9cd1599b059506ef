"""The report as Markdown."""

from examiner.domain.report import AskedItem, CandidateCard
from examiner.reports.words import NUMBERS, VERDICTS, figure, number


def markdown(card: CandidateCard) -> str:
    """Return the report as Markdown text."""
    lines = [f"# {card.loop}: {card.candidate}", "", f"> {card.standing}", "", "## Competency matrix", ""]
    lines += ["| row | level | lowest | answers |", "|---|---|---|---|"]
    for row in card.rows:
        if row.refs:
            level = f"{row.value:g}" if row.value is not None else row.label
            lines.append(f"| {row.title} | {level} | {'' if row.lowest is None else row.lowest} | {len(row.refs)} |")
    empty = [row.title for row in card.rows if not row.refs]
    if empty:
        lines += ["", f"Not asked: {', '.join(empty)}."]
    lines += ["", "## Revision list", ""]
    lines += [
        f"- **{r.title}**: phases {', '.join(f'{p} ({t})' for p, t in zip(r.phases, r.phase_titles, strict=True))}"
        for r in card.revision
    ] or ["Nothing at 1 or below."]
    for item in card.items:
        lines += ["", *_item(item)]
    lines += ["", f"Judge {card.judge} ({card.fingerprint}), policy {card.policy}, seed {card.seed}."]
    return "\n".join(lines)


def _item(item: AskedItem) -> list[str]:
    lines = [f"## {item.title} ({item.ref})", "", item.prompt, "", f"{item.release.label}: {figure(item)}"]
    if item.release.reason:
        lines.append(f"({item.release.reason})")
    for turn in item.turns:
        lines += [
            "",
            *([f"*{turn.asked}*", ""] if turn.probe else []),
            *(f"> {line}" for line in turn.text.splitlines()),
        ]
    if item.score is not None:
        lines += ["", "| point | verdict | quote |", "|---|---|---|"]
        for criterion in item.score.criteria:
            for p in criterion.points:
                quote = p.quote.replace("|", "\\|").replace("\n", " ")
                lines.append(f"| {p.claim} | {VERDICTS[p.verdict][1]} | {quote} |")
        for n in item.score.judgement.numbers:
            lines.append(
                f"- {n.quantity}: {n.stated or 'not said'}; key {number(n.key)} {n.key_unit}; {NUMBERS[n.verdict]} {n.note}"
            )
        lines += [f"- cap at {cap.ceiling:g}: {cap.reason}" for cap in item.score.caps]
    lines += [
        "",
        f"**Model answer.** {item.model_answer}",
        "",
        f"**It invites:** {item.invites} {item.invites_answer}",
    ]
    return lines
