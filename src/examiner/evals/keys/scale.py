"""Second routes: training, parallelism and networks. A ring all-reduce sends 2 (N - 1) / N of the tensor."""

import math

from examiner.evals.keys.cache import token_bytes
from examiner.evals.keys.registry import Plain, route

STATE = 2 + 2 + 4 + 4 + 4  # bytes a parameter: weight, gradient, master weight, two moments


def ring(ranks: float) -> float:
    """Return how often each rank sends the tensor in a ring all-reduce."""
    return (ranks - 1) / ranks + (ranks - 1) / ranks


@route("bytes-to-train")
def _bytes_to_train(p: Plain) -> dict[str, float]:
    state = STATE * p["params"]
    return {"state": state, "serve": 2 * p["params"], "least": math.ceil(state / (p["memory"] - p["act"]) - 1e-9)}


@route("zero-shards")
def _zero(p: Plain) -> dict[str, float]:
    n, r = p["params"], p["ranks"]
    return {"plain": 16 * n, "one": (4 + 12 / r) * n, "two": (2 + 14 / r) * n, "three": 16 / r * n}


@route("days-of-training")
def _days(p: Plain) -> dict[str, float]:
    work = 6 * p["params"] * 1e9 * p["tokens"] * 1e12
    seconds = work / (p["gpus"] * 989e12 * p["mfu"] / 100)
    hours = seconds / 3600 * p["gpus"]
    return {"days": seconds / 86400, "hours": hours, "bill": hours * p["price"] / 1e6}


@route("plan-a-run")
def _plan(p: Plain) -> dict[str, float]:
    work = p["budget"] * 1e6 / p["price"] * 3600 * 989e12 * p["mfu"] / 100
    best = math.sqrt(work / 120)
    small = best / p["shrink"]
    return {
        "compute": work / 1e21,
        "best": best / 1e9,
        "tokens": 20 * best / 1e12,
        "small_tokens": work / (6 * small) / 1e12,
        "serving": 2 * (best - small) * p["served"] * 1e12 / work * 100,
    }


@route("gradients-on-the-wire")
def _gradients(p: Plain) -> dict[str, float]:
    params, speed = p["model"]["params"], p["gpu"]["flops"] * 1e12 * p["mfu"] / 100
    backward = 4 * params * p["tokens"] / speed
    exchange = ring(p["ranks"]) * params * 2 / (p["link"] * 1e9)
    return {"backward": backward, "exchange": exchange, "hidden_at": exchange / (backward / p["tokens"])}


@route("how-often-to-save")
def _save(p: Plain) -> dict[str, float]:
    mtbf = p["life"] * 86400 / p["nodes"]
    best = math.sqrt(2 * p["write"] * mtbf)

    def lost(interval: float) -> float:
        return float(p["write"] / interval + interval / (2 * mtbf))

    return {"mtbf": mtbf / 3600, "interval": best / 60, "lost": lost(best) * 100, "ten": lost(10 * best) * 100}


@route("keep-or-recompute")
def _keep(p: Plain) -> dict[str, float]:
    cells = p["micro"] * p["seq"] * p["model"]["hidden"]
    layers = p["model"]["layers"]
    return {
        "keep": cells * layers * p["coef"] / 1e9,
        "recompute": cells * (layers * 2 + p["coef"]) / 1e9,
        "growth": 100 / 3,
    }


@route("resumed-wrong")
def _resumed(p: Plain) -> dict[str, float]:
    hours = p["gpus"] * p["steps"] * p["step"] / 3600
    return {"hours": hours, "tokens": p["steps"] * p["batch"], "cost": hours * p["price"]}


@route("balance-loss")
def _balance(p: Plain) -> dict[str, float]:
    hot, rest = p["hot"] / 100, (1 - p["hot"] / 100) / (p["experts"] - 1)
    total = hot * hot + sum(rest * rest for _ in range(p["experts"] - 1))
    return {"loss": p["alpha"] * p["experts"] * total, "ratio": p["experts"] * total}


