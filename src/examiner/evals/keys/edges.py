"""Second routes: training and sensing at the edge, corpora and their indexes, classes of requests."""

import math

from examiner.evals.keys.registry import Plain, route

# --- corpora ----------------------------------------------------------------------------------


@route("a-hundred-million-passages")
def _passages(p: Plain) -> dict[str, float]:
    index = p["n"] * (p["dim"] * p["vb"] + p["links"] * 4) / 1000
    parts = math.ceil(index / (0.8 * p["ram"]) - 1e-9)
    copies = math.ceil(p["load"] / p["qps"])
    return {"index_gb": index, "parts": parts, "servers": parts * copies}


@route("chunks-of-a-corpus")
def _chunks(p: Plain) -> dict[str, float]:
    fresh = p["chunk"] * (100 - p["overlap"]) / 100  # tokens a chunk adds
    chunks = p["tokens"] / fresh
    return {"chunks": chunks, "size": chunks * p["dim"] * 32 / 8 / 1000, "cost": chunks * p["chunk"] * p["price"]}


# --- requests in flight -----------------------------------------------------------------------


@route("classes-and-concurrency")
def _classes(p: Plain) -> dict[str, float]:
    def stay(answer: float) -> float:
        return float(p["wait"] + answer * p["gap"] / 1000)

    chat, reports = p["r1"] * stay(p["out1"]), p["r2"] * stay(p["out2"])
    held = chat * (p["in1"] + 0.5 * p["out1"]) + reports * (p["in2"] + 0.5 * p["out2"])
    return {
        "n1": chat,
        "n2": reports,
        "held_k": held / 1000,
        "reps": math.ceil(held / (p["cap"] * 1000 * p["fill"] / 100) - 1e-9),
    }


# --- training on devices ----------------------------------------------------------------------


@route("adapter-overnight")
def _overnight(p: Plain) -> dict[str, float]:
    seconds = 4 * p["params"] * p["tokens"] / p["rate"]  # 10^9 times 10^3 over 10^12
    hours = seconds / 3600
    return {"took": seconds / 60, "energy": hours * p["watt"], "share": hours * p["watt"] / 15 * 100}


@route("federated-round")
def _federated(p: Plain) -> dict[str, float]:
    stay = (100 - p["dropout"]) / 100
    return {
        "upload": p["update"] * 8 / p["uplink"],
        "received": p["devices"] * stay * p["update"] / 1000,
        "select": math.ceil(p["devices"] / stay - 1e-9),
    }


@route("saving-wears-out")
def _wears(p: Plain) -> dict[str, float]:
    saves = p["hours"] * 60 / p["every"]
    daily = saves * p["size"] * p["amp"] / 1000
    return {"daily": daily, "years": p["endurance"] * 1000 / (daily * 365), "lost": p["every"] / 2}


@route("train-only-the-head")
def _head(p: Plain) -> dict[str, float]:
    everything = p["act"] + p["weights"] * (4 + 4)
    head = (p["feat"] + 1) * p["classes"] * (4 + 4) / 1000
    return {"everything": everything, "head": head, "factor": everything / head}


# --- sensors ----------------------------------------------------------------------------------


@route("a-sensor-from-end-to-end")
def _sensor(p: Plain) -> dict[str, float]:
    usable = p["mah"] * p["use"] / 100 * 1000  # uAh
    wake = p["ms"] / 1000 * p["ma"] * 1000 / 3600  # uAh each
    daily = p["sleep"] * 24 + p["wakes"] * wake
    return {
        "life": usable / daily / 365,
        "spare": p["flash"] / 2 - p["fw"] - p["kw"] * 1000 / 1024,
        "maxw": (usable / (p["years"] * 365) - p["sleep"] * 24) / wake,
    }


@route("send-or-think")
def _think(p: Plain) -> dict[str, float]:
    send = p["window"] * 1000 * p["radio"] / 1000
    think = p["ops"] * p["each"] / 1000 + p["events"] / 100 * 16 * p["radio"] / 1000
    watts = 20e-6 + think / 1000 * p["rate"] / 3600
    return {"send": send, "think": think, "factor": send / think, "life": 10_000 / watts / 3600 / 730}
