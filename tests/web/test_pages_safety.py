"""What holds for every page: strict policies, nothing inline, forms that only this site can send."""

import re

import pytest
from walking import entered, sat, signed_in, token

from examiner.web.app import POLICY, STATIC, create_pages

TEMPLATES = STATIC.parent / "templates"


def every_page(browser_of, house):
    candidate, staff = browser_of(house), browser_of(house)
    session = sat(house)
    yield candidate.get("/")
    yield candidate.get("/i/whatever")
    yield entered(candidate, house, candidate="Ben Example")[1]
    yield candidate.get("/interview/tools?line=80 GB / 3.35 TB/s")
    yield signed_in(staff, house, "admin")
    for path in (
        "reviews",
        "anchors",
        "sessions",
        "candidates",
        "cohort",
        "appeals",
        "certificates",
        "drift",
        "probes",
        "keys",
        "webhooks",
        "audit",
    ):
        yield staff.get(f"/staff/{path}")
    yield staff.get(f"/staff/reports/{session}")
    yield staff.get(f"/staff/reviews/{session}/0")
    yield staff.get("/staff/nothing")


def test_every_page_has_the_policy_and_nothing_inline(browser_of, house):
    for page in every_page(browser_of, house):
        assert page.headers["content-security-policy"] == POLICY, page.url
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page.text), page.url
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text), page.url


def test_every_page_has_its_landmarks(browser_of, house):
    for page in every_page(browser_of, house):
        text = page.text
        assert text.count("<h1") == 1 and '<html lang="en">' in text, page.url
        assert '<main id="main"' in text and 'href="#main"' in text
        assert re.search(r"<title>[^<]+</title>", text)
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), (page.url, [i for i in ids if ids.count(i) > 1])


def test_the_policy_allows_no_inline_code():
    assert "unsafe" not in POLICY and "default-src 'none'" in POLICY


def test_a_post_from_another_site_is_refused(browser_of, house):
    browser = browser_of(house)
    for site, status in [("cross-site", 403), ("same-site", 403), ("same-origin", 401)]:
        assert browser.post("/staff", data={"key": "no"}, headers={"Sec-Fetch-Site": site}).status_code == status


def test_every_post_of_staff_needs_the_forms_token(browser_of, house):
    browser = browser_of(house)
    session = sat(house)
    signed_in(browser, house, "admin")
    fields = {"score": "1", "why": "w", "outcome": "hold", "by": "b", "loop": "demo", "candidate": "c", "item": "i"}
    fields |= {"criterion": "mechanism", "role": "reviewer", "name": "n", "url": "https://hooks.example/x"}
    tried = 0
    for path in sorted(posts(house, "/staff/")):
        if path == "/staff":
            continue
        filled = path.format(session=session, item=0, appeal="a", name="reference", candidate="c", key="k", hook="h")
        outcome = {"outcome": "upheld"} if "appeal" in path else {}
        for form_token in ({}, {"form_token": "0" * 64}):
            reply = browser.post(filled, data=fields | outcome | form_token, follow_redirects=False)
            assert reply.status_code == 403, path
            tried += 1
    assert tried >= 36
    assert len(house.registry.many("sittings")) == 1 and len(house.registry.many("api_keys")) == 1
    assert house.registry.many("hooks") == [] and house.registry.many("candidates")[0]["name"]


def test_every_post_of_a_candidate_needs_the_forms_token(browser_of, house):
    browser = browser_of(house)
    session, _ = entered(browser, house)
    before = house.ledger.head(f"sitting/{session}")
    paths = posts(house, "/interview/")
    assert len(paths) >= 15
    for path in paths:
        data = {"turn": "0.0", "text": "x", "typed": "1", "sha256": "x", "ask": "x", "sure": "yes"}
        assert browser.post(path, data=data, follow_redirects=False).status_code == 403, path
    assert house.ledger.head(f"sitting/{session}") == before


def test_one_candidates_token_is_of_no_use_to_another(browser_of, house):
    one, two = browser_of(house), browser_of(house)
    _, page = entered(one, house, candidate="Ada Example")
    entered(two, house, candidate="Ben Example")
    reply = two.post("/interview/answer", data={"form_token": token(page), "turn": "0.0", "text": "x", "typed": "1"})
    assert reply.status_code == 403


def test_text_of_people_is_escaped(browser_of, house):
    browser = browser_of(house)
    nasty = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    session = sat(house, candidate=nasty, text=nasty)
    signed_in(browser, house, "admin")
    for path in (f"/staff/reports/{session}", f"/staff/reviews/{session}/0", "/staff/candidates", "/staff/cohort"):
        page = browser.get(path).text
        assert "<script>alert" not in page and "<img" not in page
        assert "&lt;script&gt;" in page


def test_what_the_api_does_not_have_stays_a_problem(browser_of, house):
    reply = browser_of(house).get("/v1/nothing")
    assert reply.status_code == 404 and reply.headers["content-type"] == "application/problem+json"
    assert browser_of(house).get("/nothing").headers["content-type"].startswith("text/html")


def test_an_answer_beyond_the_bound_is_refused_whole(browser_of, house):
    browser = browser_of(house)
    _, page = entered(browser, house)
    data = {"form_token": token(page), "turn": "0.0", "typed": "1", "text": "x" * 20_001}
    assert browser.post("/interview/answer", data=data).status_code == 422


@pytest.mark.parametrize("name", sorted(p.name for p in STATIC.glob("*.js")))
def test_own_scripts_make_no_markup_from_text(name):
    text = (STATIC / name).read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)


def test_templates_switch_no_escaping_off():
    for path in TEMPLATES.rglob("*.j2"):
        text = path.read_text()
        assert "autoescape" not in text
        assert all('class="soft"' in found for found in re.findall(r"[^{]*\| safe", text)), path


def posts(house, prefix):
    paths = create_pages(house).openapi()["paths"]
    return [path for path, methods in paths.items() if "post" in methods and path.startswith(prefix)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "withheld: none covers this: mechanism: not compared; blast_radius: not compared",
            "withheld: none covers this: mechanism, blast radius: not compared",
        ),
        ("mechanism: expired; arithmetic: not compared", "mechanism: expired; arithmetic: not compared"),
        ("flag: short", "flag: short"),
        ("a number is disputed", "a number is disputed"),
    ],
)
def test_reasons_that_are_the_same_are_said_once(text, says):
    from examiner.web.words import brief

    assert brief(text) == says
