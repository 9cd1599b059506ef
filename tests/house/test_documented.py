"""What README and docs say is there: files, links, commands with their options; what needs no network is run."""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer

from examiner.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "calibration").rglob("README.md"))]
BASES = ("", "src/examiner", "vault", "docs", "tests", "src/examiner/evals")
ROOMS = "docs|src|tests|evals|vault|calibration|deploy|prompts|rubrics|judge|cli|service|interview|domain|store|api|llm"
# Parsed but not run: these reach out, serve on, ask a person, or take minutes.
NOT_RUN = (
    "interview start",
    "serve",
    "worker",
    "tenants delete",  # wants the id typed
    "practice",
    "judge check",
    "judge show openai",
    "judge prompt",
    "judge answer",
    "grade",
    "batch",
    "calibrate power",
    "calibrate run",
    "probe run",
    "probe matrix",
    "drift",
    "evals",
    "vault",
    "anchors restate",
    "anchors lint",
    "audit verify receipt",
)


def _lines(text):
    """Yield each command of a page as it is to be typed: from fenced and indented blocks whole, else from `code`."""
    for fenced, indented in re.findall(r"^(?:```\w*\n(.*?)^```|((?:^ {4}\S.*\n)+))", text, flags=re.M | re.S):
        for line in (fenced + indented).replace("\\\n", " ").splitlines():
            if found := re.match(r"\s*(?:\w+=\S+ )*(?:[\w./]*/)?examiner (.*)", line):
                yield re.split(r"\s{2,}|\s+[#>]", found[1])[0], True
    for found in re.findall(r"`(?:\w+=\S+ )?(?:[\w./]*/)?examiner ([^`]+)`", text):
        yield found.replace("\\|", "|").strip(), False


COMMANDS = [(page, line, whole) for page in PAGES for line, whole in _lines(page.read_text(encoding="utf-8"))]


def _resolve(words):
    """Return the command that the first words name, and what is left of them."""
    command, words = typer.main.get_command(app), list(words)
    while words and hasattr(command, "get_command") and not words[0].startswith("-"):
        found = command.get_command(None, words[0])
        assert found is not None, f"no command '{words[0]}'"
        command = found
        words.pop(0)
    return command, words


@pytest.mark.parametrize(("page", "line", "whole"), COMMANDS, ids=[f"{p.name}:{c}" for p, c, _ in COMMANDS])
def test_a_documented_command_exists_with_its_options(page, line, whole):
    optional = "[" in line
    words = shlex.split(re.sub(r"[\[\]]", "", line))
    for first in words[0].split("|"):
        for second in words[1].split("|") if len(words) > 1 else [None]:
            chosen = [first, *([second] if second else []), *(w.split("|")[0] for w in words[2:])]
            command, left = _resolve(chosen)
            known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)} | {"--help"}
            assert {w for w in left if w.startswith("--")} <= known
            if "--help" in left:
                continue
            if whole or (left and not optional and "|" not in line and any(w.startswith("-") for w in left)):
                command.make_context("examiner", [w for w in left if w not in ("ID", "next") or not optional])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_named_files_are_there(page):
    text = page.read_text(encoding="utf-8")
    links = [m for m in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in m]
    named = re.findall(rf"`((?:{ROOMS})/[\w./-]+\.\w+)`", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [name for name in named if not any((ROOT / base / name).exists() for base in BASES)] == []
    assert [name for name in named if (page.parent / name).exists() and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", [p for p in PAGES if "](#" in p.read_text() or ".md#" in p.read_text()], ids=str)
def test_links_into_pages_lead_to_headings(page):
    for target, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", page.read_text(encoding="utf-8")):
        text = ((page.parent / target) if target else page).read_text(encoding="utf-8")
        heads = {
            re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)
        }
        assert anchor in heads


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with the files that the pages name, as their readers would have them."""
    monkeypatch.chdir(tmp_path)
    texts = ["Every step reads all weights once, so bandwidth bounds it.", "I do not know.", "It is 7.35 ms."]
    lines = [{"id": f"a{n}", "question": "decode-floor@39", "answer": text} for n, text in enumerate(texts)]
    Path("answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    graded = [
        {"qid": f"q{n % 8}", "question": f"What is step {n % 8}?", "reference": f"step {n % 8} reads {n % 8} weights"}
        | {"answer": f"it reads {n} weights in step {n % 5}", "scores": [n % 6, min(5, n % 6 + n % 2)]}
        for n in range(40)
    ]
    Path("mohler2011.jsonl").write_text("".join(json.dumps(line) + "\n" for line in graded))
    rows = [
        f"i{n},q{n % 20},c,{r},{k},{(n + d) % 4}"
        for n in range(40)
        for r, k, d in (("a", "human", 0), ("j", "judge", n % 9 == 0))
    ]
    Path("scores.csv").write_text("\n".join(["item,question,criterion,rater,kind,score", *rows]) + "\n")
    return tmp_path


@pytest.mark.slow
def test_documented_commands_that_need_no_network_run_as_written(run, files):
    ran = []
    for page, line, whole in COMMANDS:
        if line.startswith(NOT_RUN) or not whole:
            continue
        words = [w.replace("/safe/", f"{files}/") for w in shlex.split(line)]
        code, _, err = run(*words, stdin="2\n" * 40)
        if line.startswith("anchors label"):  # the page has two people label
            run(*(w if w != "ana" else "ben" for w in words), stdin="1\nu\n" + "3\n" * 40)
        ran.append((f"{page.name}: {line}", code, err))
    bad = [
        (line, code, err) for line, code, err in ran if code not in (0, 1, 7) or "Usage:" in err or "Traceback" in err
    ]
    assert bad == [] and len(ran) >= 20


def test_the_answer_judged_in_the_readme_is_what_is_printed(run):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command, shown = re.search(r"```\nexaminer (judge answer .*?)\n```\n\n```\n(.*?)```", text, re.DOTALL).groups()
    code, out, err = run(*shlex.split(command))
    printed = " ".join((out + err).split())
    pieces = [" ".join(piece.split()) for piece in shown.split("...")]
    assert code == 0 and [piece for piece in pieces if piece not in printed] == []


def test_the_readme_counts_what_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    families = len(list((ROOT / "vault" / "questions").rglob("*.yaml"))) + len(
        list((ROOT / "vault" / "scenarios").rglob("*.yaml"))
    )
    anchors = (ROOT / "calibration/anchors/reference/anchors.jsonl").read_text(encoding="utf-8").count("\n")
    assert f"of {families} (" in text and f"the {anchors} shipped reference answers" in text