@route("ring-time")
def _ring_time(p: Plain) -> dict[str, float]:
    sent = ring(p["ranks"]) * p["size"]
    return {"sent": sent, "took": sent / p["link"] * 1000}


@route("one-slow-link")
def _slow_link(p: Plain) -> dict[str, float]:
    sent = ring(p["ranks"]) * p["size"]
    return {"before": sent / p["good"] * 1000, "now": sent / p["bad"] * 1000}


@route("one-shot-or-ring")
def _one_shot(p: Plain) -> dict[str, float]:
    n, hop, speed = p["ranks"], p["hop"] * 1e-6, p["link"] * 1e9
    # hop + (n - 1) s / speed = 2 (n - 1) hop + 2 (n - 1) / n s / speed
    size = (2 * (n - 1) - 1) * hop * speed / ((n - 1) - ring(n))
    return {"even": size / 1000, "took": (hop + (n - 1) * size / speed) * 1e6}


@route("link-units")
def _link(p: Plain) -> dict[str, float]:
    rate = p["port"] / 8 * p["eff"] / 100
    return {"rate": rate, "took": p["payload"] / rate}


@route("tp-decode-talk")
def _talk(p: Plain) -> dict[str, float]:
    message = p["batch"] * p["model"]["hidden"] * 2
    one = p["fixed"] + ring(p["tp"]) * message / (p["link"] * 1e9) * 1e6
    return {"message": message / 1000, "one": one, "talk": 2 * p["model"]["layers"] * one / 1000}


@route("thin-link-layout")
def _thin(p: Plain) -> dict[str, float]:
    model, hop = p["model"], p["hop"] * 1e-6
    tensor = p["prompt_tokens"] * model["hidden"] * 2 / (p["link"] * 1e9 / 8)
    return {
        "once": (hop + tensor) * 1000,
        "many": 2 * model["layers"] * (hop + tensor),
        "token": 2 * model["layers"] * hop * 1000,
    }


@route("sixteen-or-two-stages")
def _sixteen(p: Plain) -> dict[str, float]:
    model, speed = p["model"], p["gpu"]["bandwidth"] * 1e12
    weights, calls = model["params"] * 2, 2 * model["layers"]
    wide = weights / (16 * speed) + calls * p["net_us"] * 1e-6
    staged = weights / (8 * speed) + calls * p["node_us"] * 1e-6
    return {
        "weights": weights / 1e9,
        "wide": wide * 1000,
        "staged": staged * 1000,
        "even": (staged - weights / (16 * speed)) / calls * 1e6,
    }


@route("pp-bubble")
def _bubble(p: Plain) -> dict[str, float]:
    fill = p["stages"] - 1
    return {
        "took": (p["micro"] + fill) * p["slot"] / 1000,
        "idle": fill / (p["micro"] + fill) * 100,
        "after": fill / (2 * p["micro"] + fill) * 100,
    }


@route("heavy-last-stage")
def _heavy(p: Plain) -> dict[str, float]:
    each = p["layers"] / p["stages"]
    slow = (each + p["head"]) * p["layer_ms"]
    even = (p["layers"] + p["head"]) / p["stages"] * p["layer_ms"]
    return {"slow": slow, "even": even, "gain": slow / even, "idle": (1 - each * p["layer_ms"] / slow) * 100}


@route("ring-or-stall")
def _stall(p: Plain) -> dict[str, float]:
    # 4 c^2 h / flops >= c b / link
    least = p["kvbytes"] / (p["link"] * 1e9) * p["flops"] * 1e12 / (4 * p["hidden"])
    return {"c_min": least, "total_k": least * p["devs"] / 1000}


# --- mixtures of experts ----------------------------------------------------------------------


@route("active-and-total")
def _active(p: Plain) -> dict[str, float]:
    model = p["model"]
    return {
        "memory": model["params"] * p["bits"] / 8 / 1e9,
        "work": 2 * model["active_params"] * p["tokens"] / 1e12,
        "active": model["active_params"] / model["params"] * 100,
    }


