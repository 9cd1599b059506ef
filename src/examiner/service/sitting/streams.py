"""The names of a sitting's streams in the ledger."""


def stream_of(sitting: str) -> str:
    """Return the stream of a sitting's events."""
    return f"sitting/{sitting}"


def aside_of(sitting: str) -> str:
    """Return the stream of texts that came too late or from elsewhere: kept, never graded."""
    return f"aside/{sitting}"


def review_of(sitting: str) -> str:
    """Return the stream of what people made of a sitting: ratings, appeals and what became of them, decisions."""
    return f"review/{sitting}"
