"""Second routes: long contexts, adapters, multimodal input, retrieval, sampling, tenancy and cost."""

import math

from examiner.evals.keys.cache import token_bytes
from examiner.evals.keys.registry import Plain, route

# --- long contexts and attention --------------------------------------------------------------


@route("cache-beyond-the-card")
def _beyond(p: Plain) -> dict[str, float]:
    cache = p["ctx"] * 1000 * p["per"] * 1024 / 1e9
    rest = cache - p["fit"]
    step = max(rest / p["bus"], (p["fit"] + p["w"]) / (p["bw"] * 1000)) * 1000
    return {"rest_gb": rest, "step_ms": step, "factor": step / ((cache + p["w"]) / (p["bw"] * 1000) * 1000)}


@route("cache-of-a-long-prompt")
def _long_prompt(p: Plain) -> dict[str, float]:
    cache = p["ctx"] * 1000 * token_bytes(p["model"]) / 1e9
    return {"cache_gb": cache, "cards": cache / (p["gpu"]["memory"] * p["use"] / 100)}


@route("cache-scales-cost")
def _scales(p: Plain) -> dict[str, float]:
    bits = p["bits"] + 32 / p["group"]
    return {"vbits": bits, "per_token": token_bytes(p["model"], bits / 8) / 1024, "gain": 16 / bits}


@route("causal-half")
def _causal(p: Plain) -> dict[str, float]:
    n = p["n"]
    full = 2 * 2 * n * n * p["dim"] * p["heads"]
    share = (n + 1) / (2 * n)
    return {"full": full / 1e12, "share": share * 100, "ms": full * share / (p["speed"] * 1e12) * 1000}


@route("contracts-at-128k")
def _contracts(p: Plain) -> dict[str, float]:
    model, gpu = p["model"], p["gpu"]
    document = p["ctx"] * 1000 * token_bytes(model, 1) / 1e9
    free = p["gpus"] * gpu["memory"] * 0.9 - model["params"] * 2 / 1e9
    work = 2 * model["params"] * p["ctx"] * 1000
    return {
        "doc_gb": document,
        "docs_n": free // document,
        "prefill_s": work / (p["gpus"] * gpu["flops"] * 1e12 * 0.4),
    }


@route("latent-instead-of-heads")
def _latent(p: Plain) -> dict[str, float]:
    width = p["bits"] / 8 * p["layers"]
    small, large = (p["lat"] + p["rope"]) * width, 2 * p["heads"] * p["dim"] * width
    return {"small_k": small / 1024, "large_k": large / 1024, "factor": large / small}


@route("padding-squared")
def _padding(p: Plain) -> dict[str, float]:
    lengths = [p["long"], *([p["short"]] * (p["b"] - 1))]
    return {
        "lin": p["b"] * p["long"] / sum(lengths),
        "sq": p["b"] * p["long"] ** 2 / sum(n * n for n in lengths),
    }


@route("serving-a-million-tokens")
def _million(p: Plain) -> dict[str, float]:
    model, gpu = p["model"], p["gpu"]
    one = p["ctx"] * 1000 * token_bytes(model, 1) / 1e9
    total = model["params"] / 1e9 + p["seqs"] * one
    cards = math.ceil(total / (gpu["memory"] * p["use"] / 100) - 1e-9)
    return {"one_gb": one, "cards": cards, "step_ms": total / (cards * gpu["bandwidth"] * 1000) * 1000}


