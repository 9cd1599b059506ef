"""Pictures of agreement as inline SVG, all drawn from the report's own figures; colours come from the page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_CELL, _MARGIN = 46, 64


def heat_map(confusion: Sequence[Sequence[int]], low: int, down: str = "human", across: str = "judge") -> str:
    """Return the confusion matrix; the shade is the share of its row, so rare levels are seen too.

    Args:
        confusion: counts, a row for each level of `down`, a column for each level of `across`.
        low: the lowest level.
        down: who gave the rows' levels.
        across: who gave the columns'.

    """
    k = len(confusion)
    size = max(3, min(_CELL, 460 // k))
    cells = [
        _heat(i, j, low, size, row, (down, across))
        for i, row in enumerate(confusion)
        for j in range(k)
        if k <= 20 or row[j]
    ]
    # The first row of the matrix stands at the bottom, as on an axis.
    tall = _MARGIN + k * size
    ticks = [
        f'<text class="tick" x="{_MARGIN - 14}" y="{tall - (v + 0.5) * size + 4:.0f}">{low + v}</text>'
        f'<text class="tick" x="{_MARGIN + (v + 0.5) * size - 1:.0f}" y="{tall + 16}">{low + v}</text>'
        for v in (range(k) if k <= 12 else _steps(0, k - 1))
    ]
    middle = _MARGIN + k * size / 2
    ticks.append(f'<text class="tick" x="{middle:.0f}" y="{tall + 36}">{escape(across)}</text>')
    ticks.append(f'<text class="tick" transform="translate(18 {middle:.0f}) rotate(-90)">{escape(down)}</text>')
    title = f"Confusion: {down} label by {across} {'score' if across == 'judge' else 'label'}; shade is the share of the row"
    return _figure(title, [*cells, *ticks], tall + 20, tall + 48, top=_MARGIN - 14)


def _heat(i: int, j: int, low: int, size: int, row: Sequence[int], names: tuple[str, str]) -> str:
    count, total = row[j], sum(row)
    share = count / total if total else 0.0
    x, y, side = _MARGIN + j * size, _MARGIN + (len(row) - 1 - i) * size, max(2, size - 2)
    kind = "heat diagonal" if i == j else "heat"
    note = escape(f"{names[0]} {low + i}, {names[1]} {low + j}: {count} ({share:.0%} of the row)")
    text = ""
    if count and size > 22:
        text = f'<text class="tick" x="{x + side / 2:.0f}" y="{y + side / 2 + 4:.0f}">{count}</text>'
    # An attribute and no style: pages forbid inline styles. Half opaque at most, so that the figure stays readable.
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{side}" height="{side}" rx="{min(3, side // 4)}" '
        f'fill-opacity="{0.06 + 0.44 * share:.2f}"><title>{note}</title></rect>{text}'
    )


def differences(confusion: Sequence[Sequence[int]], low: int) -> str:
    """Return judge less human against their mean (Bland and Altman 1986), bubbles for counts, limits of agreement."""
    points = [(i, j, c) for i, row in enumerate(confusion) for j, c in enumerate(row) if c]
    n, k = sum(c for *_, c in points), len(confusion)
    if n < 2:
        return ""
    mean = sum((j - i) * c for i, j, c in points) / n
    spread = math.sqrt(sum(((j - i) - mean) ** 2 * c for i, j, c in points) / (n - 1))
    top = max(k - 1, 1)
    width, height = 420, 260

    def across(v: float) -> float:
        return _MARGIN + v / top * (width - _MARGIN - 30)

    def down(d: float) -> float:
        return 20 + (top - d) / (2 * top) * (height - 60)

    parts = [
        f'<path class="grid" d="M{_MARGIN} {down(d):.1f}H{width - 20}"/><text class="label" x="{_MARGIN - 10}" y="{down(d) + 4:.1f}">{d:+d}</text>'
        for d in _steps(-top, top)
    ]
    parts += [f'<text class="tick" x="{across(v):.1f}" y="{height - 22}">{low + v}</text>' for v in _steps(0, top)]
    for d, kind in ((mean, "mean"), (mean - 1.96 * spread, "limit"), (mean + 1.96 * spread, "limit")):
        if -top <= d <= top:
            parts.append(
                f'<path class="{kind}" d="M{_MARGIN} {down(d):.1f}H{width - 20}"><title>{d:+.2f}</title></path>'
            )
    largest = max(c for *_, c in points)
    parts += [
        f'<circle class="bubble" cx="{across((i + j) / 2):.1f}" cy="{down(j - i):.1f}" r="{2 + 11 * math.sqrt(c / largest):.1f}"><title>human {low + i}, judge {low + j}: {c}</title></circle>'
        for i, j, c in points
    ]
    parts.append(f'<text class="tick" x="{(width + _MARGIN) / 2:.0f}" y="{height - 4}">mean of human and judge</text>')
    return _figure(
        f"Judge less human: mean {mean:+.2f}, 95 % of differences between {mean - 1.96 * spread:+.2f} and {mean + 1.96 * spread:+.2f}",
        parts,
        width,
        height,
    )


def by_level(confusion: Sequence[Sequence[int]], low: int) -> str:
    """Return, per human level, the judge's mean and its root mean squared error (conditional standard error)."""
    k = len(confusion)
    width, height, top = 420, 260, max(len(confusion) - 1, 1)

    def across(v: float) -> float:
        return _MARGIN + v / top * (width - _MARGIN - 40) + 5

    def down(v: float) -> float:
        return 20 + (top - v) / top * (height - 60)

    parts = [
        f'<path class="grid" d="M{_MARGIN} {down(v):.1f}H{width - 20}"/><text class="label" x="{_MARGIN - 10}" y="{down(v) + 4:.1f}">{low + v}</text>'
        for v in _steps(0, top)
    ]
    parts.append(f'<path class="limit" d="M{across(0):.1f} {down(0):.1f}L{across(top):.1f} {down(top):.1f}"/>')
    for i, row in enumerate(confusion):
        n = sum(row)
        x = across(i)
        if k <= 12 or i in _steps(0, top):
            parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 22}">{low + i}</text>')
        if not n:
            continue
        mean = sum(j * c for j, c in enumerate(row)) / n
        error = math.sqrt(sum((j - i) ** 2 * c for j, c in enumerate(row)) / n)
        up, bottom = min(top, mean + error), max(0.0, mean - error)
        parts.append(
            f'<path class="whisker" d="M{x:.1f} {down(up):.1f}V{down(bottom):.1f}"/><circle class="dot" cx="{x:.1f}" cy="{down(mean):.1f}" r="5"><title>human {low + i}: judge {low + mean:.2f}, error {error:.2f}, n {n}</title></circle>'
        )
    parts.append(f'<text class="tick" x="{(width + _MARGIN) / 2:.0f}" y="{height - 4}">human level</text>')
    return _figure("Reliability by level: the judge's mean, with its error on each human level", parts, width, height)


