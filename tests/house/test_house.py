"""The rules of the house: what no single test of a room would notice."""

import ast
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from examiner.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = ("anthropic", "openai", "litellm", "instructor", "scipy", "sklearn", "fastapi")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 450, f"{path.name}: is it one subject?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 90, f"{path.name}:{node.lineno} {node.name}"


def test_only_the_gate_makes_a_release():
    makers = [
        path.relative_to(ROOT / "src" / "examiner").as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Release"
    ]
    assert set(makers) == {"calibration/gate.py"}


def test_every_setting_is_documented():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in (f.name for f in fields(Settings) if f.name != "origins"):
        assert f"{variable_of(name)}=" in example


def test_help_is_light():
    code = (
        "import sys; from examiner.cli import main\n"
        "sys.argv = ['examiner', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text)["project"]["dependencies"]
    bare = [d for d in wanted if not any(d in line and "#" in line for line in text.splitlines())]
    assert bare == []


def test_locks_hold_hashes_and_no_addresses():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_tests_are_collected_by_name():
    others = [p for p in (ROOT / "tests").rglob("*.py") if not p.name.startswith("test_")]
    assert [p for p in others if "\ndef test_" in p.read_text(encoding="utf-8")] == []
