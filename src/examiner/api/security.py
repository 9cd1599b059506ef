"""The one door: who asks, whether the matrix lets them, whether what they name is theirs. Deny by default."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from examiner.api.limits import BURST, RATE, UNKNOWN_BURST, UNKNOWN_RATE, Buckets
from examiner.api.matrix import MATRIX, Rule
from examiner.domain.errors import NotFound, Refused
from examiner.service.access.authority import SCOPES, Principal, staff
from examiner.service.access.tokens import read_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import sessions


class Unauthorised(Refused):
    """No credential, or one that opens nothing."""

    status = 401


def door(house: Examiner) -> Callable[..., Any]:
    """Return the dependency that stands before every route of /v1."""
    known, unknown = Buckets(RATE, BURST), Buckets(UNKNOWN_RATE, UNKNOWN_BURST)

    def authorise(request: Request, response: Response) -> None:
        rule = MATRIX.get((request.method, request.scope["route"].path))
        if rule is None:
            raise Refused("this route is open to nobody", hint="not_in_matrix")
        who = principal(house, request.headers.get("authorization", ""))
        if who is None:
            unknown.take(request.client.host if request.client else "")
            if rule.public:
                return
            raise Unauthorised("this needs a key or a session's token", hint="unauthorised")
        request.state.principal = who
        if not rule.live:
            left = known.take(who.id)
            response.headers["RateLimit"] = f'"default";r={int(left)};t={int((BURST - left) / RATE)}'
            response.headers["RateLimit-Policy"] = f'"default";q={int(BURST)};w={int(BURST / RATE)}'
        check(house, rule, who, request.path_params.get("session", ""))

    return authorise


def principal(house: Examiner, header: str) -> Principal | None:
    """Return who a header `Authorization: Bearer X` belongs to, None where it opens nothing."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    given = given.strip()
    if given.startswith("ct_"):
        found = read_token(house, given)
        if found is None:
            return None
        session, epoch = found
        return Principal(f"candidate/{session}", "candidate", "candidate", SCOPES["candidate"], session, epoch)
    return staff(house, given)


def check(house: Examiner, rule: Rule, who: Principal, session: str) -> None:
    """Raise where a rule does not let somebody in: Refused for the role, NotFound for what is not theirs."""
    if rule.public:
        return
    if not any(who.may(scope) for scope in rule.scopes):
        raise Refused(f"role '{who.role}' may not do this", hint="not_your_role")
    if who.role == "candidate" and session:
        # Not "forbidden": that would tell a stranger which sessions exist.
        if session != who.session:
            raise NotFound(f"no session '{session}'")
        if rule.fenced:
            sessions.require_epoch(house, session, who.epoch)