def intervals(found: Mapping[str, Any]) -> str:
    """Return the intervals of the figures the gate looks at beside its thresholds."""
    needs = {check["name"]: check for check in found["checks"]}
    rows = [
        ("qwk", "QWK", 0.0, 1.0),
        ("spearman", "Spearman", 0.0, 1.0),
        ("degradation", "degradation", -0.5, 0.5),
        ("smd", "SMD", -1.0, 1.0),
        ("sd_ratio", "SD ratio", 0.0, 2.0),
    ]
    parts = []
    for number, (key, title, left, right) in enumerate(rows):
        y = 34 + number * 42
        parts.append(f'<text class="label" x="110" y="{y + 4}">{title}</text><path class="grid" d="M124 {y}H404"/>')
        parts += [
            f'<text class="tick" x="{_across(v, left, right):.0f}" y="{y + 20}">{v:g}</text>'
            for v in (left, (left + right) / 2, right)
        ]
        for check in (
            needs.get(key),
            needs.get(f"{key}_lower"),
            needs.get(f"{key}_upper"),
            needs.get(f"{key}_interval"),
        ):
            parts += [_limit(v, left, right, y) for v in _thresholds(check)]
        one = found[key]
        if one["value"] is None:
            parts.append(f'<text class="tick" x="264" y="{y - 6}">undefined</text>')
            continue
        ends = [one["value"] if v is None else v for v in (one["lower"], one["upper"])]
        a, b, x = (_across(v, left, right) for v in (*ends, one["value"]))
        parts.append(
            f'<path class="whisker" d="M{a:.1f} {y}H{b:.1f}M{a:.1f} {y - 5}v10M{b:.1f} {y - 5}v10"/><circle class="dot" cx="{x:.1f}" cy="{y}" r="5"><title>{title} {one["value"]:.3f}</title></circle>'
        )
    return _figure("Intervals against thresholds (dashed)", parts, 420, 34 + len(rows) * 42)


def _thresholds(check: Mapping[str, Any] | None) -> list[float]:
    """Return the numbers a check's need names, both signs for a band."""
    if check is None or check["ok"] is None:
        return []
    words = check["need"].replace("+-", "±").split()
    numbers = [float(w.lstrip("±")) for w in words if w.lstrip("±").replace(".", "", 1).isdigit() and w != "90"]
    return [s * n for n in numbers for s in (-1, 1)] if "±" in " ".join(words) else numbers


def _limit(v: float, left: float, right: float, y: float) -> str:
    return f'<path class="limit" d="M{_across(v, left, right):.1f} {y - 12}v24"/>' if left <= v <= right else ""


def _across(v: float, left: float, right: float) -> float:
    return 124 + (min(max(v, left), right) - left) / (right - left) * 280


def _steps(low: int, high: int) -> range:
    return range(low, high + 1, max(1, (high - low) // 8))


def _figure(title: str, parts: Sequence[str], width: float, height: float, *, top: float = 0) -> str:
    return f'<figure><figcaption>{escape(title)}</figcaption><svg class="chart" viewBox="0 {top:.0f} {width:.0f} {height - top:.0f}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg></figure>'
