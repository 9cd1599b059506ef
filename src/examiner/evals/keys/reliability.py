"""Second routes: availability, budgets, canaries, agreement and the operation of fleets."""

import math

from examiner.evals.keys.registry import Plain, route


@route("a-chain-of-dependencies")
def _chain(p: Plain) -> dict[str, float]:
    up = p["a"] / 100
    serial = up ** p["n"]
    return {
        "serial": serial * 100,
        "down": (1 - serial) * p["month"] * 24 * 60,
        "twice": (1 - (1 - up) * (1 - up)) ** p["n"] * 100,
    }


def _kappa(both: float, neither: float, first: float, second: float) -> tuple[float, float, float]:
    """Return raw agreement, chance agreement and kappa of a two by two table."""
    n = both + neither + first + second
    raw = (both + neither) / n
    one, other = (both + first) / n, (both + second) / n
    chance = one * other + (1 - one) * (1 - other)
    return raw, chance, (raw - chance) / (1 - chance)


@route("agreement-beyond-chance")
def _agreement(p: Plain) -> dict[str, float]:
    rest = p["n"] - p["pp"] - p["ff"] - p["pf"]
    raw, chance, kappa = _kappa(p["pp"], p["ff"], p["pf"], rest)
    return {"raw": raw * 100, "chance_a": chance * 100, "kappa": kappa}


@route("agreement-by-chance")
def _chance(p: Plain) -> dict[str, float]:
    raw, chance, kappa = _kappa(p["both"], p["neither"], p["judge_only"], p["human_only"])
    failed = p["neither"] + p["judge_only"]
    return {"agree": raw * 100, "chance": chance * 100, "kappa": kappa, "leak": p["judge_only"] / failed * 100}


@route("base-swapped")
def _base_swapped(p: Plain) -> dict[str, float]:
    hit = p["rate"] * p["share"] / 100 * p["minutes"] * 60
    return {"hit": hit, "each": hit / p["tenants"]}


@route("cold-start-of-a-replica")
def _cold_start(p: Plain) -> dict[str, float]:
    delay = p["notice"] + p["gb"] / p["rate"] + p["warm"]
    waiting = (p["then"] - p["reps"] * p["each"]) * delay
    needed = p["then"] + waiting / p["drain"]
    return {"delay": delay, "waiting": waiting, "extra": math.ceil(needed / p["each"] - p["reps"] - 1e-9)}


@route("fleet-model-update")
def _fleet_update(p: Plain) -> dict[str, float]:
    boxes = p["fleet"] * 1000
    full = boxes * p["size"] / 1000 * p["price"]
    waves = 2  # a day after the bad wave the next one is out already
    return {"full": full, "thin": full * p["delta"] / 100, "exposed": waves * boxes * p["wave"] / 100}


@route("gateways-die-every-third-day")
def _gateways(p: Plain) -> dict[str, float]:
    restarts = p["fleet"] / p["days"]
    return {"blind_h": restarts * p["down"] / 60, "leak_mb": p["free"] / (p["days"] * 24)}


@route("golden-suite-flake")
def _golden(p: Plain) -> dict[str, float]:
    one = p["differ"] / 100
    red = 1 - (1 - one) ** p["tests"]
    return {"red": red * 100, "fails": p["tests"] * one, "redruns": p["runs"] * red}


@route("good-requests")
def _good(p: Plain) -> dict[str, float]:
    both = p["first"] / 100 * p["gap"] / 100
    return {"both": both * 100, "good": p["rate"] * both, "each": p["rate"] * both / p["gpus"]}


@route("healthy-and-empty")
def _healthy(p: Plain) -> dict[str, float]:
    failed = p["rps"] * p["mins"] * 60 * p["emptyshare"] / 100
    return {"failed_k": failed / 1000, "over": p["emptyshare"] / 100 * p["reps"]}


@route("how-fast-the-budget-burns")
def _burn(p: Plain) -> dict[str, float]:
    rate = p["bad"] / (p["total"] * 1000) / (1 - p["slo"] / 100)
    return {"burn": rate, "gone": p["days"] / rate, "used": rate / (p["days"] * 24) * 100}


@route("how-many-answers-to-sample")
def _sample(p: Plain) -> dict[str, float]:
    share = p["p"] / 100
    each = math.ceil(share * (1 - share) / (p["w"] / 100 / 1.96) ** 2)
    return {"n_each": each, "n_all": each * p["k"], "hours": each * p["k"] * p["mins"] / 60}


