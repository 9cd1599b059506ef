"""Judge imported prose as text: is it whole, is a formula missing, is it only a stub."""

import re

_RESIDUE = re.compile(r'\{\s*["\']\s+["\']\s*\}')
# Residue with nothing behind it but a stop or a joining word, or a word that wants an object before a stop.
_LOST = re.compile(
    r'\{" "\}\s*(?:[,.;:)]|\{" "\}|$|to\b|and not\b|grows\b)|\(\s*\{" "\}|\b(?:on|of|by|to|from|in|with|use[sd]?|is) [,.?;]'
)
_ANSWER_END = ".!?)]"
_QUESTION_END = ".?!"
_STUB = 20  # characters; shorter texts of the known collections are all remains


def clean(text: str) -> str:
    """Return text without template residue and doubled spaces; written-out line ends become real ones."""
    text = _RESIDUE.sub(" ", text).replace("\\n", "\n")
    return re.sub(r"[ \t]+([,.;:])(?=\s|$)", r"\1", re.sub(r"[ \t]{2,}", " ", text)).strip()


def maths_lost(raw: str) -> bool:
    """Whether template residue stands where a formula must have been (`of{" "} , then{" "} .`)."""
    return bool(_LOST.search(raw))


def question_flags(text: str) -> list[str]:
    """Return the flags of a question's text; a closing quotation mark after the stop is part of the sentence."""
    flags = []
    if not text.rstrip("'\"”’)* ").endswith(tuple(_QUESTION_END)):
        flags.append("truncated_question")
        if len(text) < _STUB:
            flags.append("stub_question")
    return flags


def answer_flags(text: str) -> list[str]:
    """Return the flags of an answer's text. A cut that falls right behind a full stop is not seen."""
    if not text:
        return ["no_answer"]
    flags = []
    if not text.rstrip().endswith(tuple(_ANSWER_END)):
        flags.append("truncated_answer")
        if len(text) <= _STUB:
            flags.append("stub_answer")
    if text.count("(") > text.count(")"):
        flags.append("unbalanced")
    return flags
