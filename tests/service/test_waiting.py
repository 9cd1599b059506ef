"""What waits for a person: rows that are always what the streams make of them."""

from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examiner.domain.errors import Busy
from examiner.service.people import appealing, cohort, reviewing, waiting
from examiner.service.sitting import sessions
from examiner.service.upkeep import sweeping


def ended(house, name):
    state = sessions.create(house, "demo", candidate=name, seed=7, pace=None)
    now = sessions.begin(house, state.id)
    sessions.submit(house, state.id, now.turn, "Memory bandwidth.")
    sessions.abandon(house, state.id)
    return state.id


def graded(house, session, *items):
    body = {"items": [{"item": n, "ref": f"q{n}", "title": f"T{n}", "why": ["withheld: x"]} for n in items]}
    reviewing.add(house, session, "graded", body)


def test_the_latest_session_first_its_answers_in_order(house, clock):
    one, two = ended(house, "a"), ended(house, "b")
    graded(house, one, 0, 2, 10)
    clock.pass_(60)
    graded(house, two, 1)
    assert [(r["session"], r["item"]) for r in reviewing.queue(house)] == [(two, 1), (one, 0), (one, 2), (one, 10)]
    rows, place = waiting.page(house, waiting.ANSWER, 2)
    rest, end = waiting.page(house, waiting.ANSWER, 2, place)
    assert [r["item"] for r in rows + rest] == [1, 0, 2, 10] and end is None
    assert waiting.around(house, one, 2) == {
        "place": 3,
        "count": 4,
        "before": (one, 0),
        "after": (one, 10),
        "why": ["withheld: x"],
    }
    assert waiting.around(house, one, 7) == {"place": 0, "count": 4, "before": None, "after": (two, 1), "why": []}


steps = st.lists(
    st.tuples(st.sampled_from(["rate", "overrule", "appeal", "settle"]), st.integers(0, 2), st.sampled_from("xyz")),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_rows_made_one_by_one_are_those_made_at_once(house, steps):
    session = ended(house, "a")
    graded(house, session, 0, 1, 2)
    for kind, item, by in steps:
        told = [r["appeal"] for r in appealing.open_appeals(house) if r["session"] == session]
        body = {
            "rate": ("rated", {"item": item, "by": by, "score": 1}),
            "overrule": ("overruled", {"item": item, "by": by, "score": 1}),
            "appeal": ("appealed", {"item": item, "appeal": house.new_id("ap"), "text": by}),
            "settle": ("settled", {"appeal": told[0] if told else "none"}),
        }[kind]
        reviewing.add(house, session, *body)
    mine = partial(house.registry.many, waiting.TABLE, session=session)
    before = mine()
    expected = list(waiting.rows_of(session, reviewing.history(house, session)))
    assert [{k: row[k] for k in expected[0]} for row in before] == sorted(expected, key=lambda row: row["id"])
    house.registry.drop(waiting.TABLE, session=session)
    waiting.rebuild(house)
    assert mine() == before


def test_rows_that_could_not_be_made_are_made_by_the_background_work(house, monkeypatch):
    session = ended(house, "a")
    sweeping.sweep(house)

    def busy(*_, **__):
        raise Busy("others write")

    with monkeypatch.context() as patch:
        patch.setattr(house.registry, "replace", busy)
        graded(house, session, 0)  # what was appended stands
    assert reviewing.history(house, session)[-1].kind == "graded" and reviewing.queue(house) == []
    sweeping.sweep(house)
    assert [r["item"] for r in reviewing.queue(house)] == [0] and house.behind == set()


def test_a_report_reads_the_certificates_once_and_an_answer_is_judged_once(house, monkeypatch):
    from examiner.service.sitting import grading
    from examiner.service.trust import certifying

    session, reads, judged = ended(house, "a"), [], []
    real, assess = certifying.facts, grading.assess
    monkeypatch.setattr(certifying, "facts", lambda *a: reads.append(1) or real(*a))
    monkeypatch.setattr(grading, "assess", lambda *a: judged.append(1) or assess(*a))
    first = reviewing.report(house, session)
    assert len(reads) <= 1 and len(judged) == 1
    assert reviewing.report(house, session) == first and len(judged) == 1
    reads.clear()
    ended(house, "b")
    assert len(cohort.cohort(house, "", 50).lines) == 2 and len(reads) <= 1
