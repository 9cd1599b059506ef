"""A heat map: rows by columns, each cell a shade, a figure and a title; inline SVG, in light and in dark.

The figure stands in the cell, so that nothing is told by colour alone.
"""

from html import escape
from typing import Literal

from examiner.domain.base import Frozen

_LEFT, _TOP, _WIDE, _HIGH = 230, 34, 92, 26


class Tile(Frozen):
    """One cell: `shade` from 0 to 1 (None: nothing to shade), the figure in it, and what hovering says."""

    shade: float | None = None
    text: str = ""
    title: str = ""
    kind: Literal["value", "empty", "excluded"] = "value"


class HeatMap(Frozen):
    """Tiles by row and column, each row as long as `columns`; `legend` explains the shade."""

    caption: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    tiles: tuple[tuple[Tile, ...], ...]
    legend: str = ""


def svg(heat: HeatMap) -> str:
    """Return the heat map as a figure; every text escaped."""
    width, height = _LEFT + _WIDE * len(heat.columns) + 10, _TOP + _HIGH * len(heat.rows) + 8
    parts = [
        f'<text class="tick" x="{_LEFT + _WIDE * n + _WIDE // 2}" y="22">{escape(name)}</text>'
        for n, name in enumerate(heat.columns)
    ]
    for row, (name, tiles) in enumerate(zip(heat.rows, heat.tiles, strict=True)):
        y = _TOP + _HIGH * row
        parts.append(f'<text class="label" x="{_LEFT - 10}" y="{y + 17}">{escape(name)}</text>')
        parts += [_tile(tile, _LEFT + _WIDE * column, y) for column, tile in enumerate(tiles)]
    legend = f"<p>{escape(heat.legend)}</p>" if heat.legend else ""
    return (
        f'<figure><figcaption>{escape(heat.caption)}</figcaption><div class="scroll">'
        f'<svg class="heat" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(heat.caption)}">{"".join(parts)}</svg></div>{legend}</figure>'
    )


def _tile(tile: Tile, x: int, y: int) -> str:
    box = f'x="{x + 1}" y="{y + 1}" width="{_WIDE - 2}" height="{_HIGH - 2}" rx="3"'
    if tile.kind == "excluded":
        shape = f'<rect class="excluded" {box}/><path class="cross" d="M{x + 6} {y + 20}L{x + _WIDE - 6} {y + 6}"/>'
    elif tile.kind == "empty" or tile.shade is None:
        shape = f'<rect class="outline" {box}/>'
    else:
        opacity = 0.12 + 0.68 * max(0.0, min(1.0, tile.shade))
        shape = f'<rect class="fill" fill-opacity="{opacity:.2f}" {box}/>'
    title = f"<title>{escape(tile.title)}</title>" if tile.title else ""
    text = f'<text class="figure" x="{x + _WIDE // 2}" y="{y + 17}">{escape(tile.text)}</text>' if tile.text else ""
    return f"<g>{title}{shape}{text}</g>"
