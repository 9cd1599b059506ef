"""What an interviewer must not say, checked by code before a candidate sees it. Pure.

The model that words a follow-up is never shown rubric claims, keys or model answers. This filter knows them as hashes of
word runs, as content words and as numbers, and refuses words of the model that come too near: by leak, praise, summary,
repetition, or by being no follow-up.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from examiner.domain.question import Instance

RUN = 8  # words in a row that are nobody's own wording
_SHORT = 5  # a shorter sentence is no wording to protect
_HINT = 2  # but a hint is
MAX_WORDS = 60
CANARY, WORDING = "canary", "wording of protected material"
CLAIM, KEY = "content of a claim", "the value of a key"
LEAKS = frozenset({CANARY, WORDING, CLAIM, KEY})  # what gives something away; other faults are of manner
_LATER = frozenset({"empty", "asks nothing"})  # faults that what is still to come may mend
_WORD = re.compile(r"[a-z0-9]+(?:[.,]\d+)*(?:['’][a-z]+)?")
_AROUND = 4  # characters
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_COMMON = frozenset(
    "a an the this that these those its it is are was were be been being has have had do does did can could will would shall should may might must of in on at by for with from to into over under between through per as than and or but because so if while when then what which who how why where there here you your we our they their them i me my not no nor only just also very more most much many some any each every one two all both either such same other own about out up down off again still yet now say tell explain walk give show take make put use used using let get does happens happen mean means want think number numbers".split()
)
_PRAISE = re.compile(
    r"\b(?:great|good|excellent|perfect|nice|brilliant|impressive|wonderful|fantastic|awesome|superb|amazing|correct(?:ly)?|incorrect|exactly|right answer|you(?:'re| are) right|that(?:'s| is) (?:right|wrong|true|false|it)|well done|spot on|not quite|close enough|almost there|wrong|mistaken|mistake|you missed|you forgot|you(?:'ve| have) (?:covered|missed|forgotten)|you (?:did not|didn['’]t) (?:mention|say|cover)|indeed|absolutely|agreed?|i like|love (?:it|that)|kudos|bravo|congratulations|unfortunately|fair enough|makes sense|strong answer|solid)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:to (?:summari[sz]e|sum up|recap)|in summary|summari[sz]ing|so (?:you(?:'re| are) saying|what you(?:'re| are) saying|in other words)|you(?:'ve| have)? (?:said|mentioned|explained|stated|told me|described|argued|noted)(?: so far)? that|as you (?:said|mentioned|explained|noted)|the answer is|the key (?:point|insight|idea) is|remember that|recall that|note that|keep in mind|hint)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[<>{}`#*_\[\]|]|https?:|\bwww\.|\bcanary\b", re.IGNORECASE)
_META = re.compile(
    r"\b(?:rubric|criteri(?:on|a)|grad(?:e|er|ing)|scor(?:e|ing)|system prompt|language model|as an ai|instructions?|judge|earn(?:s|ed) you|points? so far|full marks|\d of \d|out of \d)\b",
    re.IGNORECASE,
)
_ITSELF = re.compile(  # how models decline, which is known as a refusal only when it is all there
    r"\bi(?:['’]m| am) (?:sorry|unable|not able)\b|\bi (?:can(?:no|['’])t|won['’]t|will not|must decline)\b|\bsorry\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Forbidden:
    """What must not be said about one question, as code holds it.

    Args:
        runs: hashes of the protected texts' word runs, by the run's length.
        claims: content words of each protected claim.
        stated: the numbers of the question and its probes, keys left out: what an interviewer may name.
        open_: hashes of word runs that everybody may say: the question's and its probes' own.
        known: content words of the same.
        keys: the values of the keys.
        pairs: hashes of two words that follow each other in a protected text.
        canary: a word that stands in the model's instructions and nowhere else.

    """

    runs: frozenset[tuple[int, str]]
    claims: tuple[frozenset[str], ...]
    stated: tuple[float, ...]
    open_: frozenset[tuple[int, str]]
    known: frozenset[str]
    keys: tuple[float, ...] = ()
    pairs: frozenset[str] = frozenset()
    canary: str = ""


def forbidden(instance: Instance, canary: str = "") -> Forbidden:
    """Return what must not be said about a question: its claims, model answer, keys, mistakes, hints."""
    claims = [text for p in instance.points for text in (p.claim, *p.variants, *p.denies)]
    secret = [instance.model_answer, *claims, *(m.means for m in instance.mistakes)]
    hints = [f.hint for f in instance.follow_ups]
    said = [instance.prompt, *(f.ask for f in instance.follow_ups)]
    if instance.invites is not None:
        secret.append(instance.invites.answer)
        said.append(instance.invites.ask)
    secret += [b.yes for b in instance.tree] + [b.no for b in instance.tree] + [f.says for f in instance.feasibility]
    keys = [k for k in instance.keys if k.role != "given"]
    return Forbidden(
        runs=frozenset(run for text in secret for run in runs(text))
        | frozenset(run for text in hints for run in runs(text, _HINT)),
        claims=tuple(c for c in (content(p.claim) for p in instance.points) if len(c) >= 3),
        stated=tuple(n for n in numbers(" ".join(said)) if not any(_same(n, k.value) for k in keys)),
        open_=frozenset(run for text in said for run in spoken_runs(text)),
        known=frozenset(word for text in said for word in content(text)),
        keys=tuple(k.value for k in keys),
        pairs=frozenset(two for text in (*secret, *hints) for two in _pairs(text)),
        canary=canary,
    )


def check(
    text: str, secret: Forbidden, said: Sequence[str], asked: Collection[str], probe: str = ""
) -> tuple[str, ...]:
    """Return why a follow-up must not be shown; () where it may.

    Args:
        text: the model's words.
        secret: what must not be said.
        said: the candidate's turns on this question; what the candidate said is no secret any more.
        asked: what was asked before.
        probe: the authored probe it stands for.

    """
    return tuple(dict.fromkeys([*leaks(text, secret, said, probe), *manners(text, said, asked, probe)]))


def partial_faults(text: str, secret: Forbidden, said: Sequence[str], probe: str) -> tuple[str, ...]:
    """Return why a follow-up that is still arriving must not go on: the faults that nothing behind them can mend."""
    return tuple(fault for fault in check(text, secret, said, (), probe) if fault not in _LATER)


def leaks(text: str, secret: Forbidden, said: Sequence[str], probe: str = "") -> list[str]:
    """Return what of the protected material a text gives away."""
    out = []
    letters = "".join(c for c in fold(text) if c.isalnum())
    if secret.canary and (secret.canary in letters or secret.canary[::-1] in letters):
        out.append(CANARY)
    spoken = " ".join(said)
    allowed = secret.open_ | spoken_runs(spoken) | spoken_runs(probe)
    if (spoken_runs(text) & secret.runs) - allowed:
        out.append(WORDING)
    known = secret.known | content(spoken) | content(probe)
    spelled = content(text)
    for claim in secret.claims:
        new = claim - known
        if len(new) >= 3 and len(new & spelled) >= max(3, math.ceil(0.6 * len(new))):
            out.append(CLAIM)
            break
    heard = (*secret.stated, *numbers(f"{spoken} {probe}"))
    fresh = set(numbers(text)) - set(heard)
    if any(_same(number, key) for number in fresh for key in secret.keys):
        out.append(KEY)
    elif fresh:
        out.append("a number of its own")
    return out


def manners(text: str, said: Sequence[str], asked: Collection[str], probe: str = "") -> list[str]:
    """Return in which way a text is no follow-up: praise, verdicts, summaries, repetition, length, markup.

    What the authored probe says itself is no fault of the wording.
    """
    out = []
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not any(c.isalnum() for c in plain):
        return ["empty"]
    if len(plain.split()) > MAX_WORDS or len(re.findall(r"[.?!](?:\s|$)", plain)) > 3:
        out.append("too long")
    if _more(_PRAISE, plain, probe):
        out.append("praise or verdict")
    theirs = {run for turn in said for run in spoken_runs(turn) if run[0] == RUN}
    if _more(_SUMMARY, plain, probe) or spoken_runs(plain) & theirs:
        out.append("summary")
    if _more(_MARKUP, plain, probe) or any(
        unicodedata.category(c) in ("Cc", "Cf", "Co") for c in text if c not in "\n\t"
    ):
        out.append("markup")
    if _more(_META, plain, probe):
        out.append("talks about grading")
    if _more(_ITSELF, plain, probe):
        out.append("talks about itself")
    if not asks(plain) and (not probe or asks(probe)):
        out.append("asks nothing")
    if any(alike(plain, before) for before in asked):
        out.append("repeats a question")
    return out


def _more(pattern: re.Pattern[str], text: str, probe: str) -> bool:
    """Tell whether a text matches where the probe does not say the same: "Exactly right" is not in "What exactly ...?"."""
    low, authored = text.lower(), " ".join(probe.lower().split())
    return not all(_stands(low, *match.span(), authored) for match in pattern.finditer(low))


def _stands(text: str, start: int, end: int, probe: str) -> bool:
    """Tell whether a piece of a text stands in the probe with what is before it, or behind it."""
    before, piece, after = text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND]
    return bool(before and before + piece in probe) or bool(after and piece + after in probe)


def alike(one: str, other: str) -> bool:
    """Tell whether two questions are the same question: four fifths of their words in common."""
    a, b = set(words(one)), set(words(other))
    return bool(a and b) and len(a & b) / len(a | b) >= 0.8


def faithful(text: str, probe: str) -> bool:
    """Tell whether a wording still asks what the authored probe asks: a third of its content words, all of its numbers."""
    wanted = content(probe)
    kept = len(wanted & content(text)) >= math.ceil(len(wanted) / 3)
    return kept and set(_NUMBER.findall(fold(probe))) <= set(_NUMBER.findall(fold(text)))


def territory(text: str, secret: Forbidden, said: Sequence[str]) -> bool:
    """Tell whether a composed follow-up stays with the question: most of its content words are the question's or the candidate's."""
    spelled = content(text)
    known = secret.known | content(" ".join(said))
    return bool(spelled) and len(spelled & known) / len(spelled) >= 0.5


@lru_cache(maxsize=4096)
def runs(text: str, short: int = _SHORT) -> frozenset[tuple[int, str]]:
    """Return the hashes of a protected text's runs of eight words, or of its sentences where they are shorter."""
    pieces = [words(text), *(piece for piece in _sentences(text) if len(piece) < RUN)]
    return frozenset(
        (size, _hash(piece[i : i + size]))
        for piece in pieces
        if (size := min(RUN, len(piece))) >= short
        for i in range(len(piece) - size + 1)
    )


