"""A screened text is never one that a pattern matches: whatever a pattern can match holds one of its literals."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examiner.judge import injection_patterns as patterns
from examiner.judge.literals import Screened, needed

ALL = (
    *patterns.DEMANDS,
    *patterns.FOREIGN,
    patterns.STRUCTURE,
    patterns.AFTER,
    patterns.HINT.pattern,
    patterns.CONDENSED.pattern,
)


@pytest.mark.parametrize(
    ("pattern", "clauses"),
    [
        ("abc", [{"abc"}]),
        ("ab[cd]e", [{"abce", "abde"}]),
        ("(?:x|yz)w", [{"xw", "yzw"}]),
        (r"a.*bcd", [{"bcd"}, {"a"}]),
        (r"colou?r\b", [{"color\0", "colour\0"}]),
        (r"\w+", []),
        ("(?:abc)?", []),
        ("(?:abc)+d", [{"abc"}, {"d"}]),
        (r"a|\d", []),
        ("pass|passed", [{"pass"}]),
        ("(?!no)yes(?<=s)", [{"yes"}]),
        (r"\bgive \w+ marks\b", [{"\0give "}, {" marks\0"}]),
        (r"(?<!\w)full(?!\w)", [{"\0full"}]),
        (r"(?<!\d)full", [{"full"}]),
        (r"\b(?:ignor\w*|forget) it", [{"\0ignor", "\0forget"}, {" it"}]),
    ],
)
def test_what_simple_patterns_need(pattern, clauses):
    assert list(needed(pattern)) == clauses


@given(st.data(), st.sampled_from(ALL))
def test_whatever_matches_holds_a_string_of_each_clause(data, pattern):
    text = data.draw(st.from_regex(pattern))
    clauses = needed(pattern)
    assert clauses
    assert all(any(x.replace("\0", "") in text for x in clause) for clause in clauses)
    assert Screened([pattern]).found(text)


PIECES = [
    "a",
    "b",
    "ab",
    "c",
    "(?:a|bc)",
    "[ab]",
    "c?",
    "(?:ab)+",
    ".",
    r"\b",
    "(?:|c)",
    "a*",
    "(?=a)",
    " ",
    r"(?<!\w)",
    "(?:ab|c+)",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.text("abcd ", max_size=30))
def test_screening_changes_no_match(pattern, text):
    found = [m.span() for m in Screened([pattern]).matches(text)]
    assert found == [m.span() for m in re.finditer(pattern, text)]
    assert Screened([pattern]).found(text) == bool(found)
