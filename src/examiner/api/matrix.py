"""The authorisation matrix as data: for each route the scopes that open it. A route that is not here opens to nobody.

`service.access.authority.SCOPES` says which role has which scope; a candidate's token opens its own session and no other.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a route asks for.

    Attributes:
        scopes: any of these opens it.
        public: no credential is needed.
        known: any valid credential will do.
        fenced: a candidate must hold the latest epoch of the session.
        live: part of a running session: never rate-limited.

    """

    scopes: tuple[str, ...] = ()
    public: bool = False
    known: bool = False
    fenced: bool = False
    live: bool = False


def _scope(*names: str) -> Rule:
    return Rule(scopes=names)


_READ = Rule(scopes=("own:read",), fenced=True, live=True)
_WRITE = Rule(scopes=("own:write",), fenced=True, live=True)
_S = "/v1/sessions/{session}"

MATRIX: dict[tuple[str, str], Rule] = {
    # sessions: staff make and manage them
    ("POST", "/v1/sessions"): _scope("sessions:create"),
    ("GET", "/v1/sessions"): _scope("sessions:manage"),
    ("GET", _S): _scope("sessions:manage"),
    ("POST", f"{_S}/links"): _scope("sessions:manage"),
    ("POST", f"{_S}/accommodations"): _scope("sessions:manage"),
    ("GET", f"{_S}/report"): _scope("reports:read"),
    ("GET", f"{_S}/transcript"): _scope("transcripts:read", "transcripts:pseudonymous"),
    ("POST", f"{_S}/decision"): _scope("decisions:write"),
    # the candidate's own session
    ("POST", "/v1/links"): Rule(public=True),
    ("GET", "/v1/notice"): Rule(public=True),
    ("POST", f"{_S}/resume"): Rule(scopes=("own:write",), live=True),
    ("POST", f"{_S}/consent"): _WRITE,
    ("GET", f"{_S}/current"): _READ,
    ("POST", f"{_S}/start"): _WRITE,
    ("PUT", f"{_S}/draft"): _WRITE,
    ("POST", f"{_S}/answers"): _WRITE,
    ("POST", f"{_S}/skip"): _WRITE,
    ("POST", f"{_S}/peek"): _WRITE,
    ("POST", f"{_S}/facts"): _WRITE,
    ("POST", f"{_S}/self-posed"): _WRITE,
    ("POST", f"{_S}/prediction"): _WRITE,
    ("POST", f"{_S}/finish-section"): _WRITE,
    ("POST", f"{_S}/break"): _WRITE,
    ("DELETE", f"{_S}/break"): _WRITE,
    ("POST", f"{_S}/abandon"): _WRITE,
    ("GET", f"{_S}/events"): Rule(scopes=("own:read", "transcripts:read"), live=True),
    ("GET", f"{_S}/receipt"): Rule(scopes=("own:read", "reports:read"), live=True),
    ("GET", f"{_S}/export"): Rule(scopes=("own:read",), live=True),
    ("POST", f"{_S}/appeals"): Rule(scopes=("own:write",)),
    # review by people
    ("GET", "/v1/reviews"): _scope("review:read"),
    ("GET", f"{_S}/reviews/{{item}}"): _scope("review:read"),
    ("POST", f"{_S}/reviews/{{item}}/ratings"): _scope("review:write"),
    ("PUT", f"{_S}/reviews/{{item}}/grade"): _scope("review:write", "review:override"),
    ("GET", "/v1/appeals"): _scope("appeals:settle"),
    ("POST", f"{_S}/appeals/{{appeal}}/settlement"): _scope("appeals:settle"),
    # people
    ("GET", "/v1/candidates"): _scope("candidates:read"),
    ("GET", "/v1/candidates/{candidate}"): _scope("candidates:read"),
    ("GET", "/v1/candidates/{candidate}/export"): _scope("candidates:read"),
    ("PUT", "/v1/candidates/{candidate}/hold"): _scope("candidates:erase"),
    ("DELETE", "/v1/candidates/{candidate}"): _scope("candidates:erase"),
    # judges and their calibration
    ("POST", "/v1/gradings"): _scope("gradings:write"),
    ("GET", "/v1/gradings/{grading}"): _scope("gradings:write"),
    ("GET", "/v1/anchors"): _scope("anchors:read"),
    ("GET", "/v1/anchors/{name}"): _scope("anchors:read"),
    ("GET", "/v1/anchors/{name}/next"): _scope("anchors:label"),
    ("POST", "/v1/anchors/{name}/labels"): _scope("anchors:label"),
    ("GET", "/v1/anchors/{name}/agreement"): _scope("anchors:adjudicate"),
    ("GET", "/v1/anchors/{name}/disagreements"): _scope("anchors:adjudicate"),
    ("POST", "/v1/anchors/{name}/decisions"): _scope("anchors:adjudicate"),
    ("POST", "/v1/calibrations"): _scope("calibrations:write"),
    ("GET", "/v1/calibrations/{job}"): _scope("calibrations:write"),
    ("GET", "/v1/certificates"): _scope("certificates:read"),
    ("GET", "/v1/certificates/{certificate}"): _scope("certificates:read"),
    ("POST", "/v1/certificates/{certificate}/revocation"): _scope("certificates:revoke"),
    ("GET", "/v1/drift"): _scope("drift:read"),
    ("GET", "/v1/drift/audits"): _scope("drift:read"),
    ("POST", "/v1/drift/runs"): _scope("drift:write"),
    # the question bank
    ("GET", "/v1/loops"): _scope("vault:read", "sessions:create"),
    ("GET", "/v1/vault/questions"): _scope("vault:read"),
    ("GET", "/v1/vault/questions/{question}"): _scope("vault:read"),
    # tenants and their money; who asks
    ("GET", "/v1/me"): Rule(known=True),
    ("GET", "/v1/budget"): _scope("budget:read"),
    ("GET", "/v1/tenants"): _scope("tenants:write"),
    ("POST", "/v1/tenants"): _scope("tenants:write"),
    ("GET", "/v1/tenants/{tenant}"): _scope("tenants:write"),
    ("DELETE", "/v1/tenants/{tenant}"): _scope("tenants:write"),
    ("GET", "/v1/tenants/{tenant}/budget"): _scope("tenants:write"),
    ("PUT", "/v1/tenants/{tenant}/budget"): _scope("tenants:write"),
    # the house itself
    ("GET", "/v1/keys"): _scope("keys:write"),
    ("POST", "/v1/keys"): _scope("keys:write"),
    ("DELETE", "/v1/keys/{key}"): _scope("keys:write"),
    ("GET", "/v1/audit"): _scope("audit:read"),
    ("GET", "/v1/webhooks"): _scope("hooks:write"),
    ("POST", "/v1/webhooks"): _scope("hooks:write"),
    ("DELETE", "/v1/webhooks/{hook}"): _scope("hooks:write"),
    ("POST", "/v1/webhooks/{hook}/replay"): _scope("hooks:write"),
}
