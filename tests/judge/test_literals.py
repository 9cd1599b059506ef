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
    ("pattern", "literals"),
    [
        ("abc", {"abc"}),
        ("ab[cd]e", {"abce", "abde"}),
        ("(?:x|yz)w", {"xw", "yzw"}),
        (r"a.*bcd", {"bcd"}),
        (r"colou?r\b", {"color", "colour"}),
        (r"\w+", set()),
        ("(?:abc)?", set()),
        ("(?:abc)+d", {"abc"}),
        (r"a|\d", set()),
        ("pass|passed", {"pass"}),
        ("(?!no)yes(?<=s)", {"yes"}),
    ],
)
def test_what_simple_patterns_need(pattern, literals):
    assert needed(pattern) == literals


@given(st.data(), st.sampled_from(ALL))
def test_whatever_matches_holds_a_literal(data, pattern):
    text = data.draw(st.from_regex(pattern))
    literals = needed(pattern)
    assert literals
    assert any(x in text for x in literals)


PIECES = ["a", "b", "ab", "c", "(?:a|bc)", "[ab]", "c?", "(?:ab)+", ".", r"\b", "(?:|c)", "a*", "(?=a)"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.text("abcd ", max_size=30))
def test_screening_changes_no_match(pattern, text):
    found = [m.span() for m in Screened([pattern]).matches(text)]
    assert found == [m.span() for m in re.finditer(pattern, text)]
    assert Screened([pattern]).found(text) == bool(found)
