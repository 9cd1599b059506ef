"""Coverage: cells, capacity, evenness, and the map."""

import statistics
from xml.etree import ElementTree as ET

from examiner.reports import coverage_map
from examiner.vault.coverage import TARGET, coverage


def test_every_pair_is_a_cell_and_exclusions_have_reasons(vault):
    result = coverage(vault)
    taxonomy = vault.taxonomy
    assert len(result.grid) == len(taxonomy["topics"]) * len(taxonomy["tracks"])
    excluded = [c for c in result.grid if c.state == "excluded"]
    assert excluded and all(c.reason for c in excluded)
    assert result.cells + len(excluded) == len(result.grid)
    assert result.filled == sum(c.state in ("partial", "full") for c in result.grid)
    assert result.empirical is None and result.fill is None


def test_capacity_and_fill_by_hand(vault):
    result = coverage(vault, {"kv-concurrency": 12})
    cell = next(c for c in result.grid if (c.topic, c.track) == ("kv-capacity", "cloud"))
    assert cell.empirical == 12 and cell.fill == 12 / TARGET and cell.state == "partial"
    more = coverage(vault, {"kv-concurrency": 60})
    cell = next(c for c in more.grid if (c.topic, c.track) == ("kv-capacity", "cloud"))
    assert cell.fill == 1.0 and cell.state == "full" and more.full >= 1


def test_evenness_is_the_coefficient_of_variation(vault):
    counts = [sum(f.topic == t for f in vault.families.values()) for t in vault.taxonomy["topics"]]
    expected = statistics.pstdev(counts) / statistics.fmean(counts)
    result = coverage(vault)
    assert abs(result.evenness - expected) < 1e-3 and result.even == (expected < 0.5)


def test_phases_that_no_loop_can_draw_are_named(vault):
    result = coverage(vault)
    reached = {p for phases in result.loops.values() for p in phases}
    assert set(result.unsampled) == set(vault.taxonomy["phases"]) - reached
    assert set(result.loops["mock-staff"]) >= {0, 1, 2, 3, 4, 5, 6, 7, 8}


def test_the_map_is_one_sound_page(vault):
    data = coverage(vault, dict.fromkeys(vault.families, 30)).model_dump(mode="json")
    areas = {topic: entry["area"] for topic, entry in vault.taxonomy["topics"].items()}
    titles = {area: entry["title"] for area, entry in vault.taxonomy["areas"].items()}
    page = coverage_map.html(data, areas, titles)
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and "prefers-color-scheme" in page
    pictures = [part.split("</svg>")[0] + "</svg>" for part in page.split("<svg")[1:]]
    tiles = sum(len(ET.fromstring("<svg" + p).findall("g")) for p in pictures)
    assert tiles == len(data["grid"])
    assert "excluded" in page and "tensor-parallel on tinyml" in page
