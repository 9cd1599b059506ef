"""Pages of tables and heat maps: self-contained HTML, no script, no request, light and dark."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from examiner.domain.base import Frozen
from examiner.reports.environment import environment
from examiner.reports.heat import HeatMap, svg


class Section(Frozen):
    """One part of a page: heat maps, a table, and lines of text, each optional."""

    title: str
    heat: tuple[HeatMap, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


def page(title: str, meta: str, sections: Sequence[Section], *, standing: str = "", footer: str = "") -> str:
    """Return the page; everything but the drawn pictures is escaped by the template."""
    parts: list[dict[str, Any]] = [
        {
            "title": s.title,
            "pictures": [Markup(svg(h)) for h in s.heat],  # noqa: S704 - built from escaped parts
            "columns": s.columns,
            "rows": s.rows,
            "lines": s.lines,
        }
        for s in sections
    ]
    template = _environment().get_template("heat.html.j2")
    return template.render(title=title, meta=meta, sections=parts, standing=standing, footer=footer)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return environment(trim_blocks=False)
