"""What every StaffML layout shares: levels, licence, attribution."""

LEVELS = ("L1", "L2", "L3", "L4", "L5", "L6+")

# Its own files contradict each other (BY-NC, BY-NC-SA, BY); the strictest is taken.
LICENCE = "CC BY-NC-SA 4.0 (non-commercial)"
ATTRIBUTION = "StaffML, Vijay Janapa Reddi and contributors, github.com/harvard-edge/cs249r_book"
NOTES = (
    "non-commercial: for your own practice; nothing of it may be shipped or sold",
    "its review and arithmetic stamps are kept as they stand, and trusted in nothing",
)


def level_of(text: str) -> str:
    """Return a level in its plain spelling; a spelling that is not known stays as it is, so that none is lost.

    `l6` of a path and `L6+` of a body are one level; exporters that drop the sign have made it L1 before.
    """
    plain = text.strip().upper().replace("PLUS", "+")
    if plain in ("L6", "L6+", "6", "6+"):
        return "L6+"
    if plain in LEVELS:
        return plain
    return f"L{plain}" if plain.isdigit() and f"L{plain}" in LEVELS else text.strip()
