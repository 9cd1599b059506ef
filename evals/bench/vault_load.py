"""How a vault of many families builds and loads: seconds, megabytes, and the size of the cache.

    .venv/bin/python evals/bench/vault_load.py [--families 10000] [--json]

The families are synthetic: the shipped ones again and again under other ids, so that each has a real family's size.
Every figure is taken in a process of its own, after the files were written; imports are not counted. `warm` reads the cache, `one`
reads one family too, `edit` is the first read after one file changed, `draw` a second loop drawn. CPU is steadier than wall.
"""

import argparse
import json
import os
import platform
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
        steps = {step: in_process(step, root, cache) for step in ("nothing", "build", "warm", "one", "draw")}
        touched = next((root / "vault/questions").rglob("*.yaml"))
        touched.write_text(touched.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        steps["edit"] = in_process("warm", root, cache)
        cached = sum(p.stat().st_size for p in cache.glob("*"))
    result = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "families": arguments.families,
        "yaml_mb": round(size / 1e6, 1),
        "cache_mb": round(cached / 1e6, 1),
        **{f"{step}_s": steps[step]["seconds"] for step in ("build", "warm", "one", "edit")},
        **{f"{step}_cpu_s": steps[step]["cpu"] for step in ("build", "warm", "one", "edit")},
        "warm_to_build": round(steps["warm"]["cpu"] / steps["build"]["cpu"], 4),
        "draw_cpu_ms": round(1000 * steps["draw"]["cpu"], 2),
        **{f"memory_{step}_mb": steps[step]["memory_mb"] for step in ("nothing", "build", "warm", "draw")},
    }
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            print(f"{name:18} {value}")


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
    """Return seconds, CPU seconds and peak memory of one step."""
    from examiner.vault.read import read
    from examiner.vault.select import plan

    began, busy = time.perf_counter(), time.process_time()
    if step != "nothing":
        vault = read(root, cache)
        if step == "one":
            vault.family(next(iter(vault.families)))
        if step == "draw":
            plan(vault, vault.loop("gauntlet-30"), 0)  # the first one reads the cards
            began, busy = time.perf_counter(), time.process_time()
            plan(vault, vault.loop("gauntlet-30"), 1)
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    return {"seconds": round(seconds, 4), "cpu": round(cpu, 4), "memory_mb": round(peak, 1)}


if __name__ == "__main__":
    main()
