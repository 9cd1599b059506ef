"""Cut a follow-up that is still arriving into pieces that may be shown. Pure.

A piece is a sentence or a lead-in that ends in a colon. It is let go once it is whole, all that has arrived so far passes
the filter, and none of its words can become part of a protected run any more: a run that crosses the end of the piece
holds the pair of words around that end, so one word more usually decides. What comes before anything is asked may be a
lead-in and no lecture: where it is longer, the rest waits until the follow-up is whole.
"""

import re
from collections.abc import Sequence

from examiner.interview.leaks import RUN, Forbidden, asks, pair, partial_faults, words

_END = re.compile(r"[.?!:](?=\s)")
_UNFINISHED = re.compile(r"\S+\Z")
_HELD = RUN - 1  # words behind a piece after which no protected run can reach back into it
LEAD = 12  # words that may be shown before anything is asked
_LEAST = 2  # words of a piece: less is no piece, but an abbreviation


class Cutter:
    """What has arrived of one follow-up, and how much of it may be shown.

    Args:
        secret: what must not be said.
        said: the candidate's turns.
        probe: the authored probe that is being worded.

    """

    def __init__(self, secret: Forbidden, said: Sequence[str], probe: str) -> None:
        self._secret, self._said, self._probe = secret, said, probe
        self.heard = ""
        self.shown = ""
        self.stopped: tuple[str, ...] = ()
        self._cut = 0  # how much of `heard` was shown

    def feed(self, text: str) -> list[str]:
        """Take what arrived and return the pieces that may be shown now, white space made plain."""
        self.heard += text
        pieces = []
        while not self.stopped and (end := self._next_end()):
            self.stopped = partial_faults(self._whole, self._secret, self._said, self._probe)
            lead = self.heard[:end]
            if len(lead.split()) > LEAD and not asks(lead):
                break
            if not self.stopped:
                pieces.append(" ".join(self.heard[self._cut : end].split()))
                self._cut = end
        self.shown = " ".join([self.shown, *pieces]).strip()
        return pieces

    @property
    def _whole(self) -> str:
        """What has arrived without the word that may still go on."""
        return _UNFINISHED.sub("", self.heard)

    def _next_end(self) -> int:
        """Return where the next piece ends that may be let go, 0 where none is ready."""
        whole = self._whole
        for found in _END.finditer(whole, self._cut):
            before, behind = words(whole[self._cut : found.end()]), words(whole[found.end() :])
            if len(before) < _LEAST or not behind:
                continue
            if len(behind) >= _HELD or pair(before[-1], behind[0]) not in self._secret.pairs:
                return found.end()
        return 0
