"""Another model where the first is down. The reply names who answered, so the observed fingerprint changes openly."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from examiner.domain.errors import Corrupt
from examiner.llm.call import Call, CallFailed, Model, Reply

log = logging.getLogger(__name__)


class Fallback:
    """Models in order of preference; the next is asked only where one cannot be reached, never to get a better answer.

    Args:
        members: each model with the provider's name for it, or "" for the call's own.

    """

    def __init__(self, members: Sequence[tuple[Model, str]]) -> None:
        self._members = tuple(members)

    async def reply(self, call: Call) -> Reply:
        """Return the first reply. Raises the last CallFailed where nobody could be reached."""
        for model, name in self._members[:-1]:
            try:
                return await model.reply(replace(call, model=name or call.model))
            except Corrupt:  # a recording without this one's reply was made while it was down
                log.info("no reply of %s is recorded; looking for the next", name or call.model)
            except CallFailed as error:
                if not error.passing and error.kind != "circuit_open":
                    raise  # refused, invalid or too long is an answer
                log.warning(
                    "model not reached; asking the next", extra={"model": name or call.model, "why": error.kind}
                )
        model, name = self._members[-1]
        return await model.reply(replace(call, model=name or call.model))

    async def close(self) -> None:
        """Close every member."""
        for model, _ in self._members:
            close = getattr(model, "close", None)
            if close is not None:
                await close()
