import asyncio

import pytest

from examiner.llm.call import Call, CallFailed, Message
from examiner.llm.fallback import Fallback
from examiner.llm.scripted import ScriptedModel

CALL = Call("judge", "a", (), (Message("user", "x"),))


def test_the_next_is_asked_where_the_first_is_down_and_says_who_answered():
    first, second = ScriptedModel([CallFailed("server", "down"), "hi"], model="a-1"), ScriptedModel(["ho"], model="b-1")
    both = Fallback([(first, "a"), (second, "b")])
    reply = asyncio.run(both.reply(CALL))
    assert (reply.text, reply.model, second.calls[0].model) == ("ho", "b-1", "b")
    assert asyncio.run(both.reply(CALL)).model == "a-1"


@pytest.mark.parametrize("kind", ["refusal", "invalid", "truncated", "rejected"])
def test_an_answer_that_displeases_is_no_reason_to_ask_another(kind):
    second = ScriptedModel(["ho"])
    both = Fallback([(ScriptedModel([CallFailed(kind, "no")]), "a"), (second, "b")])
    with pytest.raises(CallFailed, match="no"):
        asyncio.run(both.reply(CALL))
    assert second.calls == []


def test_where_all_are_down_the_last_says_so():
    both = Fallback(
        [(ScriptedModel([CallFailed("server", "one")]), ""), (ScriptedModel([CallFailed("timeout", "two")]), "")]
    )
    with pytest.raises(CallFailed, match="two"):
        asyncio.run(both.reply(CALL))
