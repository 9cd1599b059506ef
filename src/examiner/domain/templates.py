"""Versioned texts for a model, rendered: plain text, and a name that is missing is an error. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from examiner.domain.identity import fingerprint


class Templates:
    """A set of named templates.

    Args:
        texts: template text by name; others than `names` are left out.
        names: those there must be.

    """

    def __init__(self, texts: Mapping[str, str], names: Iterable[str]) -> None:
        kept = {name: texts[name] for name in names}
        environment = Environment(
            loader=DictLoader(kept),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - plain text for a model, not HTML
        )
        self._made = {name: environment.get_template(name) for name in kept}
        self.digest = fingerprint(kept)

    def render(self, name: str, /, **values: Any) -> str:
        """Return a template filled in, without blank space around it."""
        return self._made[name].render(values).strip()
