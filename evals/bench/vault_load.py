"""How a vault of many families builds and loads: seconds, megabytes, and the size of the cache.

    .venv/bin/python evals/bench/vault_load.py [--families 10000] [--json]

The families are synthetic: the shipped ones again and again under other ids, so that each has a real family's size.
Every figure is taken in a process of its own, after the files were written.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Make the vault, measure each step in its own process, print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", nargs=3, metavar=("STEP", "ROOT", "CACHE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure[0], Path(arguments.measure[1]), Path(arguments.measure[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "content", Path(folder) / "cache"
        size = synthesize(root, arguments.families)
        steps = {step: in_process(step, root, cache) for step in ("nothing", "build", "warm", "draw")}
        cached = sum(p.stat().st_size for p in cache.glob("*"))
    result = {
        "families": arguments.families,
        "yaml_mb": round(size / 1e6, 1),
        "cache_mb": round(cached / 1e6, 1),
        "build_s": steps["build"]["seconds"],
        "warm_load_s": steps["warm"]["seconds"],
        "draw_ms": round(1000 * steps["draw"]["seconds"], 2),
        "memory_empty_mb": steps["nothing"]["memory_mb"],
        "memory_build_mb": steps["build"]["memory_mb"],
        "memory_warm_mb": steps["warm"]["memory_mb"],
    }
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:16} {value}")


def synthesize(root: Path, count: int) -> int:
    """Write `count` families under `root` and return their bytes."""
    for name in ("vault", "rubrics"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("questions", "scenarios"))
    originals = sorted((ROOT / "vault/questions").rglob("*.yaml"))
    total = 0
    for number in range(count):
        source = originals[number % len(originals)]
        text = source.read_text(encoding="utf-8")
        head, _, rest = text.partition("\n")
        made = f"{head}-{number}\n{rest}"
        path = root / "vault/questions" / source.parent.name / f"{source.stem}-{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
        total += len(made.encode())
    return total


def in_process(step: str, root: Path, cache: Path) -> dict[str, float]:
    """Run one step in a fresh interpreter and return its figures."""
    command = [sys.executable, __file__, "--measure", step, str(root), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def measure(step: str, root: Path, cache: Path) -> dict[str, float]:
    """Return seconds and peak memory of one step."""
    from examiner.vault.read import read
    from examiner.vault.select import plan

    began = time.perf_counter()
    if step != "nothing":
        vault = read(root, cache)
        if step == "draw":
            began = time.perf_counter()
            for seed in range(10):
                plan(vault, vault.loop("gauntlet-30"), seed)
            began += (time.perf_counter() - began) * 0.9  # one plan of ten
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    return {"seconds": round(seconds, 4), "memory_mb": round(peak, 1)}


if __name__ == "__main__":
    main()
