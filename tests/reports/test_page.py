"""The report page: self-contained, honest, and safe with whatever a candidate types."""

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from examiner.domain.report import AskedItem, CandidateCard, Row
from examiner.domain.score import Release, Turn
from examiner.reports.card import html
from examiner.reports.markdown import markdown


def card(text="an answer", name="A"):
    item = AskedItem(
        ref="q@1", title="T", section="s", kind="rapid", phase=0, areas=("memory",), level="L1", prompt="P", score=None,
        turns=(Turn(text=text),), release=Release(policy="hiring", state="uncalibrated", label="withheld", reason="why", remedy="how"),
    )  # fmt: skip
    rows = (
        Row(
            area="memory",
            title="Memory",
            value=None,
            lowest=None,
            scores=(),
            refs=("q@1",),
            phases=(0,),
            label="withheld",
        ),
        Row(area="cost", title="Cost", value=None, lowest=None, scores=(), refs=(), phases=()),
    )
    return CandidateCard(
        sitting="s", candidate=name, loop="L", seed=1, started="2026-01-01T00:00:00", ended="2026-01-01T00:00:00", judge="embedded",
        fingerprint="sha256:x", policy="hiring", released=False, standing="No score is released.", sections=(), rows=rows,
        revision=(), items=(item,),
    )  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@settings(max_examples=40)
@given(
    st.text(max_size=80)
    | st.sampled_from(["<script>alert(1)</script>", "</blockquote><img src=x onerror=y>", '" onload="x'])
)
def test_what_a_candidate_types_stays_text(text):
    page = Tags()
    page.feed(html(card(text, name=text)))
    assert not {"script", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_page_is_self_contained_and_says_how_far_to_trust_it():
    text = html(card())
    assert not re.search(r"(?:src|href)=|url\(|@import", text)
    assert "No score is released." in text and "withheld" in text and "Not asked: Cost" in text
    assert "No score is released." in markdown(card())
