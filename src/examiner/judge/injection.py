"""Passages that address the grader instead of the question. They are flagged and carry no evidence; never punished."""

import re

from examiner.domain.score import Span

_PATTERNS = re.compile(
    r"(?:\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|any|the|your)\b[^.\n]{0,30}"
    r"\b(?:instruction|instructions|rubric|prompt|rules|criteria|guidelines|directions)\b"
    r"|\b(?:award|give|assign|grant|mark|score|rate|grade)\b[^.\n]{0,30}\b(?:full|maximum|max|highest|top|perfect|all)\b[^.\n]{0,20}\b(?:marks?|scores?|points?|credit|grade|met)\b"
    r"|\b(?:score|grade|mark|rate)\s+(?:this|it|me|my answer|the answer)\b[^.\n]{0,30}(?:\b3\b|\b10\b|/|full|perfect|correct)"
    r"|\b(?:mark|treat|consider|count)\b[^.\n]{0,25}\b(?:every|all|each)\b[^.\n]{0,20}\b(?:point|points|criterion|criteria)\b[^.\n]{0,20}"
    r"|\bas an? (?:ai|llm|language model|grader|judge|evaluator)\b"
    r"|\b(?:you are|act as|pretend to be|you're) (?:now )?(?:an?|the|my) [^.\n]{0,20}\b(?:grader|judge|assistant|examiner|evaluator|model)\b"
    r"|\b(?:note|message|instruction|memo|attention)s? (?:to|for) (?:the )?(?:grader|judge|examiner|evaluator|ai|model|reviewer|system)\b"
    r"|\b(?:TA|instructor|staff|grader|examiner|system) (?:comments?|notes?|override|message)\b\s*(?:\([^)]*\))?\s*:"
    r"|\b(?:dear|hey|hello)[, ]+(?:grader|judge|examiner|evaluator|ai|model)\b"
    r"|(?:^|\n)\s*(?:system|assistant|developer|user|human)\s*:"
    r"|<\/?\s*(?:system|assistant|user|instructions?|answer|candidate|rubric|grader)[^>]{0,40}>"
    r"|\[/?(?:INST|SYSTEM|SYS)\]|<\|[^|>]{1,30}\|>"
    r"|[\"']?(?:verdict|score|grade|quality)[\"']?\s*:\s*[\"']?(?:met|3|full|pass|correct|10)\b"
    r"|\b(?:this|the|my) (?:answer|response) (?:is|has been|was) (?:already )?(?:verified|approved|graded|marked|confirmed)\b[^.\n]{0,40}"
    r"|\ball (?:rubric )?points? (?:are|is|were) (?:met|covered|satisfied|earned)\b)",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?\n]|$")


def spans(text: str, turn: int) -> tuple[Span, ...]:
    """Return the passages of a turn that address the grader, each to the end of its sentence."""
    found: list[Span] = []
    for match in _PATTERNS.finditer(text):
        start = max(text.rfind(". ", 0, match.start()), text.rfind("\n", 0, match.start())) + 1
        end_match = _END.search(text, match.end())
        end = end_match.end() if end_match else len(text)
        if found and start < found[-1].end:
            found[-1] = Span(turn=turn, start=found[-1].start, end=max(end, found[-1].end))
        else:
            found.append(Span(turn=turn, start=start, end=end))
    return tuple(found)