@route("capacity-factor")
def _capacity(p: Plain) -> dict[str, float]:
    even = p["tokens"] * p["k"] / p["experts"]
    room, asked = p["cf"] * even, p["hot"] * even
    return {
        "room": room,
        "dropped": (asked - room) / asked * 100,
        "asked": asked,
        "empty": (1 - 1 / p["hot"]) * 100,
    }


@route("expert-size")
def _expert(p: Plain) -> dict[str, float]:
    one = 3 * p["hidden"] * p["ffn"]
    return {"one": one / 1e6, "layer": one * p["experts"] / 1e9, "passed": one * p["k"] / 1e6}


def touched(experts: float, chosen: float, tokens: float) -> float:
    """Return how many experts uniform routing touches on average: each is missed by all tokens with (1 - k/E)^n."""
    return float(experts * (1 - (1 - chosen / experts) ** tokens))


@route("experts-touched")
def _touched(p: Plain) -> dict[str, float]:
    model = p["model"]
    count = touched(model["experts"], model["experts_per_token"], p["batch"])
    size = count * model["moe_layers"] * 3 * model["hidden"] * model["moe_ffn"]
    return {"touched": count, "bytes_read": size / 1e9, "took": size / (p["gpus"] * 3.35e12) * 1000}


@route("dispatch-bytes")
def _dispatch(p: Plain) -> dict[str, float]:
    model = p["model"]
    away = p["tokens"] * model["experts_per_token"] * (p["ranks"] - 1) / p["ranks"]
    layer = away * model["hidden"] * (1 + 2)
    return {"layer_bytes": layer / 1e6, "step_time": layer * model["moe_layers"] / (p["link"] * 1e9) * 1000}


@route("fill-the-experts")
def _fill(p: Plain) -> dict[str, float]:
    model, gpu = p["model"], p["gpu"]
    # A byte of weight is one parameter; each token does two operations with it.
    per_expert = gpu["fp8_flops"] / gpu["bandwidth"] / 2
    batch = per_expert * model["experts"] / model["experts_per_token"]
    each = batch / p["ranks"]
    return {
        "per_expert": per_expert,
        "global_batch": batch,
        "each": each,
        "cache": each * p["context"] * p["kv"] * 1000 / 1e9,
    }


@route("hot-rank")
def _hot(p: Plain) -> dict[str, float]:
    expert = p["step"] * p["expert_share"] / 100
    now = p["step"] - expert + expert * p["heat"]
    return {"now": now, "lost": (1 - p["step"] / now) * 100, "waiting": (1 - 1 / p["heat"]) * 100}


@route("moe-out-of-memory")
def _moe_oom(p: Plain) -> dict[str, float]:
    model, width = p["model"], p["bits"] / 8
    room = p["gpu"]["memory"] * p["use"] / 100 - p["reserve"]
    weights = model["params"] * width / 1e9
    return {
        "planned": math.ceil(model["active_params"] * width / 1e9 / room - 1e-9),
        "room": room,
        "weights": weights,
        "needed": math.ceil(weights / room - 1e-9),
    }


@route("sparse-or-dense")
def _sparse(p: Plain) -> dict[str, float]:
    model = p["model"]
    chosen, total = model["experts_per_token"], model["experts"]
    experts = model["moe_layers"] * total * 3 * model["hidden"] * model["moe_ffn"]
    shared = model["params"] - experts
    share = (p["dense"] * 1e9 - shared) / experts  # of the experts, at which both read the same
    return {
        "expert_params": experts / 1e9,
        "even": math.log(1 - share) / math.log(1 - chosen / total),
        "ops": p["dense"] * 1e9 / model["active_params"],
        "gpus": math.ceil(model["params"] * p["bits"] / 8 / 1e9 / (p["gpu"]["memory"] * 0.85) - 1e-9),
    }


