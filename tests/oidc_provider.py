"""A small OpenID provider on loopback: it signs in whoever it is told to, and lies when it is told to. For tests."""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey


class OpenIDProvider:
    """Serves until it leaves its `with`.

    `claims` is who signs in. `forge` takes (provider, claims) and returns the ID token instead of the true one.
    `metadata` is laid over the discovery document. `seen` holds what was asked of the token endpoint.
    """

    def __init__(self, clock=None, kind="RSA"):
        self.clock = clock or time.time
        self.claims = {"sub": "u-1", "name": "Ana Example", "groups": ["hr-team"]}
        self.forge = None
        self.metadata = {}
        self.client_id, self.client_secret = "examiner", "a secret of the client"
        self.stuck = None  # an event to wait for before any answer
        self.codes, self.seen, self.ended = {}, [], []
        self.asked = {"/jwks": 0, "/.well-known/openid-configuration": 0}
        self.kind = kind
        self.rotate()

    def rotate(self):
        """Sign by a new key from now on, and publish it alone."""
        name = secrets.token_hex(4)
        if self.kind == "RSA":
            self.key, self.alg = RSAKey.generate_key(2048, {"kid": name, "use": "sig"}), "RS256"
        else:
            self.key, self.alg = ECKey.generate_key("P-256", {"kid": name, "use": "sig"}), "ES256"
        self.published = [self.key.as_dict(private=False)]

    def signed(self, claims, key=None, **header):
        key = key or self.key
        return jwt.encode({"alg": self.alg, "kid": key.kid, **header}, claims, key, algorithms=[self.alg])

    def standard(self, nonce):
        now = int(self.now())
        return {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}

    def now(self):
        found = self.clock()
        return found.timestamp() if hasattr(found, "timestamp") else found

    def by_hand(self, header, claims, key=b""):
        """Return a token of any header, signed by HMAC or by nothing at all."""
        parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims)]
        mark = hmac.new(key, b".".join(parts), hashlib.sha256).digest() if key else b""
        return b".".join([*parts, base64.urlsafe_b64encode(mark).rstrip(b"=")]).decode()

    def discovery(self):
        base = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": [self.alg],
        }
        return {k: v for k, v in {**base, **self.metadata}.items() if v is not None}

    def authorize(self, query):
        code = secrets.token_urlsafe(12)
        self.codes[code] = {k: query.get(k, [""])[0] for k in ("redirect_uri", "nonce", "code_challenge")}
        assert query["code_challenge_method"] == ["S256"] and query["response_type"] == ["code"]
        back = {"code": code, "state": query["state"][0], "iss": self.issuer}
        return f"{query['redirect_uri'][0]}?{urlencode(back)}"

    def token(self, form, authorization):
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".replace(" ", "+").encode()).decode()
        plain = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        self.seen.append(form)
        posted = form.get("client_secret") == self.client_secret
        if authorization not in (f"Basic {basic}", f"Basic {plain}") and not posted:
            return 401, {"error": "invalid_client"}
        grant = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if grant is None or grant["redirect_uri"] != form.get("redirect_uri") or grant["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        claims = self.standard(grant["nonce"])
        made = self.forge(self, claims) if self.forge else self.signed(claims)
        return 200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": made}

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def say(self, status, body, **headers):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                with contextlib.suppress(OSError):  # who asked may have gone
                    self.end_headers()
                    self.wfile.write(data)

            def do_GET(self):
                path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
                if path in provider.asked:
                    provider.asked[path] += 1
                if provider.stuck:
                    provider.stuck.wait(10)
                if path == "/.well-known/openid-configuration":
                    self.say(200, provider.discovery())
                elif path == "/jwks":
                    self.say(200, {"keys": provider.published})
                elif path == "/authorize":
                    self.say(303, {}, Location=provider.authorize(query))
                elif path == "/end":
                    provider.ended.append({k: v[0] for k, v in query.items()})
                    self.say(303, {}, Location=query["post_logout_redirect_uri"][0])
                else:
                    self.say(404, {})

            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {k: v[0] for k, v in parse_qs(text).items()}
                self.say(*provider.token(form, self.headers.get("Authorization", "")))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
