"""Staff by the sign-in of their organisation: there, back, and out again."""

import threading

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from examiner.domain.errors import ExaminerError
from examiner.service.access import staff_sso
from examiner.service.access.oidc import Oidc, on_loopback
from examiner.service.examiner import Examiner
from examiner.service.limiting import STRANGER_BURST, STRANGER_RATE, Buckets
from examiner.settings import SettingsError
from examiner.web.view import STAFF, Token, View, go

STATE = "examiner_sign_in"
BACK = "/staff/sso/back"
_WAITING = 8  # who may wait for the provider at once: a slow one must not take the threads that save answers


class Door:
    """The way to the provider that the settings name, made when it is first taken: in, back with a cookie, and out."""

    def __init__(self, house: Examiner, view: View) -> None:
        self._house, self._view = house, view
        self._lock = threading.Lock()
        self._oidc: Oidc | None = None
        self.open = offered(house)

    def begin(self, request: Request, to: str) -> Response:
        """Send a browser to the provider, with a cookie that knows it again."""
        try:
            url, cookie = staff_sso.begin(self._house, self._provider(), self._address(request, BACK), inside(to))
        except (ExaminerError, SettingsError) as error:
            return self._wrong(request, error)
        response = RedirectResponse(url, 303)
        _set(request, response, STATE, cookie, staff_sso.MINUTES * 60)
        return response

    def back(self, request: Request) -> Response:
        """Let in whom the provider sends back; the sign-in that this browser had before ends."""
        try:
            address = self._address(request, BACK)
            state = request.cookies.get(STATE, "")
            cookie, _, to = staff_sso.finish(self._house, self._provider(), address, state, request.query_params)
        except (ExaminerError, SettingsError) as error:
            response = self._wrong(request, error)
            response.delete_cookie(STATE, path="/staff/sso")
            return response
        before = request.cookies.get(STAFF, "")
        if staff_sso.is_one(before):
            staff_sso.end(self._house, before)
        response = go(to or "/staff")
        _set(request, response, STAFF, cookie, staff_sso.HOURS * 3600)
        response.delete_cookie(STATE, path="/staff/sso")
        return response

    def out(self, request: Request, form_token: str) -> Response:
        """Sign out here, and show the way to sign out of the provider where there is one."""
        self._view.checked(request, STAFF, form_token)
        cookie, away = request.cookies.get(STAFF, ""), ""
        if staff_sso.is_one(cookie):
            away = self._away(request, staff_sso.end(self._house, cookie))
        # Not a redirect: a browser follows no form to another site under our policy.
        response = (
            self._view.page(request, "staff/signed_out.html.j2", away=away) if away else RedirectResponse("/staff", 303)
        )
        response.delete_cookie(STAFF, path="/", httponly=True, samesite="lax")
        return response

    def _provider(self) -> Oidc:
        """Return the provider. Raises SettingsError."""
        with self._lock:
            if self._oidc is None:
                self._oidc = Oidc(self._house)
            return self._oidc

    def _address(self, request: Request, path: str) -> str:
        """Return our address of a path as browsers reach it. A name that a request claims is believed on loopback only."""
        base = self._house.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        if not self._house.settings.public_url and not on_loopback(base):
            raise SettingsError("the setting public_url is empty; the sign-in of an organisation needs it off loopback")
        return base + path

    def _away(self, request: Request, id_token: str) -> str:
        """Return where to sign out of the provider too, "" where it offers none or cannot be asked: here it is done anyway."""
        if not (self.open and id_token):
            return ""
        try:
            return staff_sso.farewell(self._provider(), id_token, self._address(request, "/staff"))
        except (ExaminerError, SettingsError):
            return ""

    def _wrong(self, request: Request, error: ExaminerError | SettingsError) -> Response:
        if isinstance(error, ExaminerError):
            status, says, hint = error.status, error.message, error.hint
        else:
            status, says, hint = 503, str(error), "whoever runs this service must mend its settings"
        shown = f"{says}; {hint}" if hint and not hint.isidentifier() else says
        return self._view.page(request, "staff/sign_in.html.j2", status=status, to="", wrong=shown, sso=self.open)


def routes(house: Examiner, view: View) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/staff")
    door = Door(house, view)
    begun = Buckets("address", STRANGER_RATE, STRANGER_BURST)
    few = CapacityLimiter(_WAITING)

    @router.get("/sso")
    async def begin(request: Request, to: str = "") -> Response:
        if not door.open:
            return go("/staff")
        begun.take(request.client.host if request.client else "")
        return await to_thread.run_sync(door.begin, request, to, limiter=few)

    @router.get("/sso/back")
    async def back(request: Request) -> Response:
        if not door.open:
            return go("/staff")
        begun.take(request.client.host if request.client else "")
        return await to_thread.run_sync(door.back, request, limiter=few)

    @router.post("/out")
    async def sign_out(request: Request, form_token: Token = "") -> Response:
        return await to_thread.run_sync(door.out, request, form_token, limiter=few)

    return router


def offered(house: Examiner) -> bool:
    """Tell whether the settings name a provider."""
    return bool(house.settings.oidc_issuer)


def inside(path: str) -> str:
    """Return a path of the staff pages, "" for anything that leads elsewhere."""
    plain = path.isprintable() and path.isascii() and "\\" not in path and len(path) <= 300
    return path if path.startswith("/staff/") and plain else ""


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads; it comes back with the provider's redirect, hence Lax, and in clear on loopback only."""
    clear = request.url.scheme == "http" and on_loopback(str(request.url))
    path = "/staff/sso" if name == STATE else "/"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=not clear, path=path)
