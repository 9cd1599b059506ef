import pytest

from examiner.llm.call import CallFailed, Limit
from examiner.llm.formats import anthropic_limits, anthropic_reply, failure, openai_limits, openai_reply, retry_after


def test_retry_after_comes_in_three_forms():
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after-ms": "1500"}) == 1.5
    sent = {"date": "Wed, 21 Oct 2015 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}
    assert retry_after(sent) == 30
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_rate_limit_headers_of_both():
    headers = {"x-ratelimit-remaining-requests": "12", "x-ratelimit-reset-requests": "1m30.5s"}
    assert openai_limits(headers) == (Limit(12, 90.5),)
    assert openai_limits({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "250ms"}) == (
        Limit(1, 0.25),
    )
    headers = {
        "date": "Sat, 21 Nov 2026 12:00:00 GMT",
        "anthropic-ratelimit-requests-remaining": "3",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:20Z",
    }
    assert anthropic_limits(headers) == (Limit(3, 20),)
    assert openai_limits({}) == anthropic_limits({}) == ()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, "", "rate_limited"),
        (429, "insufficient_quota", "rejected"),
        (500, "", "server"),
        (529, "", "overloaded"),
        (503, "", "overloaded"),
        (408, "", "timeout"),
        (400, "", "rejected"),
        (404, "", "rejected"),
    ],
)
def test_what_a_status_means(status, body, kind):
    assert failure(status, {}, body, "x").kind == kind


@pytest.mark.parametrize("body", [{}, [], "x", None, {"choices": []}, {"content": [{}]}, {"choices": [None]}])
def test_a_body_that_is_no_reply_is_a_failure_not_a_crash(body):
    for read in (openai_reply, anthropic_reply):
        with pytest.raises(CallFailed):
            read(body)
