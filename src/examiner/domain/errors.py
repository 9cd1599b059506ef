"""What can go wrong, in six kinds; the doors (CLI, API) know only the kinds.

ExaminerError
├── NotFound     no such question, session, file            CLI 2, HTTP 404
├── Invalid      the input does not fit; says where         CLI 2, HTTP 422
├── Conflict     somebody else was first; look and retry    CLI 6, HTTP 409
├── Refused      the rules say no (time is up, not yours)   CLI 1, HTTP 403
├── Exhausted    a budget or limit is used up               CLI 5, HTTP 429
│   └── NoSpace  the disk is full                           CLI 6, HTTP 507
├── Upstream     a model or service behind us failed        CLI 4, HTTP 502
│   └── Busy     the database is held by others             CLI 4, HTTP 503
└── Corrupt      stored data fails its own check            CLI 6, HTTP 500
"""


class ExaminerError(Exception):
    """Base of all errors a user may see.

    Args:
        message: one line that says what is wrong and where.
        hint: how to mend it, shown after the message; or a code for programs (`time_up`), which people are not shown.

    """

    exit_code = 1
    status = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        code = "_" in self.hint and self.hint.isidentifier()
        return f"{self.message} ({self.hint})" if self.hint and not code else self.message


class NotFound(ExaminerError):
    """There is no such thing under that name."""

    exit_code = 2
    status = 404


class Invalid(ExaminerError):
    """The input does not fit what is asked."""

    exit_code = 2
    status = 422


class Conflict(ExaminerError):
    """The state has moved on since the caller looked."""

    exit_code = 6
    status = 409


class Refused(ExaminerError):
    """The rules of the house say no."""

    exit_code = 1
    status = 403


class Exhausted(ExaminerError):
    """A budget, limit or allowance is used up."""

    exit_code = 5
    status = 429


class NoSpace(Exhausted):
    """The disk took nothing more; nothing was acknowledged."""

    exit_code = 6
    status = 507


class Upstream(ExaminerError):
    """A service behind us failed and retries did not help."""

    exit_code = 4
    status = 502


class Busy(Upstream):
    """Other writers held the database too long; nothing was acknowledged."""

    status = 503


class Corrupt(ExaminerError):
    """Stored data fails its own integrity check."""

    exit_code = 6
    status = 500
