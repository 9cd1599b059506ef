"""One-time candidate links: opened once, for one session, until they expire; only their hashes are kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from examiner.domain.errors import NotFound
from examiner.service.examiner import Examiner
from examiner.service.sitting.sessions import epoch_of, take_over
from examiner.store import tenancy


class LinkGone(NotFound):
    """The link was used, has expired, or never was."""

    status = 410


def make(house: Examiner, session: str, hours: int = 72) -> tuple[str, str]:
    """Return a new link's secret and when it expires. Raises NotFound."""
    epoch_of(house, session)
    link = "cl_" + secrets.token_urlsafe(32)
    expires = (house.clock() + timedelta(hours=hours)).isoformat()
    house.registry.add("links", {"digest": _digest(link), "sitting": session, "expires": expires, "used": ""})
    return link, expires


def open_link(house: Examiner, link: str) -> tuple[str, int]:
    """Use a link up; return its session and the epoch that may write from now on. Raises LinkGone.

    Whoever opens it belongs to no tenant yet: the link says to which.
    """
    found = house.registry.whole.one("links", digest=_digest(link))
    now = house.clock()
    live = found is not None and not found["used"] and datetime.fromisoformat(found["expires"]) > now
    # The database decides who was first where two open it at once.
    if (
        found is None
        or not live
        or not house.registry.whole.change("links", {"used": now.isoformat()}, digest=found["digest"], used="")
    ):
        raise LinkGone("this link opens nothing any more", hint="ask for a new one")
    with tenancy.within(found["tenant"]):
        return found["sitting"], take_over(house, found["sitting"])


def _digest(link: str) -> str:
    return hashlib.sha256(link.encode("utf-8", "surrogatepass")).hexdigest()