@route("minutes-of-failure")
def _minutes(p: Plain) -> dict[str, float]:
    seconds = (100 - p["slo"]) / 100 * p["days"] * 86400
    return {"mins": seconds / 60, "failed": seconds * p["rps"] / 1000, "long_min": seconds / 60 / (p["part"] / 100)}


@route("node-failures-in-a-fleet")
def _nodes(p: Plain) -> dict[str, float]:
    life = p["years"] * 365 * 24
    mtbf = life / p["nodes"]
    return {
        "mtbf": mtbf,
        "surv": math.exp(-p["rep"] * p["days"] * 24 / life) * 100,
        "monthly": 730 / mtbf,
    }


@route("noise-of-a-gate")
def _gate(p: Plain) -> dict[str, float]:
    share, drop = p["pass_rate"] / 100, p["drop"] / 100
    variance = 2 * share * (1 - share)
    error = math.sqrt(variance / p["n"])
    return {
        "se": error * 100,
        "margin": drop / error,
        "needed": math.ceil(variance * (1.645 / drop) ** 2),
        "paired": math.ceil(p["discordant"] / 100 * (1.645 / drop) ** 2),
    }


@route("requests-for-a-canary")
def _canary(p: Plain) -> dict[str, float]:
    a, b = p["p"] / 100, p["mult"] * p["p"] / 100
    need = math.ceil(((1.64 * math.sqrt(a * (1 - a)) + 0.84 * math.sqrt(b * (1 - b))) / (b - a)) ** 2)
    return {"need": need, "mins": need / (p["rps"] * p["share"] / 100) / 60, "failed": need * b}


@route("the-slowest-of-many")
def _slowest(p: Plain) -> dict[str, float]:
    bad = 1 - p["good"] / 100
    slow = 1 - (1 - bad) ** p["n"]
    return {
        "slow_share": slow * 100,
        "allowed": (1 - (1 - p["want"] / 100) ** (1 / p["n"])) * 100,
        "mean_ms": (1 - slow) * p["fast"] + slow * p["slow"],
        "hedged": (1 - (1 - bad * bad) ** p["n"]) * 100,
    }


@route("telemetry-bill-of-a-fleet")
def _telemetry(p: Plain) -> dict[str, float]:
    values = p["n"] * 1000 * p["metrics"] / p["every"]
    day = values * 86400 * p["bytes_v"] / 1e9
    return {"vps": values, "day_gb": day, "month_usd": day * 30 * p["price"]}


@route("wrong-beyond-32k")
def _wrong(p: Plain) -> dict[str, float]:
    long = p["reqs"] * 1000 * p["share"] / 100
    return {"long_n": long, "hit_n": long * p["bad"] / 100}


@route("wrong-picture")
def _picture(p: Plain) -> dict[str, float]:
    share = p["share"] / 100 * p["hit"] / 100
    return {"affected": p["rate"] * p["minutes"] * 60 * share, "traffic": share * 100}


@route("when-texts-part")
def _texts(p: Plain) -> dict[str, float]:
    flip = p["flips"] / 10000
    share = 1 - (1 - flip) ** p["length"]
    return {"differ": share * 100, "count": p["requests"] * share, "mean_at": 1 / flip}


@route("pass-at-k")
def _pass(p: Plain) -> dict[str, float]:
    miss = 1.0
    for drawn in range(p["k"]):
        miss *= (p["n"] - p["c"] - drawn) / (p["n"] - drawn)
    return {"miss": miss * 100, "passk": (1 - miss) * 100}


@route("losing-a-region")
def _region(p: Plain) -> dict[str, float]:
    needed = math.ceil(p["peak"] / p["each"] - 1e-9)
    each = math.ceil(p["peak"] / (p["regions"] - 1) / p["each"] - 1e-9)
    spare = each * p["regions"] - needed
    return {"needed": needed, "per_region": each, "spare_usd": spare * p["cards"] * p["price"]}


@route("sum-of-peaks")
def _peaks(p: Plain) -> dict[str, float]:
    n = p["tenants"]
    apart = n * (p["mean"] + 3 * p["sd"])
    joint = n * p["mean"] + 3 * p["sd"] * math.sqrt(n + n * (n - 1) * p["corr"])
    return {"separate": apart, "together": joint, "saved": (apart - joint) / apart * 100}
