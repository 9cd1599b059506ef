"""Small pictures as inline SVG; colours come from the page's own custom properties."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from examiner.domain.report import CandidateCard

_LEFT, _STEP, _ROW = 210, 90, 30


def quality_bars(card: CandidateCard) -> str:
    """Return one bar a question: quality as outline, what is shown after caps as fill, the interval as whisker."""
    items = [i for i in card.items if i.score is not None]
    rows = []
    for number, item in enumerate(items):
        score, y = item.score, 34 + number * _ROW
        if score is None:
            continue
        low, high = score.interval
        rows.append(_label(item.title, y + 12))
        rows.append(_bar(score.quality, y, "outline"))
        if item.release.shown is not None:
            rows.append(_bar(item.release.shown, y, "fill"))
        rows.append(
            f'<path class="whisker" d="M{_x(low)} {y + 8}H{_x(high)}M{_x(low)} {y + 4}v8M{_x(high)} {y + 4}v8"/>'
        )
    return _chart("Quality, caps and interval by question", rows, len(items))


def predictions(card: CandidateCard) -> str:
    """Return the candidate's forecast (hollow) beside what is shown (solid), one line a question."""
    items = [i for i in card.items if i.prediction is not None and i.release.shown is not None]
    if not items:
        return ""
    rows = []
    for number, item in enumerate(items):
        y = 34 + number * _ROW
        forecast, shown = _x(item.prediction or 0), _x(item.release.shown or 0)
        rows.append(_label(item.title, y + 12))
        rows.append(f'<path class="link" d="M{forecast} {y + 8}H{shown}"/>')
        rows.append(f'<circle class="dot" cx="{shown}" cy="{y + 8}" r="6"/>')
        rows.append(f'<circle class="ring" cx="{forecast}" cy="{y + 8}" r="6"/>')
    return _chart("Your forecast (ring) and the estimate (dot)", rows, len(items))


def clocks(card: CandidateCard) -> str:
    """Return the time used in each section against its allowance."""
    rows = []
    timed = [s for s in card.sections if s.used_seconds is not None]
    for number, section in enumerate(timed):
        y = 34 + number * _ROW
        used = min(1.0, (section.used_seconds or 0.0) / 60 / section.minutes)
        rows.append(_label(section.title, y + 12))
        rows.append(f'<rect class="outline" x="{_LEFT}" y="{y}" width="{3 * _STEP}" height="16" rx="3"/>')
        rows.append(
            f'<rect class="fill" x="{_LEFT}" y="{y}" width="{max(2.0, used * 3 * _STEP):.1f}" height="16" rx="3"/>'
        )
    return _chart("Time used of each section", rows, len(timed), axis=False) if timed else ""


def pips(value: float | None) -> str:
    """Return three pips filled to a level; nothing for a row that was not asked."""
    if value is None:
        return ""
    marks = []
    for n in range(3):
        share = max(0.0, min(1.0, value - n))
        x = 2 + n * 22
        marks.append(f'<rect class="outline" x="{x}" y="2" width="18" height="14" rx="3"/>')
        if share:
            marks.append(
                f'<rect class="fill l{int(value)}" x="{x}" y="2" width="{18 * share:.0f}" height="14" rx="3"/>'
            )
    return f'<svg class="pips" viewBox="0 0 68 18" width="68" height="18" aria-hidden="true">{"".join(marks)}</svg>'


def _chart(title: str, rows: Sequence[str], count: int, *, axis: bool = True) -> str:
    height = 44 + count * _ROW
    lines = (
        [
            f'<path class="grid" d="M{_x(n)} 24V{height - 10}"/><text class="tick" x="{_x(n)}" y="18">{n}</text>'
            for n in range(4)
        ]
        if axis
        else []
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg class="chart" viewBox="0 0 {_LEFT + 3 * _STEP + 30} {height}" '
        f'role="img" aria-label="{escape(title)}">{"".join(lines)}{"".join(rows)}</svg></figure>'
    )


def _label(text: str, y: int) -> str:
    short = text if len(text) <= 30 else text[:29] + "…"
    return f'<text class="label" x="{_LEFT - 12}" y="{y}">{escape(short)}</text>'


def _bar(level: int, y: int, kind: str) -> str:
    return f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{max(3, level * _STEP)}" height="16" rx="3"/>'


def _x(level: float) -> int:
    return int(_LEFT + level * _STEP)