@lru_cache(maxsize=256)  # what people say is long and is seldom said again
def spoken_runs(text: str) -> frozenset[tuple[int, str]]:
    """Return the hashes of all runs of two to eight words that were said: what protected runs are sought in."""
    spelled = words(text)
    return frozenset(
        (size, _hash(spelled[i : i + size])) for size in range(_HINT, RUN + 1) for i in range(len(spelled) - size + 1)
    )


def pair(one: str, other: str) -> str:
    """Return the hash of two words that follow each other."""
    return _hash((one, other))


@lru_cache(maxsize=4096)
def _pairs(text: str) -> frozenset[str]:
    spelled = words(text)
    return frozenset(pair(*two) for two in pairwise(spelled))


def _sentences(text: str) -> list[list[str]]:
    return [words(piece) for piece in re.split(r"[.!?;\n]+\s", text + " ")]


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """Return the content words of a text, cut to six letters so that forms of a word meet."""
    return frozenset(w[:6] for w in words(text) if w not in _COMMON and not w[0].isdigit() and len(w) > 2)


def numbers(text: str) -> tuple[float, ...]:
    """Return the plain numbers of a text, as digits."""
    return tuple(float(m.replace(",", "")) for m in _NUMBER.findall(fold(text)))


def fold(text: str) -> str:
    """Return lower-case text without marks and invisible characters, compatibility forms made plain."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn", "Co")).lower()


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 0.005 * max(abs(one), abs(other), 1e-12)


def words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(fold(text))


def _hash(words: Iterable[str]) -> str:
    return hashlib.blake2b(" ".join(words).encode(), digest_size=8).hexdigest()


_DO = re.compile(
    r"(?:^|[.:,;]\s+|\b(?:please|and|then|now)\s+)(?:walk|explain|tell|show|describe|name|put|suppose|say|give|take|compare|defend|derive|sketch|estimate|start|assume|pick|state|work|count|go|list|argue|justify|compute|draw|trace|split|rank)\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Tell whether a text asks a question, or asks somebody to do something."""
    return "?" in text or _DO.search(text) is not None
