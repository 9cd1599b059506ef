"""The agreement report as one self-contained HTML page: no script, no request, light and dark, printable."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from examiner.reports import agreement_pictures as pictures
from examiner.reports.agreement_words import BOUNDS, TITLES, VERDICTS, bounds, failing, got, humans, sign, value
from examiner.reports.environment import environment


def page(data: Mapping[str, Any], name: str) -> str:
    """Return the page of a `calibrate stats` report; `name` is the table's."""
    return _environment().get_template("agreement.html.j2").render(data=data, name=name)


def plots(found: Mapping[str, Any], low: int) -> Markup:
    """Return the four pictures of one judge and criterion."""
    confusion = found["confusion"]
    drawn = (
        pictures.intervals(found),
        pictures.heat_map(confusion, low),
        pictures.differences(confusion, low),
        pictures.by_level(confusion, low),
    )
    return Markup("".join(drawn))  # noqa: S704 - built from numbers and escaped parts


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    made = environment()
    made.globals.update(BOUNDS=BOUNDS, TITLES=TITLES, VERDICTS=VERDICTS, plots=plots)
    made.globals.update(failing=failing, humans=humans, sign=sign)
    made.filters.update(value=value, bounds=bounds, got=got)
    return made
