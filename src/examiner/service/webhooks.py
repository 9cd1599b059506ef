"""Webhooks by the Standard Webhooks specification: signed, from an outbox, tried again for a day, never inwards.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from examiner.domain.errors import Invalid, NotFound, Refused
from examiner.domain.identity import canonical_json
from examiner.service.examiner import Examiner

# Seconds until each further try; after the last the endpoint is switched off.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
KINDS = ("session.graded", "grade.overruled", "appeal.made", "appeal.settled", "candidate.erased")
log = logging.getLogger(__name__)
Resolve = Callable[[str, int], Sequence[str]]
Send = Callable[[str, str, bytes, dict[str, str]], int]


class NotOutside(Refused):
    """The address lies inside: this house calls nobody there."""


def add(house: Examiner, url: str, kinds: Sequence[str] = (), resolve: Resolve | None = None) -> dict[str, Any]:
    """Store an endpoint; its secret is returned now and never again. Raises Invalid, NotOutside."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise Invalid(f"there is no event {', '.join(unknown)}", hint=", ".join(KINDS))
    outside(url, resolve)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    identity = house.new_id("wh")
    row = {
        "id": identity,
        "url": url,
        "kinds": json.dumps(sorted(kinds)),
        "secret": secret,
        "created": house.clock().isoformat(),
        "disabled": "",
    }
    house.registry.add("hooks", row)
    return _public(row) | {"secret": secret}


def listed(house: Examiner) -> list[dict[str, Any]]:
    """Return every endpoint without its secret, and how its deliveries stand."""
    out = []
    for row in house.registry.many("hooks"):
        held = house.registry.many("deliveries", hook=row["id"])
        counts = {
            "waiting": sum(not d["done"] for d in held),
            "delivered": sum(d["done"] != "" for d in held),
            "last_error": next((d["error"] for d in reversed(held) if d["error"]), ""),
        }
        out.append(_public(row) | counts)
    return out


def drop(house: Examiner, identity: str) -> None:
    """Delete an endpoint and what waits for it. Raises NotFound."""
    if not house.registry.drop("hooks", id=identity):
        raise NotFound(f"no webhook '{identity}'")
    house.registry.drop("deliveries", hook=identity)


def replay(house: Examiner, identity: str) -> int:
    """Switch an endpoint on and try everything undelivered again now; return how much that is. Raises NotFound."""
    if not house.registry.change("hooks", {"disabled": ""}, id=identity):
        raise NotFound(f"no webhook '{identity}'")
    now = house.clock().isoformat()
    return house.registry.change("deliveries", {"due": now, "tries": 0}, hook=identity, done="")


def emit(house: Examiner, kind: str, data: dict[str, Any], once: str) -> int:
    """Put an event in the outbox of every endpoint that wants it; `once` names it, so that it goes out once.

    Bodies hold ids and states, never what somebody said.
    """
    now = house.clock().isoformat()
    made = 0
    for hook in house.registry.many("hooks", disabled=""):
        wanted = json.loads(hook["kinds"])
        if wanted and kind not in wanted:
            continue
        digest = hashlib.sha256(f"{hook['id']}/{kind}/{once}".encode()).hexdigest()[:24]
        body = canonical_json({"type": kind, "timestamp": now, "data": data})
        row = {"id": f"msg_{digest}", "hook": hook["id"], "kind": kind, "body": body, "tries": 0, "due": now}
        made += house.registry.add("deliveries", row | {"done": "", "error": ""})
    return made


def deliver(house: Examiner, send: Send | None = None, resolve: Resolve | None = None) -> int:
    """Deliver what is due; return how many arrived."""
    now, arrived = house.clock(), 0
    for row in house.registry.due("deliveries", "due", now, limit=20, done=""):
        hook = house.registry.one("hooks", id=row["hook"])
        if hook is None or hook["disabled"]:
            house.registry.change("deliveries", {"due": ""}, id=row["id"])
            continue
        try:
            address = outside(hook["url"], resolve)
            headers = signed(hook["secret"], row["id"], now, row["body"])
            status = (send or _send)(hook["url"], address, row["body"].encode(), headers)
            error = "" if 200 <= status < 300 else f"answered {status}"
        except (Refused, Invalid, OSError) as failure:
            status, error = 0, str(failure)[:300]
        if not error:
            house.registry.change("deliveries", {"done": now.isoformat(), "due": "", "error": ""}, id=row["id"])
            arrived += 1
        else:
            _again(house, row, hook, error, now, gone=status == 410)
    return arrived


def _again(
    house: Examiner, row: dict[str, Any], hook: dict[str, Any], error: str, now: datetime, *, gone: bool
) -> None:
    tries = row["tries"]
    if gone or tries >= len(WAITS):
        house.registry.change("hooks", {"disabled": now.isoformat()}, id=hook["id"])
        house.registry.change("deliveries", {"due": "", "error": error}, id=row["id"])
        log.warning("webhook switched off", extra={"hook": hook["id"], "gone": gone})
        return
    due = (now + timedelta(seconds=WAITS[tries])).isoformat()
    house.registry.change("deliveries", {"tries": tries + 1, "due": due, "error": error}, id=row["id"])


def signed(secret: str, identity: str, at: datetime, body: str) -> dict[str, str]:
    """Return the three headers of a delivery: `v1,` and the HMAC-SHA256 of `id.timestamp.body`, base64."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{identity}.{stamp}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
        "content-type": "application/json",
    }


def outside(url: str, resolve: Resolve | None = None) -> str:
    """Return an address of a URL that lies outside; every address it resolves to must.

    Raises:
        Invalid: it is not https, or names no host.
        NotOutside: an address is private, local, or reserved, or there is none.

    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise Invalid("url: not one") from None
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise Invalid("url: https://HOST/PATH, without a user", hint="a webhook goes out encrypted")
    try:
        found = (resolve or _resolve)(parts.hostname, port)
    except (OSError, UnicodeError):
        found = ()
    inside = [a for a in found if not _global(a)]
    if inside or not found:
        raise NotOutside(f"'{parts.hostname}' leads to no address outside", hint="not_outside")
    return found[0]


# IPv6 addresses that carry an IPv4 address for a gateway to unwrap: it could lead back inside.
_CARRIERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


def _global(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in carrier for carrier in _CARRIERS):
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not ip.is_multicast


def _resolve(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _send(url: str, address: str, body: bytes, headers: dict[str, str]) -> int:
    """POST to the address that was checked, whatever the name resolves to by now; redirects are not followed."""
    import httpx  # noqa: PLC0415 - only where something is delivered

    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    target = f"https://{host}:{parts.port or 443}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        with httpx.Client(timeout=10.0, follow_redirects=False, trust_env=False) as client:
            reply = client.post(
                target,
                content=body,
                headers={**headers, "Host": parts.netloc},
                extensions={"sni_hostname": parts.hostname},
            )
    except httpx.HTTPError as error:
        raise OSError(f"{type(error).__name__}") from None
    return reply.status_code


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "url", "created", "disabled")} | {"kinds": json.loads(row["kinds"])}
