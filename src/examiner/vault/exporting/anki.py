"""An Anki package (.apkg): a zip with a SQLite collection of schema 11, which every Anki since 2.1 imports.

Note and deck ids follow from the content, so that importing a newer export updates notes instead of doubling them.
"""

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from html import escape
from typing import Any

from examiner.domain.question import Instance
from examiner.vault.exporting.about import About, key_line, point_lines, tags

_FIELDS = ("Question", "Answer", "Points", "Source")
_MODEL = 1_735_689_600_001  # an id in milliseconds, as Anki wants one; fixed, so that note types do not multiply
_FRONT = "{{Question}}"
_BACK = "{{FrontSide}}<hr id=answer>{{Answer}}<ul>{{Points}}</ul><small>{{Source}}</small>"
_CSS = ".card{font-family:sans-serif;font-size:18px;text-align:left;line-height:1.5}"
_TABLES = """
CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null, scm integer not null,
  ver integer not null, dty integer not null, usn integer not null, ls integer not null, conf text not null,
  models text not null, decks text not null, dconf text not null, tags text not null);
CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null, mod integer not null,
  usn integer not null, tags text not null, flds text not null, sfld integer not null, csum integer not null,
  flags integer not null, data text not null);
CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null, ord integer not null,
  mod integer not null, usn integer not null, type integer not null, queue integer not null, due integer not null,
  ivl integer not null, factor integer not null, reps integer not null, lapses integer not null, left integer not null,
  odue integer not null, odid integer not null, flags integer not null, data text not null);
CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null,
  ivl integer not null, lastIvl integer not null, factor integer not null, time integer not null,
  type integer not null);
CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
CREATE INDEX ix_notes_usn on notes (usn);
CREATE INDEX ix_cards_usn on cards (usn);
CREATE INDEX ix_revlog_usn on revlog (usn);
CREATE INDEX ix_cards_nid on cards (nid);
CREATE INDEX ix_cards_sched on cards (did, queue, due);
CREATE INDEX ix_revlog_cid on revlog (cid);
CREATE INDEX ix_notes_csum on notes (csum);
"""


def write(instances: Sequence[Instance], about: About) -> bytes:
    """Return the package: one note and one new card an instance, in a deck named after `about.title`."""
    seconds = int(about.at.timestamp())
    deck = 1_000_000_000_000 + _number(about.title) % 500_000_000_000
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        connection.execute("INSERT INTO col VALUES (1,?,?,?,11,0,0,0,?,?,?,?,'{}')", _collection(about, seconds, deck))
        for place, instance in enumerate(instances, start=1):
            note = 1_000_000_000_000 + _number(instance.ref) % 700_000_000_000
            fields = _fields(instance, about)
            connection.execute(
                "INSERT INTO notes VALUES (?,?,?,?,-1,?,?,?,?,0,'')",
                (
                    note, hashlib.sha256(instance.ref.encode()).hexdigest()[:10], _MODEL, seconds,
                    f" {' '.join(tags(instance))} ", "\x1f".join(fields), fields[0], _checksum(fields[0]),
                ),
            )  # fmt: skip
            connection.execute(
                "INSERT INTO cards VALUES (?,?,?,0,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')", (note, note, deck, seconds, place)
            )
        connection.commit()
        database = connection.serialize()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("collection.anki2", database), ("media", b"{}")):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _fields(instance: Instance, about: About) -> list[str]:
    lines = [*(key_line(k) for k in instance.keys if k.role == "final"), *point_lines(instance)]
    return [
        _html(instance.prompt),
        _html(instance.model_answer),
        "".join(f"<li>{escape(line)}</li>" for line in lines),
        escape(f"{instance.ref} · {about.source} · {about.licence}"),
    ]


def _html(text: str) -> str:
    return "<br><br>".join(escape(" ".join(block.split())) for block in text.split("\n\n") if block.strip())


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _checksum(text: str) -> int:
    # Anki's own: the first 8 hex digits of the first field's SHA-1; it finds duplicates, and guards nothing.
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def _collection(about: About, seconds: int, deck: int) -> tuple[Any, ...]:
    fields = [
        {"name": name, "ord": n, "sticky": False, "rtl": False, "font": "Arial", "size": 18, "media": []}
        for n, name in enumerate(_FIELDS)
    ]
    template = {"name": "Card 1", "ord": 0, "qfmt": _FRONT, "afmt": _BACK, "did": None, "bqfmt": "", "bafmt": ""}
    model = {
        "id": _MODEL, "name": "examiner question", "type": 0, "mod": seconds, "usn": -1, "sortf": 0, "did": deck,
        "tmpls": [template], "flds": fields, "css": _CSS, "latexPre": "", "latexPost": "", "tags": [], "vers": [],
        "req": [[0, "any", [0]]],
    }  # fmt: skip
    decks = {str(n): _deck(n, name, seconds) for n, name in ((1, "Default"), (deck, about.title))}
    options = {
        "id": 1, "name": "Default", "mod": 0, "usn": 0, "maxTaken": 60, "autoplay": True, "timer": 0, "replayq": True,
        "new": {"bury": True, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7], "order": 1, "perDay": 20,
                "separate": True},
        "rev": {"bury": True, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "minSpace": 1, "perDay": 200},
        "lapse": {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0},
    }  # fmt: skip
    conf = {"nextPos": 1, "estTimes": True, "activeDecks": [1], "sortType": "noteFld", "sortBackwards": False,
            "addToCur": True, "curDeck": 1, "newSpread": 0, "dueCounts": True, "curModel": str(_MODEL),
            "collapseTime": 1200, "timeLim": 0}  # fmt: skip
    texts = (json.dumps(x) for x in (conf, {str(_MODEL): model}, decks, {"1": options}))
    return (seconds, seconds * 1000, seconds * 1000, *texts)


def _deck(number: int, name: str, seconds: int) -> dict[str, Any]:
    return {
        "id": number, "name": name, "mod": seconds, "usn": -1, "desc": "", "dyn": 0, "conf": 1, "collapsed": False,
        "extendNew": 10, "extendRev": 50, "newToday": [0, 0], "revToday": [0, 0], "lrnToday": [0, 0],
        "timeToday": [0, 0],
    }  # fmt: skip
