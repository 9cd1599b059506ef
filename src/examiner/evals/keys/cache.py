"""Second routes: the key-value cache, its blocks and its budget. KiB = 1024 bytes, GB = 10^9 bytes."""

import math

from examiner.evals.keys.registry import Plain, route


def token_bytes(model: Plain, value_bytes: float = 2) -> float:
    """Return bytes a token holds: a key and a value vector per cached head in each layer."""
    vector = model["head_dim"] * value_bytes
    return float((vector + vector) * model["kv_heads"] * model["layers"])


@route("kv-concurrency")
def kv_concurrency(p: Plain) -> dict[str, float]:
    """Return bytes per token in KiB, per sequence in MiB, and whole sequences in the free GiB."""
    token = token_bytes(p["model"])
    sequence = token * p["context"]
    return {
        "kv_per_token": token / 1024,
        "kv_per_sequence": sequence / 1024**2,
        "resident": p["free"] * 1024**3 // sequence,
    }


@route("kv-per-token-gqa")
def kv_per_token_gqa(p: Plain) -> dict[str, float]:
    """Return bytes per token with the cached heads and with all heads."""
    model, width = p["model"], p["bits"] / 8
    grouped = token_bytes(model, width)
    full = grouped / model["kv_heads"] * model["heads"]
    return {"grouped": grouped / 1024, "full": full / 1024, "saving": full / grouped}


@route("mha-headline")
def mha_headline(p: Plain) -> dict[str, float]:
    """Return the cache of a request and what a slide with every head cached says."""
    real = token_bytes(p["model"]) * p["context"] / 1e9
    factor = p["model"]["heads"] / p["model"]["kv_heads"]
    return {"real": real, "slide": real * factor, "factor": factor}


@route("cache-budget")
def cache_budget(p: Plain) -> dict[str, float]:
    """Return what remains of the usable memory after activations and weights, in GB and in thousands of tokens."""
    weights = p["model"]["params"] * 2 / 1e9
    usable = p["n"] * (p["gpu"]["memory"] * p["util"] / 100 - p["act"])
    token = token_bytes(p["model"])
    return {
        "weights": weights,
        "per_token": token / 1024,
        "cache": usable - weights,
        "tokens": (usable - weights) * 1e9 / token / 1000,
    }


@route("more-ranks-than-heads")
def more_ranks_than_heads(p: Plain) -> dict[str, float]:
    """A rank holds at least one cached head, so beyond as many ranks as heads the cache is copied, not split."""
    model, gpu = p["model"], p["gpu"]
    one_head = 2 * model["layers"] * model["head_dim"] * 2

    def tokens(ranks: int) -> float:
        room = gpu["memory"] * 1e9 * p["util"] / 100 - p["act"] * 1e9 - model["params"] * 2 / ranks
        return float(room / (one_head * math.ceil(model["kv_heads"] / ranks)))

    before, after = tokens(8), tokens(p["wide"])
    return {
        "per_token": one_head * math.ceil(model["kv_heads"] / 8) / 1024,
        "before": before / 1000,
        "after": after / 1000,
        "growth": after / before,
    }


@route("block-lookup")
def block_lookup(p: Plain) -> dict[str, float]:
    """Walk to the position block by block."""
    entry, left = 0, p["position"]
    while left >= p["block"]:
        entry, left = entry + 1, left - p["block"]
    return {"entry": entry, "offset": left, "slot": p["physical"] * p["block"] + left}


@route("block-size-waste")
def block_size_waste(p: Plain) -> dict[str, float]:
    """The last block of a sequence holds 1 to all of its tokens, each equally likely to be the last."""
    empty = [p["block"] - filled for filled in range(1, p["block"] + 1)]
    mib = p["sequences"] * p["per_token"] / 1024
    return {"average": sum(empty) / len(empty) * mib, "worst": max(empty) * mib}


@route("contiguous-waste")
def contiguous_waste(p: Plain) -> dict[str, float]:
    """Return what is reserved and not used."""
    return {"waste": (p["longest"] - p["used"]) * 100 / p["longest"], "gain": p["longest"] / p["used"]}


@route("copy-on-write")
def copy_on_write(p: Plain) -> dict[str, float]:
    """Sharing keeps the prompt once."""
    apart = sum(p["prompt_len"] + p["new"] for _ in range(p["samples"])) * p["per_token"] / 1024
    shared = (p["prompt_len"] + p["samples"] * p["new"]) * p["per_token"] / 1024
    return {"apart": apart, "shared": shared, "saving": (apart - shared) / apart * 100}


@route("shared-system-prompt")
def shared_system_prompt(p: Plain) -> dict[str, float]:
    """Only full blocks of the prompt are shared; the rest of it is each conversation's own."""
    block_bytes = token_bytes(p["model"]) * p["block"]
    pool = p["pool"] * 1024**3 // block_bytes
    shared = p["prefix"] // p["block"]
    whole = -(-(p["prefix"] + p["own"]) // p["block"])
    return {
        "pool_blocks": pool,
        "shared_blocks": shared,
        "without": pool // whole,
        "users": (pool - shared) // (whole - shared),
    }


@route("prefix-ttft")
def prefix_ttft(p: Plain) -> dict[str, float]:
    """Thousands of tokens a second are tokens a millisecond."""
    cold = (p["shared"] + p["own"]) / p["speed"]
    warm = p["own"] / p["speed"]
    hits = p["hit"] / 100
    return {"cold": cold, "warm": warm, "mean": hits * warm + (1 - hits) * cold}


@route("hit-rate-collapse")
def hit_rate_collapse(p: Plain) -> dict[str, float]:
    """Work comes from misses."""
    growth = (100 - p["new"]) / (100 - p["old"])
    return {"factor": growth, "need": math.ceil(p["machines"] * growth - 1e-9)}


@route("fp8-cache")
def fp8_cache(p: Plain) -> dict[str, float]:
    """Half the bytes a value."""
    sequence = token_bytes(p["model"]) * p["context"]
    room = p["cache"] * 1e9
    return {"sixteen": room // sequence, "eight": room // (sequence / 2), "saved": sequence / 2 / 1e6}
