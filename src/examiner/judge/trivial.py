"""Answers without content, told before any judge is asked."""

import re

_NOTHING = re.compile(
    r"(?:i\s+(?:really\s+)?(?:do\s*n[o']t|don['’]?t)\s+(?:know|remember|recall)(?:\s+(?:this|that|it|the answer|sorry))*"
    r"|no\s+(?:idea|clue|answer)|not\s+sure|i\s+(?:have\s+no\s+idea|am\s+not\s+sure|pass)|pass|skip|n/?a|idk|dunno|none|nothing|\?+"
    r"|sorry|i\s+can(?:no|')t\s+answer(?:\s+this)?)[\s.,!?]*(?:sorry)?[\s.!?]*",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"(?:(?:okay|ok|sure|well|so|right|great question|good question)[,.! ]*)*"
    r"(?:let['’]?s\s+(?:solve|think|work|go|start|begin)(?:\s+(?:about\s+|through\s+)?(?:this|it)(?:\s+(?:problem|question))?)?(?:\s+(?:step\s+by\s+step|carefully|through))*"
    r"|thought\s+process|solution|answer|step\s+\d+|my\s+answer(?:\s+is)?|to\s+answer\s+this(?:\s+question)?|here\s+is\s+my\s+(?:answer|solution)"
    r"|the\s+answer(?:\s+is)?|reasoning)?[\s.:,!?…-]*",
    re.IGNORECASE,
)


def trivial(text: str) -> str:
    """Return why the whole answer is empty of content, or ""."""
    bare = text.strip()
    if not bare:
        return "the answer is empty"
    if not any(c.isalnum() for c in bare):
        return "the answer holds no word"
    if _NOTHING.fullmatch(bare):
        return "the answer says that it is not known"
    if _OPENER.fullmatch(bare):
        return "the answer is an opening without content"
    return ""
