"""The words of quantities: number words, unit spellings, and what each means in base units."""

import re
from collections.abc import Iterable

ONES = {
    w: n
    for n, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
TENS = {
    w: 10 * n
    for n, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# Phrases that are numbers by themselves: (value, base unit).
PHRASES = {
    "an order of magnitude": (10.0, "x"),
    "three quarters": (0.75, "ratio"),
    "three-quarters": (0.75, "ratio"),
    "two thirds": (2 / 3, "ratio"),
    "two-thirds": (2 / 3, "ratio"),
    "a quarter": (0.25, "ratio"),
    "one quarter": (0.25, "ratio"),
    "a third": (1 / 3, "ratio"),
    "one third": (1 / 3, "ratio"),
    "half": (0.5, "ratio"),
    "twice": (2.0, "x"),
    "thrice": (3.0, "x"),
    "a dozen": (12.0, ""),
    "dozen": (12.0, ""),
}

_SI = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}

# spelling -> (symbol shown, factor, base unit); a base of two parts carries its own denominator
UNITS: dict[str, tuple[str, float, str]] = {}


def _add(spellings: str, symbol: str, factor: float, base: str) -> None:
    for spelling in spellings.split("|"):
        UNITS[spelling] = (symbol, factor, base)


_add("B|byte|bytes|Byte|Bytes", "B", 1, "byte")
_add("bit|bits", "bit", 1, "bit")
for _p, _f in {**_SI, **_BINARY}.items():
    _add(f"{_p}B", f"{_p}B", _f, "byte")
    _add(f"{_p}b|{_p}bit|{_p}bits", f"{_p}bit", _f, "bit")
    _add(f"{_p}bps|{_p}bit/s", f"{_p}bit/s", _f, "bit/s")
for _p, _f in {"": 1.0, **_SI}.items():
    _add(f"{_p}FLOP|{_p}FLOPs|{_p}flop|{_p}flops|{_p}Flop|{_p}Flops", f"{_p}FLOP", _f, "FLOP")
    _add(f"{_p}FLOPS", f"{_p}FLOPS", _f, "FLOP/s")
    _add(f"{_p}Hz", f"{_p}Hz", _f, "Hz")
    _add(f"{_p}W", f"{_p}W", _f, "W")
    _add(f"{_p}J", f"{_p}J", _f, "J")
    _add(f"{_p}Wh", f"{_p}Wh", _f, "Wh")
_add("watt|watts", "W", 1, "W")
_add("mW", "mW", 1e-3, "W")
_add("mWh", "mWh", 1e-3, "Wh")
_add("mJ", "mJ", 1e-3, "J")
_add("mAh", "mAh", 1e-3, "Ah")
_add("Ah", "Ah", 1, "Ah")
_add("V|volt|volts", "V", 1, "V")
_add("s|sec|secs|second|seconds", "s", 1, "s")
_add("ms|msec|millisecond|milliseconds", "ms", 1e-3, "s")
_add("us|µs|μs|usec|microsecond|microseconds", "us", 1e-6, "s")
_add("ns|nanosecond|nanoseconds", "ns", 1e-9, "s")
_add("Ms", "Ms", 1e6, "s")
_add("min|mins|minute|minutes", "min", 60, "s")
_add("h|hr|hrs|hour|hours", "h", 3600, "s")
_add("day|days", "day", 86400, "s")
_add("week|weeks", "week", 604800, "s")
_add("month|months", "month", 730 * 3600, "s")
_add("year|years|yr", "year", 365 * 86400, "s")
_add("m|metre|metres|meter|meters", "m", 1, "m")
_add("km", "km", 1e3, "m")
_add("cm", "cm", 1e-2, "m")
_add("mm", "mm", 1e-3, "m")
_add("um|µm|μm", "um", 1e-6, "m")
_add("nm", "nm", 1e-9, "m")
_add("°C", "degC", 1, "degC")
_add("%|percent|per cent", "%", 0.01, "ratio")
_add("x|×|X|times|-fold|fold", "x", 1, "x")
_add("QPS|qps", "query/s", 1, "query/s")
_add("RPS|rps", "request/s", 1, "request/s")
_add("USD|dollars|dollar", "USD", 1, "USD")
_add("EUR|euros|euro", "EUR", 1, "EUR")
_add("tok|toks|token|tokens", "token", 1, "token")
_add("param|params|parameter|parameters", "param", 1, "parameter")
_add("req|reqs|request|requests", "request", 1, "request")
_add("query|queries", "query", 1, "query")
_add("op|ops|operation|operations", "operation", 1, "operation")
_add("GPU|GPUs|gpu|gpus", "GPU", 1, "GPU")
for _noun in [
    "sequence",
    "node",
    "server",
    "replica",
    "image",
    "user",
    "page",
    "layer",
    "sample",
    "step",
    "conversation",
    "session",
    "head",
    "block",
    "expert",
    "adapter",
    "device",
    "chip",
    "call",
    "item",
    "label",
    "answer",
    "question",
    "row",
    "vector",
    "document",
    "chunk",
    "event",
    "slot",
    "stage",
    "message",
    "frame",
    "patch",
    "core",
    "worker",
    "tenant",
    "launch",
    "kernel",
    "card",
    "host",
    "machine",
    "stream",
    "bucket",
    "draft",
    "accelerator",
]:
    _add(f"{_noun}|{_noun}s", _noun, 1, _noun)
_add("batch|batches", "batch", 1, "batch")
_add("copy|copies", "replica", 1, "replica")

# A bare letter behind a number is a magnitude where no unit fits better: 70B, 10k, 64K, 1.5T.
MAGNITUDES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12, "bn": 1e9, "mn": 1e6}
COUNTED = frozenset(
    {
        "token",
        "parameter",
        "request",
        "query",
        "operation",
        "FLOP",
        "user",
        "image",
        "call",
        "sample",
        "vector",
    }
)
_LONGEST = sorted(UNITS, key=len, reverse=True)
UNIT_WORD = "(?:" + "|".join(re.escape(u) for u in _LONGEST) + ")(?![A-Za-z])"
NUMBER_WORD = (
    r"(?:(?:" + "|".join(TENS) + r")(?:[- ](?:" + "|".join(list(ONES)[1:10]) + r"))?|" + "|".join(reversed(ONES)) + r")"
    r"(?:[- ](?:hundred|thousand|million|billion|trillion))*"
)


def first_letters(words: Iterable[str]) -> tuple[str, ...]:
    """Return what each word begins with, the longer ones of a kind left out: six stands for sixteen and sixty."""
    known = sorted(set(words))
    return tuple(w for w in known if not any(w.startswith(other) for other in known if other != w))


def words_to_number(text: str) -> float:
    """Return the value of number words such as `forty-two` or `two million`."""
    total = current = 0.0
    for word in re.split(r"[-\s]+", text.lower()):
        if word in SCALES:
            current = (current or 1) * SCALES[word]
        else:
            current += ONES.get(word, TENS.get(word, 0))
    return total + current