@route("gate-costs-a-matrix")
def _gate(p: Plain) -> dict[str, float]:
    equal = 2 * p["ratio"] * p["d"] / 3
    width = math.ceil(equal / p["mult"] - 1e-9) * p["mult"]
    return {"equal": equal, "width": width, "mparams": 3 * p["d"] * width / 1e6}


# --- disaggregation ---------------------------------------------------------------------------


@route("cache-on-the-wire")
def _wire(p: Plain) -> dict[str, float]:
    token = token_bytes(p["model"])
    size = token * p["prompt_tokens"]
    took = size * 8 / (p["link"] * 1e9)
    return {"per_token": token / 1024, "size": size / 1e6, "took": took * 1000, "rate": 1 / took}


@route("layer-by-layer")
def _layers(p: Plain) -> dict[str, float]:
    layers = p["model"]["layers"]
    prefill = p["prompt_tokens"] / p["speed"]
    transfer = p["prompt_tokens"] * token_bytes(p["model"]) / (p["link"] * 1e9)
    done = 0.0
    for layer in range(1, layers + 1):
        done = max(done, prefill / layers * layer) + transfer / layers
    return {"prefill": prefill * 1000, "transfer": transfer * 1000, "late": (done - prefill) * 1000}


@route("handover-jam")
def _jam(p: Plain) -> dict[str, float]:
    waiting = p["pool"] * 1000 / p["size"]
    return {"until": waiting / (p["prefill_rate"] - p["decode_rate"]), "waiting": waiting}


@route("pool-ratio")
def _ratio(p: Plain) -> dict[str, float]:
    def gpus(tokens: float, speed: float) -> float:
        return float(math.ceil(p["rate"] * tokens / (speed * p["fill"] / 100) - 1e-9))

    prefill, decode = gpus(p["prompt_tokens"], 16000), gpus(p["answer"], 2400)
    return {
        "prefill": prefill,
        "decode": decode,
        "share": prefill / (prefill + decode) * 100,
        "longer": gpus(1.5 * p["prompt_tokens"], 16000),
    }


@route("changing-roles")
def _roles(p: Plain) -> dict[str, float]:
    day = math.ceil(p["machines"] * p["day"] / 100 - 1e-9)
    decode = math.ceil(p["machines"] * (100 - p["night"]) / 100 - 1e-9)
    night = p["machines"] - decode
    movers = day - night
    return {"fixed": day + decode, "movers": movers, "lost": 2 * movers * p["switch"] / 60}


@route("split-or-chunk")
def _split(p: Plain) -> dict[str, float]:
    room = (p["gap"] - 12) * 1000 / p["each"]  # filled exactly, as the question says
    # A request puts all its prompt and answer tokens through steps of `room` tokens each `gap`.
    mixed = room / p["gap"] * 1000 / (p["prompt_tokens"] + p["answer"])
    together = p["rate"] / mixed
    step = 12 + 400 * p["each"] / 1000
    prefill = p["rate"] * p["prompt_tokens"] * p["each"] / 1e6
    apart = prefill + p["rate"] * p["answer"] / (400 / step * 1000)
    return {
        "room": room,
        "mixed": mixed,
        "together": together,
        "apart": apart,
        "saved": (together - apart) / together * 100,
    }


@route("fetch-or-compute")
def _fetch(p: Plain) -> dict[str, float]:
    size = p["tokens"] * token_bytes(p["model"])
    compute = 2 * p["model"]["params"] * p["tokens"] / (p["gpus"] * p["gpu"]["flops"] * 1e12 * 0.4)
    return {
        "size": size / 1e6,
        "fetch": size / (p["link"] * 1e9) * 1000,
        "compute": compute * 1000,
        "even": size / compute / 1e9,
    }


@route("slow-hits")
def _slow_hits(p: Plain) -> dict[str, float]:
    fetch = p["tokens"] * p["per_token"] * 1000 / (p["link"] * 1e9 / p["fetches"]) * 1000
    prefill = p["tokens"] / p["speed"] * 1000
    share = p["hits"] / 100
    return {"fetch": fetch, "prefill": prefill, "mean": share * fetch + (1 - share) * prefill}
