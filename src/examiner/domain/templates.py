"""Versioned texts for a model, rendered: plain text, and a name that is missing is an error. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from examiner.domain.identity import fingerprint


class Templates:
    """A set of named templates.

    Args:
        texts: template text by name; others than `names` are left out.
        names: those there must be.

    """

    def __init__(self, texts: Mapping[str, str], names: Iterable[str]) -> None:
        kept = {name: texts[name] for name in names}
        self._made = _compiled(tuple(kept.items()))
        self.digest = fingerprint(kept)

    def render(self, name: str, /, **values: Any) -> str:
        """Return a template filled in, without blank space around it."""
        return self._made[name].render(values).strip()


@lru_cache(maxsize=16)
def _compiled(texts: tuple[tuple[str, str], ...]) -> dict[str, Template]:
    """Return templates by name. Whoever opens judges by the dozen opens them on the same few texts."""
    environment = Environment(
        loader=DictLoader(dict(texts)),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text for a model, not HTML
    )
    return {name: environment.get_template(name) for name, _ in texts}
