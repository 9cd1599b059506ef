"""Second routes: phones, edge boxes and microcontrollers. KiB = 1024 bytes, MB = 10^6, mAh x V = mWh."""

import math

from examiner.evals.keys.cache import token_bytes
from examiner.evals.keys.registry import Plain, route
from examiner.evals.keys.serving import round_tokens


@route("a-weak-cpu-before-a-gpu")
def _weak_cpu(p: Plain) -> dict[str, float]:
    work, launch = p["kern"] * p["exec"], p["kern"] * p["launch"]
    step = max(work, launch)
    return {"step_ms": step / 1000, "idle": (step - work) / step * 100, "graph_ms": (work + p["replay"]) / 1000}


@route("arena-peak")
def _arena(p: Plain) -> dict[str, float]:
    image = p["side"] ** 2
    first = (p["side"] // 2) ** 2 * p["c1"]
    second = (p["side"] // 2) ** 2 * p["c2"]
    third = (p["side"] // 4) ** 2 * p["c2"]
    peak = max(image + first, first + second, second + third)
    return {"second": (first + second) / 1024, "peak": peak / 1024, "left": p["ram"] - p["other"] - peak / 1024}


@route("cache-from-flash")
def _from_flash(p: Plain) -> dict[str, float]:
    size = p["n"] * token_bytes(p["model"])
    return {
        "file_mb": size / 1e6,
        "load_ms": p["open"] + size / (p["flash"] * 1e9) * 1000,
        "comp_ms": p["n"] / p["speed"] * 1000,
    }


@route("camera-budget")
def _camera(p: Plain) -> dict[str, float]:
    seconds = 2 * p["params"] * 1e9 * p["tokens"] * p["cameras"] / (p["tops"] * 1e12 * p["use"] / 100)
    return {"took": seconds * 1000, "rate": 1 / seconds}


@route("cameras-per-box")
def _cameras(p: Plain) -> dict[str, float]:
    batch = 0
    while 2 * (p["fixed"] + p["each"] * (batch + 1)) <= p["limit"] + 1e-9:
        batch += 1
    rate = batch / (p["fixed"] + p["each"] * batch) * 1000
    return {"batch": batch, "rate": rate, "cams": rate // p["fps"]}


@route("car-assistant-offline")
def _car(p: Plain) -> dict[str, float]:
    weights = p["model"]["params"] * 0.5 / 1e9
    total = weights + p["ctx"] * token_bytes(p["model"]) / 1e9
    return {"weight_gb": weights, "total_gb": total, "rate": p["box"]["bandwidth"] / 2 / total}


@route("cascade-wake-word")
def _cascade(p: Plain) -> dict[str, float]:
    second = (p["fa"] + p["hits"]) * p["big"] * 1000 / 3600
    total = p["tiny"] + second
    return {"second": second, "total": total, "gain": p["always"] / total}


@route("conv-macs")
def _conv(p: Plain) -> dict[str, float]:
    weights = p["k"] ** 2 * p["cin"] * p["cout"]
    places = p["side"] ** 2
    return {"weights": weights, "mmacs": weights * places / 1e6, "reuse": places}


@route("deadline-in-metres")
def _deadline(p: Plain) -> dict[str, float]:
    blind = p["speed"] * (p["cam"] + p["net"] + p["rest"]) / 1000
    return {"blind": blind, "stop": blind + p["speed"] ** 2 / (2 * p["brake"])}


@route("depthwise-saving")
def _depthwise(p: Plain) -> dict[str, float]:
    places = p["side"] ** 2
    full = places * p["k"] ** 2 * p["cin"] * p["cout"]
    split = places * p["k"] ** 2 * p["cin"] + places * p["cin"] * p["cout"]
    return {"full": full / 1e6, "split": split / 1e6, "factor": full / split}


@route("drafting-on-a-phone")
def _draft_phone(p: Plain) -> dict[str, float]:
    made = round_tokens(p["k"], p["a"] / 100)
    took = (p["k"] * p["small"] + p["big"]) / p["bw"] * 1000
    return {"yield_n": made, "round_ms": took, "gain": made * (p["big"] / p["bw"] * 1000) / took}


@route("duty-cycle-years")
def _duty(p: Plain) -> dict[str, float]:
    awake = p["active"] / 1000
    average = (p["run"] * 1000 * awake + p["sleep"] * (p["period"] - awake)) / p["period"]
    life = p["mah"] * 1000 * p["use"] / 100 / average / 24
    return {"avg": average, "days": life, "share": p["sleep"] * (p["period"] - awake) / p["period"] / average * 100}


@route("embedding-on-a-phone")
def _embedding_phone(p: Plain) -> dict[str, float]:
    table = p["model"]["vocab"] * p["model"]["hidden"]
    size = table * p["ebits"] / 8
    rest = (p["model"]["params"] - table) * p["bits"] / 8
    return {"table_mb": size / 1e6, "share": size / (size + rest) * 100}


@route("experts-from-flash")
def _experts_flash(p: Plain) -> dict[str, float]:
    model = p["model"]
    expert = 3 * model["hidden"] * model["moe_ffn"] / 2
    fetched = model["experts_per_token"] * model["moe_layers"] * expert * p["miss"] / 100
    slow = fetched / (p["flash"] * 1e9)
    read = model["active_params"] / 2 / (p["ram"] * 1e9)
    return {
        "fetched": fetched / 1e6,
        "took": (slow + read) * 1000,
        "speed": 1 / (slow + read),
        "flash_share": slow / (slow + read) * 100,
    }


@route("flash-for-two-images")
def _two_images(p: Plain) -> dict[str, float]:
    slot = (p["mcu"]["flash"] - p["boot"]) / 2
    return {"slot": slot, "kweights": (slot - p["code"]) * 1024 * 8 / p["bits"] / 1000}


@route("flash-wear-years")
def _wear(p: Plain) -> dict[str, float]:
    records = p["pages"] * p["page"] * 1024 / p["rec"]
    lap = records * p["every"] / 86400
    return {"lap": lap, "years": lap * p["cycles"] * 1000 / 365}


@route("four-bit-file-size")
def _four_bit(p: Plain) -> dict[str, float]:
    bits = p["bits"] + (16 + p["zbits"]) / p["group"]
    table = p["model"]["vocab"] * p["model"]["hidden"]
    size = (p["model"]["params"] - table) * bits / 8 + table
    naive = p["model"]["params"] * p["bits"] / 8
    return {"bpw": bits, "file_gb": size / 1e9, "excess": (size / naive - 1) * 100}


@route("frames-that-are-too-late")
def _late(p: Plain) -> dict[str, float]:
    served = 1000 / p["ms"]
    return {"lost": (p["fps"] - served) / p["fps"] * 100, "age": (p["buf"] + 1) * p["ms"]}


@route("fuse-for-the-npu")
def _npu_fuse(p: Plain) -> dict[str, float]:
    # Convolution, bias, activation: a read and a write each; the addition reads two maps; fused: two in, one out.
    before, after = (2 + 2 + 2 + 3) * p["mb"], 3 * p["mb"]
    saved = (before - after) / 1000 / p["bw"] * 1000
    return {"before": before, "after": after, "saved": saved, "frame_ms": saved * p["blocks"]}


@route("heat-soak-time")
def _heat(p: Plain) -> dict[str, float]:
    surplus = p["burst"] - p["shed"]
    return {"surplus": surplus, "last": p["cap"] * p["rise"] / surplus, "share": p["shed"] / p["burst"] * 100}


@route("how-cheap-must-a-draft-be")
def _cheap(p: Plain) -> dict[str, float]:
    made = round_tokens(p["k"], p["a"] / 100)
    return {
        "yield_n": made,
        "limit_ms": (made - 1) * p["t"] / p["k"],
        "want_ms": (made / p["want"] - 1) * p["t"] / p["k"],
    }


@route("keyword-window-budget")
def _keyword(p: Plain) -> dict[str, float]:
    infer = p["net"]["macs"] / (p["mcu"]["clock"] * 1e6 * p["mpc"]) * 1000
    return {"infer": infer, "window": infer + p["feat"], "share": (infer + p["feat"]) / p["hop"] * 100}


@route("macs-per-joule")
def _joule(p: Plain) -> dict[str, float]:
    energy = p["net"]["macs"] / (p["eff"] * 1e9) * 1000
    return {"energy": energy, "watts": energy * p["rate"]}


@route("npu-crossover")
def _crossover(p: Plain) -> dict[str, float]:
    # n / cpu = trip + n / npu, with rates in thousands of multiply-adds a microsecond.
    work = p["trip"] / (1 / (p["cpu"] * 1000) - 1 / (p["npu"] * 1000))
    return {"cross": work / 1e6, "cpu_us": work / (p["cpu"] * 1000)}


@route("ondevice-kv-budget")
def _ondevice(p: Plain) -> dict[str, float]:
    weights = p["model"]["params"] * p["bits"] / 8 / 1e9
    token = token_bytes(p["model"])
    return {
        "per_token": token / 1024,
        "weight_gb": weights,
        "tokens": (p["budget"] - weights - p["other"] / 1000) * 1e9 / token / 1000,
    }


@route("patch-by-patch")
def _patch(p: Plain) -> dict[str, float]:
    half = p["side"] / 2
    piece = half / p["p"] + 2 * p["halo"]
    return {
        "whole": half**2 * p["wide"] / 1024,
        "piece": piece**2 * p["wide"] / 1024,
        "extra": ((piece * p["p"] / half) ** 2 - 1) * 100,
    }


@route("phone-battery-overnight")
def _overnight(p: Plain) -> dict[str, float]:
    extra = (p["loss"] - 3) / 100 * p["wh"]
    return {"extra_wh": extra, "mean_mw": extra / 8 * 1000}


@route("phone-battery-query")
def _battery(p: Plain) -> dict[str, float]:
    stored = p["mah"] * p["volts"] / 1000
    spent = p["watts"] * p["secs"]
    return {"stored": stored, "spent": spent, "answers": stored * 3600 / spent}


@route("phone-decode-rate")
def _phone_rate(p: Plain) -> dict[str, float]:
    weights = p["model"]["params"] * p["bits"] / 8 / 1e9
    return {"weight_gb": weights, "rate": p["bw"] * p["eff"] / 100 / weights}


@route("phone-first-word")
def _first_word(p: Plain) -> dict[str, float]:
    work = 2 * p["model"]["params"] * p["prompt"]
    slow, fast = work / (p["cpu"] * 1e9), work / (p["npu"] * 1e12)
    return {"cpu_s": slow, "npu_s": fast, "ratio": slow / fast}


@route("ridge-of-a-small-core")
def _small_ridge(p: Plain) -> dict[str, float]:
    peak, feed = p["clock"] * 1e6 * p["mpc"], p["flash"] * 1e6
    return {"peak": peak, "ridge": peak / feed, "rate": min(peak, feed)}


@route("robot-shares-its-memory")
def _robot(p: Plain) -> dict[str, float]:
    memory = p["box"]["memory"]
    weights = p["model"]["params"] * p["bits"] / 8 / 1e9
    token = token_bytes(p["model"])
    tokens = (memory * (1 - p["keep"] / 100) - p["sys"] - weights) * 1e9 / token
    return {"weight_gb": weights, "per_token": token / 1024, "ktok": tokens / 1000, "chats": tokens // p["ctx"]}


@route("solar-camera")
def _solar(p: Plain) -> dict[str, float]:
    daily = p["idle"] * 24 + p["extra"] * p["hours"]
    return {
        "daily": daily,
        "panel": daily / (p["sun"] * p["eff"] / 100),
        "battery": daily * p["dark"] / (p["use"] / 100),
    }


@route("the-interpreter-between-layers")
def _interpreter(p: Plain) -> dict[str, float]:
    overhead, work = p["ops"] * p["disp"], p["ops"] * p["work"] * 1000
    return {
        "share": overhead / (overhead + work) * 100,
        "total_ms": (overhead + work) / (p["clock"] * 1e6) * 1000,
    }


@route("vectors-on-the-box")
def _vectors(p: Plain) -> dict[str, float]:
    size = p["n"] * 1000 * p["dim"] * 4
    speed = p["bw"] * 1e9 * p["eff"] / 100
    return {"table_mb": size / 1e6, "scan_ms": size / speed * 1000, "scan8_ms": size / 4 / speed * 1000}


@route("waiting-to-fill-a-batch")
def _fill(p: Plain) -> dict[str, float]:
    size = p["rate"] * p["window"] / 1000
    run = p["fixed"] + p["each"] * size
    return {"size": size, "latency": p["window"] / 2 + run, "load": run / p["window"] * 100}


@route("when-compiling-pays")
def _compiling(p: Plain) -> dict[str, float]:
    even = p["comp"] * 1000 / (p["slow"] - p["fast"])
    return {"even": even, "minutes": even / p["steps"] / 60, "share": p["comp"] / (p["life"] * 3600) * 100}


@route("when-the-sum-overflows")
def _overflow(p: Plain) -> dict[str, float]:
    product = (2 ** (p["wbits"] - 1) - 1) * (2 ** (p["abits"] - 1) - 1)
    fit = (2 ** (p["reg"] - 1) - 1) // product
    return {"product": product, "fit": fit, "ratio": fit / p["terms"]}


@route("power-cap-or-fewer-cards")
def _cap(p: Plain) -> dict[str, float]:
    full, capped = math.floor(p["kw"] * 1000 / p["w"]), math.floor(p["kw"] * 1000 / p["cap"])
    speed = ((p["cap"] - p["idle"]) / (p["w"] - p["idle"])) ** (1 / 3)
    return {"n_full": full, "n_cap": capped, "speed": speed * 100, "factor": capped * speed / full}


@route("from-card-to-plug")
def _plug(p: Plain) -> dict[str, float]:
    power = p["n"] * p["w"] / 1000 * (1 + p["host"] / 100) * p["pue"]
    month = power * 730 * p["price"]
    return {"plant": power, "month_usd": month, "per_h": month / 730 / p["n"]}
