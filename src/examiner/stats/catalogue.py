"""All statistics of a judge against human labels by name; gate policies and reports name them so."""

from examiner.stats import measures
from examiner.stats.measures import Measure, Meta

STATISTICS: dict[str, Measure] = {f.meta.name: f for f in vars(measures).values() if hasattr(f, "meta")}


def meta(name: str) -> Meta:
    """Return what is known about a statistic: title, source, what makes it undefined."""
    function = STATISTICS[name]
    found: Meta = function.meta  # type: ignore[attr-defined]
    return found