@route("stretching-positions")
def _stretch(p: Plain) -> dict[str, float]:
    base, dim = p["base"] * 1000, p["dim"]
    waves = [2 * math.pi * base ** (2 * i / dim) for i in range(dim // 2)]
    return {
        "longest": waves[-1] / 1000,
        "unturned": sum(w > p["old"] for w in waves),
        "factor": p["new"] / p["old"],
    }


@route("tile-in-fast-memory")
def _tile(p: Plain) -> dict[str, float]:
    fixed = p["rows"] * p["dim"] * (2 + 4)
    room = (p["sram"] - p["keep"]) * 1024 - fixed
    keys = math.floor(room / (2 * p["dim"] * 2) / 16) * 16
    passes = math.ceil(p["n"] / p["rows"])
    return {
        "fixed": fixed / 1024,
        "cols": keys,
        "passes": passes,
        "traffic": passes * p["n"] * p["dim"] * 2 * 2 / 1024**3,
    }


@route("where-attention-overtakes")
def _overtakes(p: Plain) -> dict[str, float]:
    model = p["model"]

    def work(n: float) -> tuple[float, float]:
        return 2 * model["params"] * n, 4 * model["layers"] * model["hidden"] * n * n / 2

    n = p["ctx"] * 1000
    (linear, square), twice = work(n), work(2 * n)
    return {
        "cross_k": model["params"] / (model["layers"] * model["hidden"]) / 1000,
        "share": square / (linear + square) * 100,
        "growth": sum(twice) / (linear + square),
    }


@route("window-and-full-layers")
def _window(p: Plain) -> dict[str, float]:
    full = p["layers"] // p["every"]
    tokens = p["ctx"] * 1000
    mixed = full * tokens + (p["layers"] - full) * min(tokens, p["window"])
    return {"nfull": full, "mixed": mixed * p["per"] / 1024, "factor": p["layers"] * tokens / mixed}


# --- adapters and tenants ---------------------------------------------------------------------


@route("adapter-bytes")
def _adapter(p: Plain) -> dict[str, float]:
    model, rank = p["model"], p["rank"]
    query = rank * (model["hidden"] + model["heads"] * model["head_dim"])
    value = rank * (model["hidden"] + model["kv_heads"] * model["head_dim"])
    params = (query + value) * model["layers"]
    return {"params": params / 1e6, "size": params * 2 / 1e6, "fit": p["pool"] * 1e9 // (params * 2)}


@route("adapter-misses")
def _misses(p: Plain) -> dict[str, float]:
    share = (p["tenants"] - p["slots"]) / p["tenants"]
    load = p["size"] / 20000
    return {"misses": share * 100, "load": load * 1000, "busy": p["rate"] * share * load * 100}


@route("dedicated-or-adapters")
def _dedicated(p: Plain) -> dict[str, float]:
    merged = p["per_gpu"] * p["fill"] / 100
    pooled = p["per_gpu"] * (1 - p["tax"] / 100) * p["fill"] / 100
    own = p["tenants"] * math.ceil(p["load"] / merged - 1e-9)
    pool = math.ceil(p["tenants"] * p["load"] / pooled - 1e-9)
    month = 730 * p["price"]
    return {"own": own, "pool": pool, "own_cost": own * month, "pool_cost": pool * month, "even": pooled}


@route("slots-at-max-rank")
def _slots(p: Plain) -> dict[str, float]:
    pool = p["slots"] * p["per_rank"] * p["top"] / 1000
    mean = p["top"] * p["wide"] / 100 + p["common"] * (1 - p["wide"] / 100)
    return {"pool": pool, "actual": p["slots"] * p["per_rank"] * mean / 1000, "growth": p["top"] / mean}


@route("fair-by-requests")
def _fair(p: Plain) -> dict[str, float]:
    a, b = (p[name] + p["weight"] * p["out"] for name in ("long_in", "short_in"))
    return {"a_work": a, "share": a / (a + b) * 100, "ratio": a / b}


@route("token-bucket")
def _bucket(p: Plain) -> dict[str, float]:
    until = p["bucket"] / (p["send"] - p["refill"])
    return {"until": until, "through": p["send"] * until, "ten": p["bucket"] + 120 * p["refill"]}


@route("hits-by-request-or-token")
def _hits(p: Plain) -> dict[str, float]:
    hit, every = p["reqs"] * p["hitshare"] / 100 * p["pre"], p["reqs"] * p["total"]
    return {"tokrate": hit / every * 100, "left": (every - hit) / 1000}


@route("how-many-in-flight")
def _flight(p: Plain) -> dict[str, float]:
    knee, now = p["knee"] / p["peak"] * 1000, p["now"] / p["peak"] * 1000
    return {"at_knee": knee, "at_now": now, "waiting": (now - knee) / now * 100}


# --- pictures, video and retrieval ------------------------------------------------------------


@route("coarse-then-fine")
def _coarse(p: Plain) -> dict[str, float]:
    vectors, speed = p["count"] * 1e6, p["bandwidth"] * 1e9
    exact = vectors * p["dim"] * 4 / speed
    codes = vectors * p["dim"] / 8
    both = (codes + p["fetch"] * p["dim"] * 4) / speed
    return {"exact": exact * 1000, "codes": codes / 1e9, "coarse": both * 1000, "factor": exact / both}


@route("embedding-storage")
def _storage(p: Plain) -> dict[str, float]:
    full, small = p["images"] * 1e6 * p["dim"] * 4 / 1e9, p["images"] * 1e6 * p["keep"] / 1e9
    return {"full": full, "small": small, "factor": full / small, "days": p["images"] * 1e6 / p["growth"]}


@route("encoder-cache")
def _encoder_cache(p: Plain) -> dict[str, float]:
    size = p["tokens"] * p["hidden"] * 2
    miss = 1 - p["reuse"] / 100
    return {
        "size": size / 1e6,
        "held": p["pool"] * 1e9 // size,
        "mean_ms": miss * p["encode"],
        "factor": 1 / miss,
    }


@route("encoders-apart")
def _encoders(p: Plain) -> dict[str, float]:
    work = p["rate"] * p["images"] * p["encode"] / 1000  # accelerators' worth of encoding
    share = work / p["gpus"]
    return {
        "share": share * 100,
        "gap": p["step"] / (1 - share),
        "pool": math.ceil(work / 0.7 - 1e-9),
        "moved": p["images"] * 400 * 4096 * 2 / 1e6,
    }


@route("first-token-of-a-picture")
def _picture(p: Plain) -> dict[str, float]:
    speed = p["gpu"]["flops"] * 1e12 * 0.4
    tokens = p["images"] * p["patches"] / 4 + 200
    encode = 2 * p["encoder"] * 1e9 * p["images"] * p["patches"] / speed * 1000
    prefill = 2 * p["model"]["params"] * tokens / speed * 1000
    return {"tokens": tokens, "encode": encode, "prefill": prefill, "ttft": encode + prefill}


@route("patches-to-tokens")
def _patches(p: Plain) -> dict[str, float]:
    wide, high = (math.ceil(p[side] / p["patch"]) for side in ("width", "height"))
    return {
        "patches": wide * high,
        "tokens": math.ceil(wide / p["merge"]) * math.ceil(high / p["merge"]),
    }


@route("tile-tokens")
def _tiles(p: Plain) -> dict[str, float]:
    tiles = math.ceil(p["width"] / p["tile"]) * math.ceil(p["height"] / p["tile"])
    tokens = tiles * p["per_tile"] + p["base"]
    return {"tiles": tiles, "tokens": tokens, "thousand": tokens * 1000 / 1e6 * p["price"]}


@route("video-archive")
def _video(p: Plain) -> dict[str, float]:
    frames = p["hours"] * 1000 * 3600 * p["fps"] * (1 - p["dup"] / 100)
    return {"vectors": frames / 1e6, "size": frames * p["dim"] * 2 / 1e9}


@route("filter-after-search")
def _filter(p: Plain) -> dict[str, float]:
    share = p["share"] / 100
    return {
        "left": p["k"] * share,
        "none_left": (1 - share) ** p["k"] * 100,
        "fetch": p["want"] / share,
        "scan": 10e6 * share / p["speed"],
    }


@route("overlapping-chunks")
def _chunks(p: Plain) -> dict[str, float]:
    starts = list(range(0, p["n"] - p["over"], p["size"] - p["over"]))
    stored = len(starts) * p["size"]  # the last one is counted full, as the question says
    return {"chunks": len(starts), "extra": (stored / p["n"] - 1) * 100}


# --- sampling, structure and cost -------------------------------------------------------------


@route("constrain-or-retry")
def _retry(p: Plain) -> dict[str, float]:
    fail = p["fail"] / 100
    return {
        "retry_tokens": p["tokens"] / (1 - fail),
        "left": fail ** p["tries"] * 100,
        "constrained": p["tokens"] * (1 + p["slow"] / 100),
    }


@route("forced-tokens")
def _forced(p: Plain) -> dict[str, float]:
    forced = p["tokens"] * p["forced"] / 100
    free = p["tokens"] - forced
    passes = free + forced / p["run"]
    return {"free": free, "passes": passes, "took": passes * p["step"] / 1000, "gain": p["tokens"] / passes}


@route("mask-on-host")
def _mask(p: Plain) -> dict[str, float]:
    masks = p["batch"] * p["mask_us"] / p["threads"] / 1000
    return {"masks": masks, "serial": p["gpu_ms"] + masks, "beside": max(p["gpu_ms"], masks)}


@route("sampler-share")
def _sampler(p: Plain) -> dict[str, float]:
    logits = p["batch"] * p["model"]["vocab"] * 4
    return {"logits": logits / 1e6, "spent": logits * p["passes"] / (p["gpu"]["bandwidth"] * 1e12) * 1e6}


@route("tail-heat")
def _tail(p: Plain) -> dict[str, float]:
    odds = math.exp(p["gap"] / p["temp"])
    return {"odds": odds, "best": odds / (odds + p["others"]) * 100}


@route("read-all-or-search")
def _read_all(p: Plain) -> dict[str, float]:
    hit = p["hit"] / 100
    whole = p["docs"] * 1000 * p["full"] / 1e6
    long = whole * (1 - hit) + whole * hit * p["cached"] / 100
    short = p["rag"] * 1000 * p["full"] / 1e6
    return {"long_c": long * 100, "short_c": short * 100, "even": p["idx"] / (long - short)}


@route("upgrade-gain")
def _upgrade(p: Plain) -> dict[str, float]:
    old, new = (min(p[name]["flops"], p["work"] * p[name]["bandwidth"]) for name in ("old", "new"))
    return {"old_rate": old, "new_rate": new, "gain": new / old, "fall": p["dearer"] / (new / old)}
