"""Second routes: the numbers of the longer scenarios, of designs and of incidents."""

import math

from examiner.evals.keys.registry import Plain, route

# --- designs ----------------------------------------------------------------------------------


@route("answers-from-a-library")
def _library(p: Plain) -> dict[str, float]:
    found = p["k"] * 400

    def busy(tokens: float) -> float:
        work = p["rate"] * tokens * 2 * p["model"]["params"]
        return float(work / (0.4 * p["gpu"]["flops"] * 1e12))

    return {
        "index": p["docs"] * 1024 * 4 / 1000,
        "prompt_tokens": found + 600,
        "load": busy(found + 600),
        "cached": busy(found),
    }


@route("inspection-by-camera")
def _camera(p: Plain) -> dict[str, float]:
    seconds = 2 * p["params"] * 1e9 * p["tokens"] / (0.35 * p["tops"] * 1e12)
    return {"prefill": seconds * 1000, "busy": seconds * p["rate"] * 100, "sentence": 40 * p["params"] / 100}


@route("sparse-giant-on-nodes")
def _giant(p: Plain) -> dict[str, float]:
    weights, usable = p["model"]["params"] / 1e9, 0.9 * p["gpu"]["memory"]
    sequence = p["context"] * p["kv"] / 1e6
    return {
        "weights": weights,
        "least": math.ceil(weights / usable - 1e-9),
        "per_sequence": sequence,
        "resident": (p["gpus"] * usable - weights) // sequence,
    }


# --- incidents --------------------------------------------------------------------------------


@route("all-ranks-waiting")
def _ranks(p: Plain) -> dict[str, float]:
    return {"lost": p["stuck"] * p["width"] * p["minutes"], "capacity": p["stuck"] / p["groups"] * 100}


@route("broken-json-at-length")
def _broken(p: Plain) -> dict[str, float]:
    answers = p["rate"] * p["hours"] * 3600
    return {"extra": answers * p["now"] / 100 - answers * p["before"] / 100, "per_s": p["rate"] * p["now"] / 100}


@route("retries-on-retries")
def _retries(p: Plain) -> dict[str, float]:
    worst = float(p["arrivals"])
    for _ in range(p["layers"]):
        worst *= p["tries"]
    return {"worst": worst, "wasted": (worst - p["arrivals"]) * p["minutes"] * 60 * p["cost"]}


@route("scores-rose-overnight")
def _rose(p: Plain) -> dict[str, float]:
    old, new = p["old"] / 100, p["new"] / 100
    error = math.sqrt((old * (1 - old) + new * (1 - new)) / p["items"])
    return {"flipped": (p["new"] - p["old"]) * p["items"] / 100, "sigmas": (new - old) / error}


@route("second-token-late")
def _second(p: Plain) -> dict[str, float]:
    hit = p["rate"] * p["minutes"] * 60 * p["share"] / 100
    return {"hit": hit, "seconds": hit * p["wait"] / 3600}
