"""The report as one self-contained HTML page: no script, no request, light and dark, printable."""

import re
from functools import lru_cache

import jinja2
from markupsafe import Markup, escape

from examiner.domain.report import AskedItem, CandidateCard
from examiner.domain.score import PointVerdict
from examiner.reports import pictures
from examiner.reports.environment import environment
from examiner.reports.words import NUMBERS, VERDICTS, figure, number, within

_CODE = re.compile(r"`([^`\n]+)`")


def html(card: CandidateCard) -> str:
    """Return the report page."""
    return (
        _environment()
        .get_template("card.html.j2")
        .render(
            card=card,
            bars=Markup(pictures.quality_bars(card)),  # noqa: S704 - built from escaped parts
            forecast=Markup(pictures.predictions(card)),  # noqa: S704
            clocks=Markup(pictures.clocks(card)),  # noqa: S704
        )
    )


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    made = environment()
    made.globals.update(VERDICTS=VERDICTS, NUMBERS=NUMBERS, pips=lambda v: Markup(pictures.pips(v)))  # noqa: S704
    made.filters.update(
        sentence=lambda t: t[:1].upper() + t[1:],
        prose=prose,
        figure=figure,
        number=number,
        marked=marked,
        within=within,
    )
    return made


def prose(text: str) -> Markup:
    """Return plain text as paragraphs; `code` is kept, everything else escaped."""
    paragraphs = []
    for block in re.split(r"\n\s*\n", text.strip()):
        safe = _CODE.sub(r"<code>\1</code>", str(escape(block)))
        paragraphs.append(f"<p>{safe}</p>")
    return Markup("".join(paragraphs))  # noqa: S704 - escaped above


def marked(item: AskedItem, turn: int) -> Markup:
    """Return a turn with the quotes that carried points marked in place; overlapping quotes are joined."""
    text = item.turns[turn].text
    points = [p for c in item.score.criteria for p in c.points] if item.score else []
    spans = _merge([p for p in points if p.span and p.span.turn == turn and p.verdict in ("met", "partly", "disputed")])
    out, position = [], 0
    for start, end, names in spans:
        out.append(str(escape(text[position:start])))
        out.append(f'<mark title="{escape(", ".join(names))}">{escape(text[start:end])}</mark>')
        position = end
    out.append(str(escape(text[position:])))
    return Markup("".join(out))  # noqa: S704 - every part is escaped


def _merge(points: list[PointVerdict]) -> list[tuple[int, int, list[str]]]:
    merged: list[tuple[int, int, list[str]]] = []
    for point in sorted(points, key=lambda p: (p.span.start, p.span.end) if p.span else (0, 0)):
        if point.span is None:
            continue
        if merged and point.span.start < merged[-1][1]:
            start, end, names = merged[-1]
            merged[-1] = (start, max(end, point.span.end), [*names, point.claim])
        else:
            merged.append((point.span.start, point.span.end, [point.claim]))
    return merged
