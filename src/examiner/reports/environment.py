"""The template environment of every page: escaped, and a name that is missing is an error."""

import jinja2


def environment(*, trim_blocks: bool = True) -> jinja2.Environment:
    """Return a new environment over the templates of this room; a page adds its own globals and filters."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("examiner.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=trim_blocks,
    )
