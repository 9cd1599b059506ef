"""A second route to the keys: one plain function a family, written from its prose with units converted by hand.

The functions see the drawn parameters as plain numbers (a table entry is a mapping of its fields, in the table's own
units) and return each graded quantity in the key's unit. They share no code with the formula evaluator, so that an
error in either shows as a disagreement. `vault audit` says which families have one.
"""

import importlib
import pkgutil
from functools import lru_cache

from examiner.evals.keys.registry import ROUTES, Route


@lru_cache(maxsize=1)
def second_routes() -> dict[str, Route]:
    """Return every second route by family id."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(ROUTES)
