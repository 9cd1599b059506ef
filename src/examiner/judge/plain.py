"""A text as the search for quantities reads it: LaTeX, addresses and odd spaces blanked out in place. Pure."""

import re
from collections.abc import Callable

_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]\d)(?!\d)")
_DOTTED = re.compile(r"\d\.\d{1,3}\.\d")  # every address has it, and little else: most texts are not searched
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathsf|rm)\s*\{([^{}]*)\}")
_LATEX_SPACE = re.compile(r"\\[,;!: ]")
_LATEX_MATHS = re.compile(r"\$([^$\n]*\\[^$\n]*)\$")
# A tab, a no-break space or a wrapped line between a figure and its unit is a space; a blank line ends a statement.
_SPACES = re.compile(r"[\t\r\f\v\u00a0\u2009\u202f]|(?<=\d)\n(?=[A-Za-z%])")


def undressed(text: str) -> str:
    """Blank out LaTeX's dress without moving a character, so that offsets stay true."""
    if _DOTTED.search(text):
        text = _ADDRESS.sub(_without_address, text)
    if not text.isprintable():  # no character of `_SPACES` is
        text = _SPACES.sub(" ", text)
    if "\\" not in text:
        return text
    text = _LATEX_MATHS.sub(lambda m: f" {m[1]} ", text)
    text = _LATEX_TEXT.sub(lambda m: m[1].rjust(len(m[0]) - 1) + " ", text)
    return _LATEX_SPACE.sub(lambda m: " " * len(m[0]), text)


class Table(dict[int, str | None]):
    """A table for `str.translate` that asks of each character once.

    Args:
        of: gives what stands for a character; None takes it out.

    """

    def __init__(self, of: Callable[[str], str | None]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, point: int) -> str | None:
        self[point] = made = self._of(chr(point))
        return made


def lowered(text: str) -> str:
    """Return the text in small letters, every character where it was: a few capitals have longer small forms."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _without_address(match: re.Match[str]) -> str:
    """Blank out an IPv4 address; 1.234.567.890 has parts above 255 and stays a number."""
    is_address = all(int(part) < 256 for part in match[0].split("."))
    return " " * len(match[0]) if is_address else match[0]
