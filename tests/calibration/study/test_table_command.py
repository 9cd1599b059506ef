"""The commands as a user meets them."""

import json
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

CUTS = np.array([-0.84, 0.0, 0.84])


def write(path, n, *, judges=("good", "bad"), questions=40, seed=2):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    raters = {name: ("human", truth + 0.25 * rng.normal(size=n)) for name in ("ann", "ben")}
    raters |= {
        name: ("judge", truth * (name == "good") + (0.2 if name == "good" else 1) * rng.normal(size=n))
        for name in judges
    }
    lines = ["item,question,criterion,rater,kind,score"]
    for name, (kind, latent) in raters.items():
        lines += [
            f"a{i},q{i % questions},mechanism,{name},{kind},{s}" for i, s in enumerate(np.searchsorted(CUTS, latent))
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_json_and_exit_code(run, tmp_path):
    code, out, _ = run("calibrate", "stats", write(tmp_path / "t.csv", 200), "--json")
    data = json.loads(out)
    assert code == 1
    assert {name: one["mechanism"]["verdict"] for name, one in data["judges"].items()} == {
        "good": "pass",
        "bad": "fail",
    }
    code, _, _ = run("calibrate", "stats", write(tmp_path / "good.csv", 200, judges=("good",)), "--levels", "0..3")
    assert code == 0


def test_markdown_and_page(run, tmp_path):
    page = tmp_path / "out" / "page.html"
    code, out, err = run(
        "calibrate", "stats", write(tmp_path / "t.csv", 200), "--markdown", "--html", page, "--by", "question"
    )
    assert code == 1 and str(page) in err
    assert "| ✗ | qwk |" in out and "| question | n | QWK" in out
    html = page.read_text()
    assert "<script" not in html and "http" not in re.sub(r'http-equiv|xmlns="[^"]+"', "", html)
    assert "prefers-color-scheme:dark" in html
    drawn = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.S)]
    assert len(drawn) == 8  # four pictures for each of two judges
    for svg in drawn:
        left, top, width, height = (float(x) for x in svg.get("viewBox").split())
        for shape in svg.iter():
            for key, low, size in (("x", left, width), ("cx", left, width), ("y", top, height), ("cy", top, height)):
                if shape.get(key) is not None:
                    assert low <= float(shape.get(key)) <= low + size, (shape.tag, shape.attrib)


def test_names_are_escaped(run, tmp_path):
    path = write(tmp_path / "t.csv", 60, judges=("good",))
    path.write_text(path.read_text().replace("good", "<b>|x").replace("mechanism", "[red]m[/red]"))
    page = tmp_path / "p.html"
    _, out, _ = run("calibrate", "stats", path, "--markdown", "--html", page)
    assert "<b>|x" not in page.read_text() and "\\|x" in out
    _, out, _ = run("calibrate", "stats", path)
    assert "[red]m[/red]" in out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("item,rater,score\na,b,1\n", "no column 'kind'"),
        ("item,rater,kind,score\na,b,human,9\n", "outside the levels 0..3"),
        ("item,rater,kind,score\na,b,ghost,1\n", "row 2 has the kind 'ghost'"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, rows, said):
    path = tmp_path / "t.csv"
    path.write_text(rows)
    code, out, err = run("calibrate", "stats", path, "--levels", "0..3", "--json")
    assert (code, out) == (2, "")
    assert said in err and len(err.strip().splitlines()) == 1


def test_other_mistakes(run, tmp_path):
    path = write(tmp_path / "t.csv", 30)
    assert run("calibrate", "stats", path, "--policy", "none")[0] == 2
    assert run("calibrate", "stats", path, "--levels", "3")[0] == 2
    assert run("calibrate", "stats", path, "--by", "rater")[0] == 2
    assert run("calibrate", "stats", tmp_path / "none.csv")[0] == 2


def test_people_alone_are_reported(run, tmp_path):
    code, out, err = run("calibrate", "stats", write(tmp_path / "t.csv", 60, judges=()), "--json")
    data = json.loads(out)
    assert code == 0 and data["judges"] == {} and "no judge" in err
    assert data["humans"]["mechanism"]["qwk"]["value"] > 0.7


@pytest.mark.slow
def test_power(run):
    code, out, _ = run("calibrate", "power", "--json", "--simulations", "300")
    data = json.loads(out)
    assert code == 0 and data["policy"] == "hiring"
    assert {r["rule"] for r in data["anchors_needed"]} == {"two-sided bound >= .70", "agreement limits of the policy"}
    assert run("calibrate", "power", "--json", "--simulations", "300")[1] == out
    code, out, _ = run("calibrate", "power", "--simulations", "300", "--policy", "high-stakes")
    assert code == 0 and "policy high-stakes" in out and "| constant |" in out


@pytest.mark.slow
def test_a_hundred_thousand_rows(run, tmp_path):
    path = write(tmp_path / "t.csv", 25_000, questions=500)
    start = time.process_time()
    _, out, _ = run("calibrate", "stats", path, "--json")
    assert time.process_time() - start < 15  # the budget is 5 s on a quiet machine
    assert json.loads(out)["humans"]["mechanism"]["items"] == 25_000
