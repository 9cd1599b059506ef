"""What tokens cost: dated prices from the vault's table, four classes of tokens. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from examiner.llm.call import Usage

_DATED = re.compile(r"[-@]?(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of each class, and the day it was read."""

    input: float
    cache_write: float
    cache_read: float
    output: float
    date: str

    def cost(self, usage: Usage) -> float:
        """Return the cost in USD of so many tokens, each class at its own price."""
        return (
            usage.input * self.input
            + usage.cache_write * self.cache_write
            + usage.cache_read * self.cache_read
            + usage.output * self.output
        ) / _MILLION


class Prices:
    """The prices of models by name. A model that is not in the table has no cost, which is not the same as 0.

    Args:
        table: the vault's `prices` table; entries with `input` and `output` in USD/Mtoken are models.

    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._prices = {
            name: Price(
                input=_usd(entry, "input"),
                cache_write=_usd(entry, "cache_write", _usd(entry, "input")),
                cache_read=_usd(entry, "cache_read", _usd(entry, "input")),
                output=_usd(entry, "output"),
                date=str(entry.get("date", "")),
            )
            for name, entry in table.items()
            if isinstance(entry, Mapping) and "input" in entry and "output" in entry
        }

    def of(self, model: str) -> Price | None:
        """Return the price of a model, a dated release taking its family's; None where it is not known."""
        bare = model.rpartition("/")[2]
        return self._prices.get(bare) or self._prices.get(_DATED.sub("", bare))

    def cost(self, model: str, usage: Usage) -> float | None:
        """Return what this usage costs in USD, or None where the price is not known."""
        price = self.of(model)
        return price.cost(usage) if price else None


def _usd(entry: Mapping[str, Any], name: str, default: float = 0.0) -> float:
    value = entry.get(name)
    return float(value["value"]) if isinstance(value, Mapping) else default
