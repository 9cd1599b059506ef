"""What is known of a request before its route runs: who asks, and when the server had it. Set by the middleware."""

from datetime import datetime

from fastapi import Request

from examiner.service.access.authority import Principal


def who(request: Request) -> Principal:
    """Return who asks."""
    found: Principal = request.state.principal
    return found


def received(request: Request) -> datetime:
    """Return when the server had this request, before it waited for anything."""
    at: datetime = request.state.received
    return at
