"""Lists of more than a hundred rows: every row stands on exactly one page, links lead on and back and keep the filters."""

import json
import re

import pytest
from walking import signed_in

from examiner.domain.errors import NotFound
from examiner.service.access import authority
from examiner.web import paging

ALL = 205
OTHER = 30


def links(text):
    return {rel: href.replace("&amp;", "&") for rel, href in re.findall(r'<a rel="(prev|next)" href="([^"]+)"', text)}


def walked(browser, path, pattern):
    """Follow the links to the end; return what each page holds, and go back to where it began."""
    pages, where = [], path
    while True:
        text = browser.get(where).text
        pages.append(re.findall(pattern, text))
        if "next" not in links(text):
            break
        where = path.partition("?")[0] + links(text)["next"]
    for _ in pages[1:]:
        where = path.partition("?")[0] + links(text)["prev"]
        text = browser.get(where).text
    assert re.findall(pattern, text) == pages[0] and "prev" not in links(text)
    return pages


@pytest.fixture
def crowd(hiring_house):
    """Many of everything that has a list, made as rows: no interview needs to be held for that."""
    house = hiring_house
    for n in range(ALL):
        at = f"2026-03-02T09:{n // 60:02}:{n % 60:02}+00:00"
        loop = "demo" if n >= OTHER else "mock-staff"
        row = {"candidate": f"c-{n:03}", "policy": "hiring", "status": "ready", "deadline": "", "updated": at}
        house.registry.add("sittings", row | {"id": f"s-{n:03}", "loop": loop, "created": at, "waiting": 0, "epoch": 1})
        house.registry.add("candidates", {"id": f"c-{n:03}", "name": f"Person {n:03}", "created": at})
        task = {
            "session": f"s-{n:03}",
            "item": 0,
            "title": f"Task {n:03}",
            "why": [],
            "since": at,
            "ratings": 0,
            "by": [],
        }
        house.registry.add(
            "reviews",
            {"id": f"s-{n:03}/9999", "session": f"s-{n:03}", "kind": "answer", "since": at, "body": json.dumps(task)},
        )
        plea = {"session": f"s-{n:03}", "appeal": f"ap-{n:03}", "item": None, "text": f"Plea {n:03}", "at": at}
        house.registry.add(
            "reviews",
            {"id": f"s-{n:03}/a9999", "session": f"s-{n:03}", "kind": "appeal", "since": at, "body": json.dumps(plea)},
        )
    return house


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/staff/sessions", r">(Person \d{3})<"),
        ("/staff/candidates", r">(Person \d{3})<"),
        ("/staff/reviews", r">(Task \d{3})<"),
        ("/staff/appeals", r">(Plea \d{3})<"),
    ],
)
def test_every_row_stands_on_one_page(browser_of, crowd, path, pattern):
    browser = browser_of(crowd)
    signed_in(browser, crowd, "admin")
    pages = walked(browser, path, pattern)
    assert [len(page) for page in pages] == [100, 100, 5]
    assert len({row for page in pages for row in page}) == ALL
    assert pages[0][0].endswith("204") and pages[-1][-1].endswith("000")
    assert browser.get(f"{path}?page=4").status_code == 404 and browser.get(f"{path}?page=0").status_code == 422


def test_the_cohort_keeps_its_interview_on_the_next_page(browser_of, crowd, monkeypatch):
    from examiner.service.people import cohort

    card = {"candidate": "", "loop": "", "ended": "2026-03-02T09:00:00+00:00", "rows": [], "decision": None}
    monkeypatch.setattr(cohort, "_report", lambda house, session, backings: card | {"candidate": f"Person {session}"})
    crowd.registry.change("sittings", {"status": "ended"}, status="ready")
    browser = browser_of(crowd)
    signed_in(browser, crowd, "hiring")
    pages = walked(browser, "/staff/cohort?loop=demo", r">(Person s-\d{3})<")
    assert [len(page) for page in pages] == [100, ALL - OTHER - 100]
    assert all(int(row[-3:]) >= OTHER for page in pages for row in page)
    assert "loop=demo" in links(browser.get("/staff/cohort?loop=demo").text)["next"]


def test_keys_have_pages_too(browser_of, house):
    for n in range(110):
        authority.create_key(house, f"Person {n:03}", "reviewer")
    browser = browser_of(house)
    signed_in(browser, house, "admin")
    pages = walked(browser, "/staff/keys", r">(Person \d{3})<br")
    assert sorted(row for page in pages for row in page) == [f"Person {n:03}" for n in range(110)]


def test_a_short_list_has_no_pages(browser_of, house):
    browser = browser_of(house)
    signed_in(browser, house, "admin")
    for path in ("sessions", "candidates", "reviews", "appeals", "certificates", "anchors", "cohort", "keys"):
        text = browser.get(f"/staff/{path}").text
        assert links(text) == {} and 'aria-label="Pages"' not in text, path


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 201])
def test_cutting_gives_each_row_once(count):
    rows, seen, number = list(range(count)), [], 1
    while True:
        leaf = paging.cut(number, rows, kind="a b", by="")
        seen += leaf.rows
        assert leaf.first == len(seen) - len(leaf.rows) and leaf.address(1) == f"?kind=a+b&page={number + 1}"
        if not leaf.more:
            break
        number += 1
    assert seen == rows
    with pytest.raises(NotFound):
        paging.cut(number + 1, rows)
