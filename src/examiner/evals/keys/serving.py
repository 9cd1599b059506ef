"""Second routes: scheduling, queueing, speculation, precision, cost, and the scenarios."""

import math

from examiner.evals.keys.cache import token_bytes
from examiner.evals.keys.registry import Plain, route


@route("littles-law")
def littles_law(p: Plain) -> dict[str, float]:
    """A conversation delivers one token an interval."""
    each = 1000 / p["itl"]
    return {"flight": p["rate"] / each}


@route("mm1-wait")
def mm1_wait(p: Plain) -> dict[str, float]:
    """Time in system is 1 / (mu - lambda); the wait is that less the service."""

    def wait(load: float) -> float:
        mu = 1 / p["service"]
        return float(1 / (mu - load / 100 * mu) - p["service"])

    return {"wait_low": wait(p["low"]), "wait_high": wait(p["high"])}


@route("first-and-last-token")
def first_and_last_token(p: Plain) -> dict[str, float]:
    """After the first token one fewer gaps than tokens follow."""
    total = p["first"] + sum(p["gap"] for _ in range(p["answer"] - 1))
    return {"total": total / 1000, "pace": 1000 / p["gap"]}


@route("throughput-latency-batch")
def throughput_latency_batch(p: Plain) -> dict[str, float]:
    """A step takes a fixed part and a part a sequence; in the limit only the latter counts."""
    small, large = (p["fixed"] + p["per_seq"] * n for n in (p["small"], p["large"]))
    return {
        "itl_small": small,
        "itl_large": large,
        "rate_small": p["small"] / small * 1000,
        "rate_large": p["large"] / large * 1000,
        "ceiling": 1000 / p["per_seq"],
    }


@route("chunked-prefill-budget")
def chunked_prefill_budget(p: Plain) -> dict[str, float]:
    """What the limit leaves over a decode step goes to prompt tokens."""
    chunk = math.floor((p["limit"] - p["base"]) / p["per_k"] * 1000 + 1e-9)
    return {
        "whole": p["base"] + p["per_k"] * p["prompt_len"] / 1000,
        "chunk": chunk,
        "steps": math.ceil(p["prompt_len"] / chunk),
    }


@route("prefill-share")
def prefill_share(p: Plain) -> dict[str, float]:
    """Decoding has the time that prompts leave."""
    stall = p["prompt_len"] / p["speed"]
    share = p["rate"] * stall / 1000
    return {"stall": stall, "share": share * 100, "gap": p["step"] / (1 - share)}


@route("preemption-loss")
def preemption_loss(p: Plain) -> dict[str, float]:
    """Seconds of prefill in a second."""
    lost = p["preempted"] * p["held"] / (p["speed"] * 1000)
    return {"lost": lost * 100, "left": p["new"] - p["new"] * lost}


@route("static-batch-waste")
def static_batch_waste(p: Plain) -> dict[str, float]:
    """Slots run for the longest answer; on average the mean of it is used."""
    return {"waste": (p["longest"] - p["mean"]) / p["longest"] * 100, "gain": p["longest"] / p["mean"]}


@route("swap-or-recompute")
def swap_or_recompute(p: Plain) -> dict[str, float]:
    """KiB over GB/s, and tokens over thousands of tokens a second."""
    return {
        "swap": p["length"] * p["per_token"] * 1024 / (p["pcie"] * 1e9) * 1000,
        "again": p["length"] / (p["speed"] * 1000) * 1000,
    }


@route("admission-by-tokens")
def admission_by_tokens(p: Plain) -> dict[str, float]:
    """The mean over both kinds of requests."""
    cap = p["pool"] * 1000 // p["mean"]
    mean = ((100 - p["share"]) * p["mean"] + p["share"] * p["big"]) / 100
    return {"cap": cap, "true_mean": mean, "over": cap * mean / (p["pool"] * 1000) * 100}


def round_tokens(length: int, accept: float) -> float:
    """Return tokens of a speculative round: the target adds one, each draft token counts if all before it did."""
    return 1 + sum(accept**n for n in range(1, length + 1))


@route("spec-tokens")
def spec_tokens(p: Plain) -> dict[str, float]:
    """A round costs one target step and the draft's."""
    tokens = round_tokens(p["k"], p["a"])
    return {"tokens": tokens, "speed": tokens / (1 + p["k"] * p["c"] / 100)}


@route("draft-length")
def draft_length(p: Plain) -> dict[str, float]:
    """One more draft token adds the chance that all before it and it are accepted; its time is worth the pace."""
    tokens = round_tokens(p["k"], p["a"])
    speed = tokens / (1 + p["k"] * p["c"] / 100)
    longer = round_tokens(p["k"] + 1, p["a"])
    return {"tokens": tokens, "speed": speed, "added": longer - tokens, "forgone": speed * p["c"] / 100}


@route("draft-size")
def draft_size(p: Plain) -> dict[str, float]:
    """The same rule for two drafts."""

    def speed(accept: float, cost: float) -> float:
        return round_tokens(p["k"], accept) / float(1 + p["k"] * cost / 100)

    return {"s_small": speed(p["a_small"], p["c_small"]), "s_large": speed(p["a_large"], p["c_large"])}


