"""The organisation's identity provider: what it says of itself, and what an ID token of it proves.

OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636) and the issuer in the response (RFC 9207).
Only code's own list of signatures is taken: never `none`, never one whose key is a shared secret.
"""

import ipaddress
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from examiner.domain.base import Frozen
from examiner.domain.errors import Refused, Upstream
from examiner.service.access.authority import STAFF
from examiner.service.examiner import Examiner
from examiner.settings import Settings, SettingsError

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client
    from joserfc.jwk import Key

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY = 60  # seconds that two clocks may differ
_SECONDS = 5.0  # for one request to the provider; somebody waits
_KEPT = timedelta(hours=1)  # how long what the provider says of itself is believed without asking again
_DOWN = timedelta(seconds=5)  # how long a provider that failed is left alone
_LARGEST = 1_000_000  # bytes of a document of the provider


class ProviderFailed(Upstream):
    """The identity provider cannot be used now, or not at all."""


class NotProven(Refused):
    """What the provider sent proves nothing."""

    status = 401


class Provider(Frozen):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Oidc:
    """The provider that the settings name, for all sign-ins of a process.

    Args:
        house: the wired examiner.

    Raises:
        SettingsError: the settings do not fit together; says which.

    """

    def __init__(self, house: Examiner) -> None:
        self._house, self._settings = house, house.settings
        self._lock = threading.Lock()
        self._provider: tuple[Provider, datetime] | None = None
        self._down: tuple[ProviderFailed, datetime] | None = None
        self._keys: list[dict[str, Any]] | None = None
        _check(house)

    @property
    def client_id(self) -> str:
        """The name under which the provider knows this service."""
        return self._settings.oidc_client_id

    def provider(self) -> Provider:
        """Return what the provider says of itself, asked once an hour. Raises ProviderFailed."""
        with self._lock:
            now = self._house.clock()
            if self._provider is None or now - self._provider[1] > _KEPT:
                if self._down is not None and now - self._down[1] < _DOWN:
                    raise self._down[0]  # whoever waited for the same answer does not ask again
                try:
                    self._provider, self._keys, self._down = (self._discover(), now), None, None
                except ProviderFailed as error:
                    self._down = error, self._house.clock()
                    raise
            return self._provider[0]

    def client(self, redirect: str) -> "OAuth2Client":
        """Return an OAuth client for one sign-in; to be closed."""
        from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415 - only where somebody signs in

        settings = self._settings
        if not settings.oidc_client_secret:
            how = "none"
        else:
            known = self.provider().token_endpoint_auth_methods_supported
            posted = "client_secret_post" in known and "client_secret_basic" not in known
            how = "client_secret_post" if posted else "client_secret_basic"
        return OAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret or None,
            token_endpoint_auth_method=how,
            scope=settings.oidc_scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=_SECONDS,
            trust_env=not on_loopback(settings.oidc_issuer),
        )

    def redeem(self, code: str, redirect: str, verifier: str) -> dict[str, Any]:
        """Return the tokens for a code. Raises NotProven where the provider refuses it, ProviderFailed."""
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - likewise

        where, made = self.provider().token_endpoint, self.client(redirect)
        try:
            with made as client:
                token = client.fetch_token(where, code=code, code_verifier=verifier)
        except AuthlibBaseError as error:
            raise NotProven(
                f"the identity provider refused the code ({error.error})", hint="begin the sign-in again"
            ) from None
        except Exception as error:
            raise self._failed(where, error) from None
        if not isinstance(token, dict) or not isinstance(token.get("id_token"), str):
            raise NotProven("the identity provider sent no ID token", hint="its scopes must include openid")
        return dict(token)

    def proven(self, tokens: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that the provider signed for us, now, for this sign-in.

        Raises:
            NotProven: the signature, issuer, audience, time or nonce does not fit; says which.
            ProviderFailed: the provider's keys cannot be read.

        """
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - likewise
        from joserfc import jws, jwt  # noqa: PLC0415 - likewise
        from joserfc.errors import JoseError  # noqa: PLC0415 - likewise

        text = str(tokens["id_token"])
        try:
            header = dict(jws.extract_compact(text.encode()).headers())
        except (JoseError, ValueError):
            raise NotProven("the ID token cannot be read") from None
        algorithm = str(header.get("alg", ""))
        if algorithm not in ALGORITHMS:
            raise NotProven(f"the ID token is signed by '{algorithm[:20]}', which proves nothing")
        key = self._key(header)
        try:
            claims = jwt.decode(text, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError):
            raise NotProven("the ID token's signature does not fit the provider's key") from None
        issuer, ours = self.provider().issuer, self._settings.oidc_client_id
        told = CodeIDToken(
            claims,
            header,
            options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": ours}},
            params={"nonce": nonce, "client_id": ours, "access_token": tokens.get("access_token")},
        )
        try:
            told.validate(now=int(self._house.clock().timestamp()), leeway=LEEWAY)
        except JoseError as error:
            raise NotProven(_words(error)) from None
        return dict(claims)

    def _key(self, header: Mapping[str, Any]) -> "Key":
        """Return the provider's key that a token names; its keys are asked for once more where it is not known."""
        from joserfc import jwk  # noqa: PLC0415 - likewise
        from joserfc.errors import JoseError  # noqa: PLC0415 - likewise

        for anew in (False, True):
            fits = [one for one in self._signing(anew=anew) if _fits(one, header)]
            if len(fits) == 1 or (fits and header.get("kid")):
                try:
                    return jwk.import_key(fits[0])
                except (JoseError, ValueError, TypeError):
                    raise ProviderFailed("one of the identity provider's keys cannot be read") from None
        which = f"'{str(header.get('kid'))[:40]}'" if header.get("kid") else "without a name"
        raise NotProven(f"the ID token is signed by a key {which} that the provider does not publish")

    def _signing(self, *, anew: bool) -> list[dict[str, Any]]:
        provider = self.provider()
        with self._lock:
            if self._keys is None or anew:
                found = self._get(provider.jwks_uri).get("keys")
                if not isinstance(found, list):
                    raise ProviderFailed(f"{provider.jwks_uri} holds no keys")
                self._keys = [one for one in found if isinstance(one, dict) and one.get("use", "sig") == "sig"]
            return self._keys

    def _discover(self) -> Provider:
        issuer = self._settings.oidc_issuer
        where = issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            found = Provider.model_validate({k: v for k, v in self._get(where).items() if k in Provider.model_fields})
        except ValueError:
            raise ProviderFailed(f"{where} does not describe an identity provider") from None
        if found.issuer != issuer:
            raise ProviderFailed(f"{where} speaks for '{found.issuer[:120]}' and not for '{issuer}'")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
            if getattr(found, name) and not _safe(getattr(found, name)):
                raise ProviderFailed(f"{where}: {name} is not https")
        return found

    def _get(self, url: str) -> dict[str, Any]:
        try:
            with self.plain() as client:
                reply = client.request("GET", url, withhold_token=True)
            reply.raise_for_status()
            found = reply.json() if len(reply.content) <= _LARGEST else None
        except Exception as error:
            raise self._failed(url, error) from None
        if not isinstance(found, dict):
            raise ProviderFailed(f"{url} is not a JSON object")
        return found

    def plain(self) -> "OAuth2Client":
        """Return a client that sends no secret."""
        from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415 - likewise

        return OAuth2Client(timeout=_SECONDS, trust_env=not on_loopback(self._settings.oidc_issuer))

    def _failed(self, url: str, error: Exception) -> ProviderFailed:
        status = getattr(getattr(error, "response", None), "status_code", "")
        what = f"answered {status}" if status else f"did not answer ({type(error).__name__})"
        return ProviderFailed(f"the identity provider {what} at {url}", hint="try again; keys work meanwhile")


def roles(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return which claim value is which role, in order. Raises SettingsError."""
    made = []
    for pair in filter(None, (part.strip() for part in settings.oidc_roles.split(","))):
        value, equals, role = (part.strip() for part in pair.rpartition("="))
        if not (equals and value and role in STAFF):
            raise SettingsError(f"oidc_roles: '{pair}' is not VALUE=ROLE with a role of {', '.join(STAFF)}")
        made.append((value, role))
    return tuple(made)


def on_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine itself."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _safe(url: str) -> bool:
    return urlsplit(url).scheme == "https" or (urlsplit(url).scheme == "http" and on_loopback(url))


def _check(house: Examiner) -> None:
    settings = house.settings
    if not _safe(settings.oidc_issuer):
        raise SettingsError(f"oidc_issuer is '{settings.oidc_issuer}', not an https address")
    if not settings.oidc_client_id:
        raise SettingsError("oidc_issuer is set and oidc_client_id is not")
    if "openid" not in settings.oidc_scopes.split():
        raise SettingsError("oidc_scopes must include openid")
    roles(settings)


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Tell whether a published key may have made a signature: its kind, its name, and what it says it is for."""
    family = {"R": "RSA", "P": "RSA", "E": "EC"}[str(header["alg"])[0]]
    if str(header["alg"]).startswith("Ed"):
        family = "OKP"
    named = not header.get("kid") or key.get("kid") == header["kid"]
    return key.get("kty") == family and named and key.get("alg", header["alg"]) == header["alg"]


def _words(error: Any) -> str:
    claim = str(getattr(error, "claim", "") or "")
    words = {
        "iss": "the ID token is from another issuer",
        "aud": "the ID token is for another service",
        "azp": "the ID token is for another service",
        "nonce": "the ID token is of another sign-in",
        "at_hash": "the ID token does not go with its access token",
        "exp": "the ID token has expired",
        "iat": "the ID token is from the future; compare the clocks",
        "nbf": "the ID token is not valid yet; compare the clocks",
    }
    kind = type(error).__name__
    if kind == "ExpiredTokenError":
        claim = "exp"
    if kind == "MissingClaimError":
        return f"the ID token lacks '{claim}'"
    return words.get(claim, f"the ID token does not fit ({kind} {claim})".replace(" )", ")"))
