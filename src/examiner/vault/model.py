"""The vault as a value: families, scenarios, specifications, taxonomy, loops and rubrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from examiner.domain.errors import NotFound
from examiner.domain.loop import Blueprint
from examiner.domain.question import Card, Family
from examiner.domain.rubric import Rubric
from examiner.vault.shelf import Shelf

Table = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Vault:
    """All content of one content folder.

    `families` may read each one when it is first asked for; `cards` are at hand for all. `files` maps a family's id to
    its path below the folder; `tables` holds `hardware`, `models`, `prices`.
    """

    families: Mapping[str, Family]
    taxonomy: dict[str, Any]
    tables: dict[str, Table]
    loops: dict[str, Blueprint]
    rubrics: dict[str, Rubric]
    files: dict[str, str] = field(default_factory=dict)

    def family(self, family_id: str) -> Family:
        """Return the family of that id.

        Raises:
            NotFound: with the nearest ids as a hint.

        """
        try:
            return self.families[family_id]
        except KeyError:
            import difflib  # noqa: PLC0415 - only on the way to an error message

            near = difflib.get_close_matches(family_id, self.families, n=3)
            raise NotFound(
                f"no question '{family_id}' in the vault",
                hint=f"did you mean {', '.join(near)}?" if near else "see `examiner vault list`",
            ) from None

    def loop(self, loop_id: str) -> Blueprint:
        """Return the loop of that id. Raises NotFound."""
        if loop_id not in self.loops:
            raise NotFound(f"no loop '{loop_id}'", hint=f"there are: {', '.join(sorted(self.loops))}")
        return self.loops[loop_id]

    def rubric_for(self, kind: str) -> Rubric:
        """Return the criterion definitions for a kind of family (question, design, debug)."""
        return self.rubrics[{"debug": "debugging"}.get(kind, kind)]

    @cached_property
    def cards(self) -> Mapping[str, Card]:
        """What every family is chosen by, without reading the families."""
        return self.families.cards if isinstance(self.families, Shelf) else self.families

    @cached_property
    def questions(self) -> tuple[Family, ...]:
        """The plain questions, by id."""
        return tuple(f for _, f in sorted(self.families.items()) if f.kind == "question")

    def of_kind(self, kind: str) -> tuple[Card, ...]:
        """Return the cards of the families of one kind, by id."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Card, ...]]:
        made: dict[str, list[Card]] = {}
        for _, card in sorted(self.cards.items()):
            made.setdefault(card.kind, []).append(card)
        return {kind: tuple(cards) for kind, cards in made.items()}
