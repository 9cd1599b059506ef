"""A QTI 3 content package: one extended-text item an instance, its answer and rubric for the scorer only."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from examiner.domain.question import Instance
from examiner.vault.exporting.about import About, key_line, point_lines

ITEM = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
PACKAGE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/LOM"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's own zero: the same instances give the same bytes


def write(instances: Sequence[Instance], about: About) -> bytes:
    """Return the zipped package with its manifest."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "imsmanifest.xml", _manifest(instances, about))
        for instance in instances:
            _add(archive, f"items/{_identifier(instance)}.xml", item(instance))
    return out.getvalue()


def item(instance: Instance) -> str:
    """Return one item. MAXSCORE is 3, the top of the scale; nothing in it scores by itself."""
    rubric = [*(key_line(k) for k in instance.keys), *point_lines(instance)]
    listed = "".join(f"<li>{escape(line)}</li>" for line in rubric)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<qti-assessment-item xmlns="{ITEM}" identifier="{_identifier(instance)}" title={quoteattr(instance.title)}'
        ' adaptive="false" time-dependent="false" xml:lang="en" tool-name="examiner">\n'
        '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="string"/>\n'
        '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"'
        ' external-scored="human" normal-minimum="0" normal-maximum="3"/>\n'
        '<qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float">'
        "<qti-default-value><qti-value>3</qti-value></qti-default-value></qti-outcome-declaration>\n"
        f"<qti-item-body>{_paragraphs(instance.prompt)}\n"
        '<qti-rubric-block view="scorer" use="scoring"><qti-content-body>'
        f"{_paragraphs(instance.model_answer)}<ul>{listed}</ul></qti-content-body></qti-rubric-block>\n"
        '<qti-extended-text-interaction response-identifier="RESPONSE" expected-lines="12"/>\n'
        "</qti-item-body>\n</qti-assessment-item>\n"
    )


def _manifest(instances: Sequence[Instance], about: About) -> str:
    resources = "".join(
        f'<resource identifier="r-{_identifier(i)}" type="imsqti_item_xmlv3p0" href="items/{_identifier(i)}.xml">'
        f'<file href="items/{_identifier(i)}.xml"/></resource>\n'
        for i in instances
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="{PACKAGE}" identifier="examiner">\n'
        "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion>"
        f"<!-- {escape(about.title).replace('--', '- -')} -->"
        f'<lom xmlns="{LOM}"><rights><description><string language="en">{escape(about.licence)}</string>'
        "</description></rights></lom></metadata>\n"
        f"<organizations/>\n<resources>\n{resources}</resources>\n</manifest>\n"
    )


def _identifier(instance: Instance) -> str:
    # An identifier is an XML NCName: no '@', and no digit in front.
    return f"q-{instance.family}-{instance.seed}"


def _paragraphs(text: str) -> str:
    blocks = (" ".join(block.split()) for block in text.split("\n\n"))
    return "".join(f"<p>{escape(block)}</p>" for block in blocks if block)


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text.encode())
