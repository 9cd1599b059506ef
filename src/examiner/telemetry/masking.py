"""Secrets out of a text, wherever they stand: by their form, and by their value where it is known."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

# Our own keys, tokens and links, vendors' keys, bearer headers, passwords in URLs (before an @: else it is a port).
_END = r"[^\s\"'\\,;@]+"
_FORMS = re.compile(
    rf"(exm_[A-Za-z0-9]+_|ct_[A-Za-z0-9-]+_\d+_|cl_|whsec_|sk-|[Bb]earer |://[^/\s:@]*:(?={_END}@)){_END}"
)
_NAMED = re.compile(r"KEY|SECRET|TOKEN|PASSWORD", re.IGNORECASE)
_SHORTEST = 6  # a shorter value would mask ordinary words


class Mask:
    """Masks secrets in texts.

    Args:
        values: secrets that are known, such as the configured keys; shorter than six characters is no secret.

    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = sorted({v for v in values if len(v) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub("***", text)
        return _FORMS.sub(r"\1***", text)


def secrets_in(environ: Mapping[str, str]) -> list[str]:
    """Return the values of an environment that are secrets by their names, and the passwords in its URLs."""
    found = []
    for name, value in environ.items():
        if _NAMED.search(name):
            found += [part.strip() for part in value.split(",")]
        elif "://" in value and "@" in value:
            try:
                password = urlsplit(value).password
            except ValueError:
                continue
            found += [password, unquote(password)] if password else []
    return found
