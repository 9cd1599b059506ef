"""The AI notice: what a candidate is told before the first question, in versions, and who accepted which text when."""

import hashlib

from examiner.domain.base import Frozen
from examiner.domain.errors import Conflict, NotFound, Refused
from examiner.service.examiner import Examiner
from examiner.store.chain import Entry

VERSION = "1"
_TEXTS = {
    "en": (
        "You are talking to a program, not to a person. It asks questions about technical work, asks follow-up "
        "questions on what you answer, and judges your answers point by point; numbers are checked by calculation. "
        "It assesses mechanism, invariants, arithmetic and operational consequence, and nothing else: no voice, face, "
        "typing speed or personal detail enters a grade.\n\n"
        "A score is shown to the people who decide only where the program was compared with human graders and agreed "
        "with them. A person makes every decision, and can change every score. You may ask for a person to look at "
        "your answers again, for your data, for its deletion, and for more time or breaks or another form of "
        "assessment, at any time.\n\n"
        "What you type is stored as you type it. It is kept as long as the organisation that invited you has told "
        "you, and is read by its staff alone."
    ),
}


class Notice(Frozen):
    """One version of the notice in one language; the hash names the text that was read."""

    version: str
    locale: str
    text: str
    sha256: str


def notice(locale: str = "en") -> Notice:
    """Return the notice of today in a language. Raises NotFound."""
    text = _TEXTS.get(locale)
    if text is None:
        raise NotFound(f"the notice does not exist in '{locale}'", hint=f"there are: {', '.join(_TEXTS)}")
    return Notice(version=VERSION, locale=locale, text=text, sha256=hashlib.sha256(text.encode()).hexdigest())


def accept(house: Examiner, session: str, sha256: str, locale: str = "en") -> None:
    """Store that the notice of that hash was accepted. Raises Conflict where the text has changed since."""
    shown = notice(locale)
    if sha256 != shown.sha256:
        raise Conflict("that is not the notice as it reads now", hint="read it again")
    body = {"version": shown.version, "locale": locale, "sha256": sha256}
    house.ledger.append(f"consent/{session}", [Entry(kind="consented", body=body, at=house.clock())], after=None)


def accepted(house: Examiner, session: str) -> bool:
    """Tell whether a session's candidate accepted any version of the notice."""
    return bool(house.ledger.head(f"consent/{session}"))


def require_consent(house: Examiner, session: str) -> None:
    """Raise Refused where people will decide by this session and its candidate has not accepted the notice."""
    row = house.registry.one("sittings", id=session)
    if row is None:
        raise NotFound(f"no session '{session}'")
    if row["policy"] in ("hiring", "high-stakes") and not accepted(house, session):
        raise Refused("the notice on the use of a program must be accepted first", hint="consent_required")
