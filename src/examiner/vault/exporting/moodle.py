"""Moodle XML: an essay question an instance, and a numerical question for each of its final keys."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from examiner.domain.question import Instance, Key
from examiner.vault.exporting.about import About, key_line, point_lines
from examiner.vault.render import show


def write(instances: Sequence[Instance], about: About) -> bytes:
    """Return a Moodle XML quiz; the essays carry answer and rubric for the grader."""
    parts = [f"<!-- {escape(about.title).replace('--', '- -')}; licence {escape(about.licence)} -->", _category(about)]
    for instance in instances:
        parts.append(_essay(instance))
        parts += [_numerical(instance, key) for key in instance.keys if key.role == "final"]
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n' + "\n".join(parts) + "\n</quiz>\n").encode()


def _category(about: About) -> str:
    return (
        '<question type="category"><category><text>'
        f"$course$/top/{escape(about.title.replace('/', ' '))}</text></category></question>"
    )


def _essay(instance: Instance) -> str:
    lines = [*(key_line(k) for k in instance.keys), *point_lines(instance)]
    grader = _html(instance.model_answer) + "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
    return (
        f'<question type="essay">{_named(instance.title, instance.ref)}'
        f"{_said('questiontext', _html(instance.prompt))}<defaultgrade>3</defaultgrade>"
        f"<responseformat>editor</responseformat><responserequired>1</responserequired>"
        f"<responsefieldlines>15</responsefieldlines>{_said('graderinfo', grader)}{_tags(instance)}</question>"
    )


def _numerical(instance: Instance, key: Key) -> str:
    unit = "" if key.unit == "1" else f", in {key.unit}"
    asked = _html(instance.prompt) + f"<p>{escape(f'Give the number only: {key.say}{unit}.')}</p>"
    return (
        f'<question type="numerical">{_named(f"{instance.title}: {key.say}", f"{instance.ref}/{key.name}")}'
        f"{_said('questiontext', asked)}<defaultgrade>1</defaultgrade>"
        f'<answer fraction="100"><text>{key.value!r}</text>'
        f"<tolerance>{abs(key.value) * key.tolerance!r}</tolerance>"
        f"<feedback><text>{escape(show(key.value))}</text></feedback></answer>{_tags(instance)}</question>"
    )


def _named(name: str, ref: str) -> str:
    return f"<name><text>{escape(name)}</text></name><idnumber>{escape(ref)}</idnumber>"


def _said(tag: str, html: str) -> str:
    return f'<{tag} format="html"><text>{escape(html)}</text></{tag}>'


def _html(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(block.split()))}</p>" for block in text.split("\n\n") if block.strip())


def _tags(instance: Instance) -> str:
    names = (f"phase {instance.phase}", instance.level, instance.zone, instance.topic)
    return "<tags>" + "".join(f"<tag><text>{escape(n)}</text></tag>" for n in names) + "</tags>"
