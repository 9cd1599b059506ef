"""The one door: who asks, whether the matrix lets them, whether what they name is theirs. Deny by default.

Who is let in belongs to a tenant from then on: the store shows them that tenant's rows and no others.
"""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from examiner.api.limits import Limits
from examiner.api.matrix import MATRIX, Rule
from examiner.domain.errors import NotFound, Refused
from examiner.service.access import signing_in, tokens
from examiner.service.access.authority import SCOPES, Principal, staff
from examiner.service.access.tokens import read_token
from examiner.service.examiner import Examiner
from examiner.service.sitting import sessions
from examiner.store import tenancy

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TOKEN = "X-CSRF-Token"  # noqa: S105 - the header's name


class Unauthorised(Refused):
    """No credential, or one that opens nothing."""

    status = 401


def door(house: Examiner) -> Callable[..., Any]:
    """Return the dependency that stands before every route of /v1."""
    limits = Limits(house.settings.rate_key, house.settings.rate_tenant)

    def let_in(request: Request, response: Response) -> str:
        rule = MATRIX.get((request.method, request.scope["route"].path))
        if rule is None:
            raise Refused("this route is open to nobody", hint="not_in_matrix")
        who = principal(house, request)
        if who is None:
            limits.stranger(request.client.host if request.client else "")
            if rule.public:
                return tenancy.NOBODY
            raise Unauthorised("this needs a key, a session's token or a sign-in", hint="unauthorised")
        request.state.principal = who
        if not rule.live:
            response.headers.update(limits.known(who.id, who.tenant))
        with tenancy.within(who.tenant):
            check(house, rule, who, request.path_params.get("session", ""))
        return who.tenant

    async def authorise(request: Request, response: Response) -> None:
        # Not a plain function: what one of those enters is forgotten when its thread ends.
        tenancy.enter(await run_in_threadpool(let_in, request, response))

    return authorise


def credential(request: Request) -> str:
    """Return what a request shows of who sends it: its header, else the cookie of a signed-in browser."""
    return request.headers.get("authorization", "") or request.cookies.get(signing_in.COOKIE, "")


def principal(house: Examiner, request: Request) -> Principal | None:
    """Return who asks, by `Authorization: Bearer X` or by the browser session of staff; None for nobody.

    Raises:
        Refused: a browser session asks for a change without the token of its own pages, as another site could make it.

    """
    header = request.headers.get("authorization", "")
    if header:
        return bearer(house, header)
    cookie = request.cookies.get(signing_in.COOKIE, "")
    who = signing_in.signed_in(house, cookie) if cookie else None
    if who is None or request.method in _SAFE:
        return who
    if not signing_in.right_form(house, cookie, request.headers.get(FORM_TOKEN, "")):
        raise Refused(f"a signed-in browser sends its pages' token as {FORM_TOKEN}", hint="csrf")
    return who


def bearer(house: Examiner, header: str) -> Principal | None:
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
        whose = tokens.tenant_of(house, session)
        return Principal(f"candidate/{session}", "candidate", "candidate", SCOPES["candidate"], session, epoch, whose)
    return staff(house, given)


def check(house: Examiner, rule: Rule, who: Principal, session: str) -> None:
    """Raise where a rule does not let somebody in: Refused for the role, NotFound for what is not theirs."""
    if rule.public or rule.known:
        return
    if not any(who.may(scope) for scope in rule.scopes):
        raise Refused(f"role '{who.role}' may not do this", hint="not_your_role")
    if who.role == "candidate" and session:
        # Not "forbidden": that would tell a stranger which sessions exist.
        if session != who.session:
            raise NotFound(f"no session '{session}'")
        if rule.fenced:
            sessions.require_epoch(house, session, who.epoch)
