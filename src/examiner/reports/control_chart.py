"""Control charts of a judge as inline SVG, and the page around them; colours come from the page's properties."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

import jinja2
from markupsafe import Markup

from examiner.domain.drift import Chart, Standing
from examiner.reports.environment import environment

_LEFT, _RIGHT, _TOP, _BAND, _GAP = 56, 12, 14, 92, 30
_WIDTH = 560
_WORDS = {
    "ok": "No alarm",
    "drifted": "Drifted",
    "void": "Void: another judge",
    "unwatched": "Not watched",
}


def page(judge: str, fingerprint: str, standing: Standing, charts: Sequence[Chart]) -> str:
    """Return the drift report as one self-contained HTML page."""
    return (
        _environment()
        .get_template("drift.html.j2")
        .render(
            judge=judge,
            fingerprint=fingerprint,
            standing=standing,
            word=_WORDS[standing.state],
            charts=charts,
            pictures=[Markup(control_chart(chart)) for chart in charts],  # noqa: S704 - built from escaped parts
        )
    )


def control_chart(chart: Chart) -> str:
    """Return one criterion's chart: flip share, CUSUM and e-process over the audits, each with its limit."""
    height = _TOP + 3 * _BAND + 2 * _GAP + 26
    tops = [_TOP + n * (_BAND + _GAP) for n in range(3)]
    shares = [step.flips / step.n if step.n else 0.0 for step in chart.steps]
    state = "claimed" if chart.claimed else "alarm" if chart.detected else "no alarm"
    title = f"{chart.criterion}: {state} in {len(chart.steps)} audits"
    bands = [
        _band("flips, % of sentinels", [100 * s for s in shares], 100 * chart.usual_rate, tops[0], bars=True),
        _band("CUSUM", [s.cusum for s in chart.steps], chart.cusum_limit, tops[1]),
        _band("e-process, log", [s.log_e for s in chart.steps], chart.log_e_limit, tops[2]),
    ]
    ends = ""
    if chart.steps:
        base = height - 8
        ends = f'<text class="end" x="{_LEFT}" y="{base}">{chart.steps[0].at:%Y-%m-%d}</text>'
        if len(chart.steps) > 1:
            ends += f'<text class="end" text-anchor="end" x="{_WIDTH - _RIGHT}" y="{base}">{chart.steps[-1].at:%Y-%m-%d}</text>'
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(bands)}{ends}</svg></figure>'
    )


def _band(name: str, values: Sequence[float], limit: float, top: int, *, bars: bool = False) -> str:
    """Return one strip: its values over the audits, a dashed line at the limit, points beyond it marked."""
    low = min(0.0, *values) if values else 0.0
    high = max(limit * 1.25, *values) if values else limit * 1.25
    inner = _WIDTH - _LEFT - _RIGHT
    step = inner / max(1, len(values))

    def y(value: float) -> float:
        return top + _BAND - (value - low) / (high - low) * _BAND

    def x(n: int) -> float:
        return _LEFT + step * (n + 0.5)

    parts = [
        f'<path class="grid" d="M{_LEFT} {y(0):.1f}H{_WIDTH - _RIGHT}"/>',
        f'<path class="limit" d="M{_LEFT} {y(limit):.1f}H{_WIDTH - _RIGHT}"/>',
        f'<text class="tick side" x="{_LEFT - 6}" y="{y(limit) + 4:.1f}">{limit:.3g}</text>',
        f'<text class="tick side" x="{_LEFT - 6}" y="{y(0) + 4:.1f}">0</text>',
        f'<text class="name" x="{_LEFT}" y="{top - 3}">{escape(name)}</text>',
    ]
    parts += _bars(values, limit, step, x, y) if bars else _line(values, limit, x, y)
    return "".join(parts)


Place = Callable[[float], float]
Column = Callable[[int], float]


def _bars(values: Sequence[float], limit: float, step: float, x: Column, y: Place) -> list[str]:
    width = min(14.0, 0.7 * step)
    return [
        f'<rect class="{"over" if value > limit else "fill"}" x="{x(n) - width / 2:.1f}" y="{y(value):.1f}" '
        f'width="{width:.1f}" height="{max(0.5, y(0) - y(value)):.1f}"/>'
        for n, value in enumerate(values)
    ]


def _line(values: Sequence[float], limit: float, x: Column, y: Place) -> list[str]:
    points = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in enumerate(values))
    dots = [
        f'<circle class="{"over" if value >= limit else "dot"}" cx="{x(n):.1f}" cy="{y(value):.1f}" r="3"/>'
        for n, value in enumerate(values)
    ]
    return [f'<polyline class="course" points="{points}"/>', *dots]


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return environment()
