"""Templates for a model: compiled once for one text, anew for another, and strict about names."""

import pytest
from jinja2 import Environment, UndefinedError

from examiner.domain.templates import Templates

TEXTS = {"a": "Hello {{ name }}.", "b": "{% include 'a' %} Bye.", "spare": "{{"}


def test_one_text_is_compiled_once_and_a_changed_one_again(monkeypatch):
    compiled = []
    real = Environment.compile
    monkeypatch.setattr(
        Environment, "compile", lambda self, source, *a, **k: compiled.append(source) or real(self, source, *a, **k)
    )
    mark = " {#- of this test alone -#}"
    mine = TEXTS | {"a": "Hello {{ name }}." + mark}
    first, second = Templates(mine, ("a", "b")), Templates(mine, ["a", "b"])
    assert compiled == [mine["a"], mine["b"]]
    assert first.render("b", name="X") == second.render("b", name="X") == "Hello X. Bye."
    changed = Templates(mine | {"a": "Good day {{ name }}." + mark}, ("a", "b"))
    assert changed.render("b", name="X") == "Good day X. Bye."
    assert first.render("b", name="X") == "Hello X. Bye."
    assert first.digest == second.digest != changed.digest


def test_a_name_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError, match="name"):
        Templates(TEXTS, ("a",)).render("a")
    with pytest.raises(KeyError, match="none"):
        Templates(TEXTS, ("none",))