@route("spec-at-load")
def spec_at_load(p: Plain) -> dict[str, float]:
    """Each sequence brings its draft tokens and one more."""
    width = p["k"] + 1
    return {"free_batch": p["ridge"] // width, "load": p["busy"] * width / p["ridge"] * 100}


@route("group-scales")
def group_scales(p: Plain) -> dict[str, float]:
    """A group of weights with its 16-bit scale."""
    real = (p["bits"] * p["group"] + 16) / p["group"]
    return {"real": real, "size": p["params"] * real / 8}


@route("int8-step")
def int8_step(p: Plain) -> dict[str, float]:
    """Rounding is off by half a step at most."""
    levels = 2 ** (p["bits"] - 1) - 1
    small, large = p["top"] / levels, 10 * p["top"] / levels
    return {"scale": small, "error": small / 2, "outlier_scale": large, "outlier_error": large / 2}


@route("int4-request")
def int4_request(p: Plain) -> dict[str, float]:
    """Weights are read once a decode step; prefill does two operations a parameter and token."""
    params, gpu = p["model"]["params"], p["gpu"]
    before = params * 2 / (gpu["bandwidth"] * 1e12) * 1000
    after = params * p["bits"] / 8 / (gpu["bandwidth"] * 1e12) * 1000
    prefill = 2 * params * p["prompt_len"] / (gpu["flops"] * 1e12 * p["mfu"] / 100) * 1000
    return {
        "step_before": before,
        "step_after": after,
        "prefill": prefill,
        "gain": (prefill + p["output"] * before) / (prefill + p["output"] * after),
    }


@route("cached-token-price")
def cached_token_price(p: Plain) -> dict[str, float]:
    """The first call writes the prefix at a quarter more, the others read it at a tenth; own tokens cost full."""
    price = p["price"] / 1000  # USD a thousand tokens
    plain = p["calls"] * (p["prefix"] + p["own"]) * price
    cached = (p["prefix"] * 1.25 + (p["calls"] - 1) * p["prefix"] * 0.1 + p["calls"] * p["own"]) * price
    return {"plain": plain, "cached": cached, "saved": (plain - cached) / plain * 100}


@route("agent-latency")
def agent_latency(p: Plain) -> dict[str, float]:
    """All accelerators read a share of the weights for each token of the task."""
    floor = p["model"]["params"] * 2 / (p["gpus"] * p["gpu"]["bandwidth"] * 1e12)
    tokens = p["calls"] * p["out"]
    return {"floor_ms": floor * 1000, "decode_s": tokens * floor, "eight_s": tokens * floor / 2}


@route("chat-70b-two-nodes")
def chat_70b_two_nodes(p: Plain) -> dict[str, float]:
    """A replica is a node of eight."""
    model, gpu = p["model"], p["gpu"]
    weights = model["params"] * 2 / 1e9
    sequence = token_bytes(model) * p["context"] / 1e9
    free = 8 * gpu["memory"] * 0.9 - weights
    return {
        "weights": weights,
        "step_floor": weights / (8 * gpu["bandwidth"] * 1000) * 1000,
        "kv_per_sequence": sequence,
        "free_memory": free,
        "per_replica": free // sequence,
    }


@route("hundred-tenants")
def hundred_tenants(p: Plain) -> dict[str, float]:
    """A replica is one accelerator with the base and all adapters; the rest is cache."""
    base = p["model"]["params"] * 2 / 1e9
    adapters = p["tenants"] * p["adapter"] / 1000
    sequence = p["context"] * p["per_token"] * 1024 / 1e9
    free = p["gpu"]["memory"] * 0.9 - base - adapters
    return {"base": base, "all_adapters": adapters, "seqs": free // sequence}


@route("hourly-itl-spikes")
def hourly_itl_spikes(p: Plain) -> dict[str, float]:
    """Return the conversations that feel it and the latency they feel."""
    return {"hit": p["users"] * p["share"] / 100, "spike": p["normal"] * p["factor"]}


@route("outputs-across-tp")
def outputs_across_tp(p: Plain) -> dict[str, float]:
    """Return prompts that differ, of a hundred."""
    return {"share": p["differ"] * 100 / p["total"]}


@route("seeds-not-reproducing")
def seeds_not_reproducing(p: Plain) -> dict[str, float]:
    """Return the share of tries that repeat an answer already seen."""
    return {"rate": (p["tries"] - p["distinct"]) * 100 / p["tries"]}


@route("tenant-seven")
def tenant_seven(p: Plain) -> dict[str, float]:
    """Return slots for adapters, of a hundred."""
    return {"share": p["slots"] * 100 / p["tenants"]}


@route("throughput-after-swap")
def throughput_after_swap(p: Plain) -> dict[str, float]:
    """Return tokens a second that are gone."""
    return {"lost": p["rate"] - p["rate"] * (100 - p["drop"]) / 100}


@route("vlm-ttft-doubled")
def vlm_ttft_doubled(p: Plain) -> dict[str, float]:
    """Return the tokens of all tiles of an image."""
    return {"tokens": sum(p["tile"] for _ in range(p["more"]))}
