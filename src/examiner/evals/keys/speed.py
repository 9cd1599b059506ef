"""Second routes: roofline, kernels, decoding and launch overhead. TB/s = 10^12 bytes a second."""

import math

from examiner.evals.keys.cache import token_bytes
from examiner.evals.keys.registry import Plain, route


@route("decode-floor")
def decode_floor(p: Plain) -> dict[str, float]:
    """All weights are read once per token, by all accelerators together."""
    bytes_ = p["model"]["params"] * 2
    return {"weight_bytes": bytes_ / 1e9, "floor_ms": bytes_ / (p["tp"] * p["gpu"]["bandwidth"] * 1e12) * 1000}


@route("batch-decode-throughput")
def batch_decode_throughput(p: Plain) -> dict[str, float]:
    """A step reads the weights once and every sequence's cache."""
    moved = p["model"]["params"] * 2 / 1e9 + p["batch"] * p["kv"]
    step = moved / (p["gpu"]["bandwidth"] * 1000)
    return {"moved": moved, "step": step * 1000, "rate": p["batch"] / step}


@route("first-token-floor")
def first_token_floor(p: Plain) -> dict[str, float]:
    """Two operations a parameter and token."""
    work = 2 * p["model"]["params"] * p["prompt_len"]
    speed = p["n"] * p["gpu"]["flops"] * 1e12 * p["mfu"] / 100
    return {"work": work / 1e12, "ttft": work / speed * 1000}


@route("ridge-point")
def ridge_point(p: Plain) -> dict[str, float]:
    """The tera cancels."""
    ridge = p["gpu"]["flops"] / p["gpu"]["bandwidth"]
    reach = p["gpu"]["flops"] if p["intensity"] > ridge else p["intensity"] * p["gpu"]["bandwidth"]
    return {"ridge": ridge, "attained": reach}


@route("ridge-batch")
def ridge_batch(p: Plain) -> dict[str, float]:
    """A weight of so many bytes does two operations for every sequence of the batch."""
    ridge = p["gpu"]["flops"] / p["gpu"]["bandwidth"]
    return {"ridge": ridge, "batch_at": ridge * (p["bits"] / 8) / 2}


@route("flops-per-token")
def flops_per_token(p: Plain) -> dict[str, float]:
    """Scores and their use are a product each, a multiply-add per hidden element, cached token and layer."""
    attention = 2 * (2 * p["context"] * p["model"]["hidden"]) * p["model"]["layers"]
    return {"dense": 2 * p["model"]["params"] / 1e9, "attn": attention / 1e9}


@route("attention-traffic")
def attention_traffic(p: Plain) -> dict[str, float]:
    """Naive writes and reads n by n scores; tiled reads keys and values `passes` times, queries and output once."""
    naive = 2 * p["n"] ** 2 * 2
    tensor = p["n"] * p["d"] * 2
    tiled = p["passes"] * 2 * tensor + 2 * tensor
    return {"naive": naive / 1e6, "tiled": tiled / 1e6, "ratio": naive / tiled}


@route("score-matrix")
def score_matrix(p: Plain) -> dict[str, float]:
    """A write and two reads of two-byte scores for each head."""
    scores = p["heads"] * p["n"] * p["n"] * 2
    return {"scores": scores / 1e9, "passes": 3 * scores / (p["gpu"]["bandwidth"] * 1e12) * 1000}


@route("gqa-decode-attention")
def gqa_decode_attention(p: Plain) -> dict[str, float]:
    """Each cached key element serves every query head of its group with a multiply-add, each value element too."""
    model = p["model"]
    cache = p["batch"] * p["context"] * token_bytes(model)
    time = cache / (p["tp"] * p["gpu"]["bandwidth"] * 1e12)
    group = model["heads"] / model["kv_heads"]
    return {"cache_bytes": cache / 1e9, "read_time": time * 1000, "intensity": group * 2 / 2}


@route("split-kv-decode")
def split_kv_decode(p: Plain) -> dict[str, float]:
    """One block of work a sequence and head."""
    work, sms = p["batch"] * p["heads"], p["gpu"]["sms"]
    return {"busy": min(1, work / sms) * 100, "pieces": math.ceil(sms / work)}


@route("backend-fallback")
def backend_fallback(p: Plain) -> dict[str, float]:
    """What is not attention takes as long as before."""
    now = p["before"] / (1 - p["drop"] / 100)
    attention = p["before"] * p["share"] / 100
    return {"now": now, "factor": (now - (p["before"] - attention)) / attention}


@route("fusion-bytes")
def fusion_bytes(p: Plain) -> dict[str, float]:
    """Three reads and three writes become one of each; a terabyte a second is a megabyte a microsecond."""
    once = p["elements"] * 2
    before, after = 3 * (once + once), once + once
    speed = p["gpu"]["bandwidth"]
    return {"before": before, "after": after, "slow": before / speed, "fast": after / speed}


@route("launch-bound")
def launch_bound(p: Plain) -> dict[str, float]:
    """The slower of host and device sets the step."""
    host = p["kernels"] * p["launch"] / 1000
    step = max(host, p["work"])
    return {"host": host, "idle": (step - p["work"]) / step * 100}


@route("graph-buckets")
def graph_buckets(p: Plain) -> dict[str, float]:
    """The step runs with the next captured size."""
    sizes = range(p["stride"], p["top"] + 1, p["stride"])
    rows = min(s for s in sizes if s >= p["batch"])
    memory = len(sizes) * p["per_graph"]
    return {
        "rows": rows,
        "padding": (rows - p["batch"]) / rows * 100,
        "memory": memory,
        "displaced": memory // p["per_seq"],
    }


@route("partial-speedup")
def partial_speedup(p: Plain) -> dict[str, float]:
    """Of a step of 100, the share shrinks and the rest stays."""
    share, rest = p["share"], 100 - p["share"]
    return {
        "real": 100 / (rest + share / p["gain"]),
        "average": (share * p["gain"] + rest) / 100,
        "limit": 100 / rest,
    }


@route("no-cache-work")
def no_cache_work(p: Plain) -> dict[str, float]:
    """Without a cache every new token runs the prompt and all tokens made so far; with one, each is run once."""
    without = sum(p["prompt_len"] + made for made in range(p["new"]))
    cached = p["prompt_len"] + p["new"]
    return {"without": without, "cached": cached, "factor": without / cached}


@route("weights-in-memory")
def weights_in_memory(p: Plain) -> dict[str, float]:
    """A tenth of each accelerator stays free."""
    size = p["model"]["params"] * p["bits"] / 8 / 1e9
    return {"bytes_total": size, "devices": math.ceil(size / (p["mem"] * 9 / 10) - 1e-9)}


@route("embedding-share")
def embedding_share(p: Plain) -> dict[str, float]:
    """One row of the width a token of the vocabulary."""
    table = p["model"]["vocab"] * p["model"]["hidden"]
    return {"table_m": table / 1e6, "share": table / p["model"]["params"] * 100}


@route("ffn-attention-split")
def ffn_attention_split(p: Plain) -> dict[str, float]:
    """Four square projections, and two matrices of width by inner width."""
    square = p["d"] ** 2
    attention, feed = 4 * square, 2 * p["ratio"] * square
    block = attention + feed
    return {"block": block / 1e6, "total": block * p["layers"] / 1e9, "share": feed / block * 100}
