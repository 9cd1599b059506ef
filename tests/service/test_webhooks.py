"""Signed as the specification says, once, tried again, and never inwards."""

import base64
import hashlib
import hmac

import pytest

from examiner.domain.errors import Invalid
from examiner.service import webhooks

PUBLIC = "93.184.215.14"


def out(*addresses):
    return lambda host, port: addresses or (PUBLIC,)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1", "fc00::1", "0.0.0.0", "100.64.0.1",
     "::ffff:127.0.0.1", "224.0.0.1", "::", "172.16.0.1", "64:ff9b::7f00:1"],
)  # fmt: skip
def test_nothing_inside_is_called(house, address):
    with pytest.raises(webhooks.NotOutside):
        webhooks.add(house, "https://hook.example/x", resolve=out(address))
    with pytest.raises(webhooks.NotOutside):  # one address outside does not excuse another inside
        webhooks.add(house, "https://hook.example/x", resolve=out(PUBLIC, address))


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example/",
        "https://user:pw@hook.example/",
        "ftp://x",
        "https://",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_odd_urls_are_refused(house, url):
    with pytest.raises(Invalid):
        webhooks.add(house, url, resolve=out())


def test_a_name_that_turns_inwards_later_is_not_called(house):
    webhooks.add(house, "https://hook.example/x", resolve=out())
    webhooks.emit(house, "candidate.erased", {"candidate": "c-1"}, once="1")
    called = []
    send = lambda *args: called.append(args) or 200  # noqa: E731
    assert webhooks.deliver(house, send, out("127.0.0.1")) == 0 and called == []


def test_delivered_once_to_the_checked_address_with_a_signature(house, clock):
    made = webhooks.add(house, "https://hook.example/x?y=1", ["candidate.erased"], resolve=out())
    assert webhooks.emit(house, "candidate.erased", {"candidate": "c-1"}, once="1") == 1
    assert webhooks.emit(house, "candidate.erased", {"candidate": "c-1"}, once="1") == 0
    assert webhooks.emit(house, "appeal.made", {}, once="1") == 0
    called = []

    def send(url, address, body, headers):
        called.append((address, body, headers))
        return 204

    assert webhooks.deliver(house, send, out()) == 1 and webhooks.deliver(house, send, out()) == 0
    address, body, headers = called[0]
    assert address == PUBLIC
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(clock().timestamp())


def test_the_signature_of_the_specification():
    # The example of the Standard Webhooks libraries' own tests.
    from datetime import UTC, datetime

    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    made = webhooks.signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_failures_are_tried_again_and_then_the_endpoint_is_switched_off(house, clock):
    made = webhooks.add(house, "https://hook.example/x", resolve=out())
    webhooks.emit(house, "candidate.erased", {}, once="1")
    tries = 0

    def send(*_):
        nonlocal tries
        tries += 1
        return 500

    for _ in range(12):
        webhooks.deliver(house, send, out())
        clock.pass_(36_001)
    assert tries == 1 + len(webhooks.WAITS)
    assert webhooks.listed(house)[0]["disabled"] and webhooks.listed(house)[0]["last_error"] == "answered 500"
    assert webhooks.replay(house, made["id"]) == 1
    assert webhooks.deliver(house, lambda *_: 200, out()) == 1
