"""Second routes: what tokens, machines, caches and electricity cost. Prices are per million tokens unless told."""

import math

from examiner.evals.keys.registry import Plain, route

# --- prompts that are paid for again ----------------------------------------------------------


@route("bill-doubled")
def _bill(p: Plain) -> dict[str, float]:
    def daily(hit: float) -> float:
        read = p["cached_share"] / 100 * hit / 100  # of the tokens, at a tenth of the price
        return float(p["requests"] * p["prompt_tokens"] * p["price"] * (1 - read + read / 10) / 1000)

    before, now = daily(p["hit_before"]), daily(p["hit_after"])
    return {"before": before, "now": now, "factor": now / before}


@route("cached-turns")
def _turns(p: Plain) -> dict[str, float]:
    plain = cached = 0.0
    for turn in range(p["turns"]):
        plain += p["prefix"] + p["fresh"]
        cached += p["prefix"] * (p["read"] if turn else p["write"]) / 100 + p["fresh"]
    return {
        "without": plain * p["price"] / 1e6,
        "with_cache": cached * p["price"] / 1e6,
        "saved": (plain - cached) / plain * 100,
    }


@route("growing-conversation")
def _growing(p: Plain) -> dict[str, float]:
    inputs = float(sum(p["start"] + call * p["step"] for call in range(p["calls"])))
    paid, answers = inputs * p["price"] / 1e6, p["calls"] * p["out"] * p["ratio"] * p["price"] / 1e6
    return {"inputs": inputs, "bill": paid + answers, "share": paid / (paid + answers) * 100}


@route("when-writing-pays")
def _writing(p: Plain) -> dict[str, float]:
    again = p["reuse"] / 100
    surcharge, saving = p["write"] - 100, 100 - p["read"]
    return {
        "with_cache": (1 - again) * p["write"] / 100 + again * (p["write"] + p["read"]) / 100,
        "without": (1 - again) * 1 + again * 2,
        "even": surcharge / saving * 100,
    }


@route("search-or-read-all")
def _search(p: Plain) -> dict[str, float]:
    everything = p["corpus"] / 1000 * p["price"] * p["read"] / 100
    found = p["k"] * p["chunk"] / 1e6 * p["price"]
    return {
        "all_in": everything,
        "some": found,
        "month": everything * p["queries"] * 1000,
        "month_search": found * p["queries"] * 1000,
        "factor": everything / found,
        "even": p["k"] * p["chunk"] / 1000 / (p["read"] / 100),
    }


# --- machines ---------------------------------------------------------------------------------


@route("price-of-a-million")
def _million_price(p: Plain) -> dict[str, float]:
    full = p["gpus"] * p["price"] / (p["speed"] * 3600 / 1e6)
    return {"full": full, "real": full / (p["load"] / 100)}


@route("rent-or-own")
def _own(p: Plain) -> dict[str, float]:
    monthly = p["each"] * p["load"] / 100 * 730 * 3600 / 1e9  # billion tokens a GPU really does
    gpus = math.ceil(p["volume"] / monthly - 1e-9)
    unit = p["gpu_price"] * 730 / monthly
    return {
        "api_cost": p["volume"] * 1000 * p["api"],
        "gpus": gpus,
        "own_cost": gpus * p["gpu_price"] * 730 + p["people"],
        "unit": unit,
        "even": p["people"] / (1000 * p["api"] - unit),
    }


@route("reserve-or-rent")
def _reserve(p: Plain) -> dict[str, float]:
    hourly = [p["peak"] if hour < p["hours"] else p["base"] for hour in range(24)]
    above = sum(need - p["base"] for need in hourly)
    return {
        "all_reserved": max(hourly) * 24 * p["reserved"],
        "all_demand": sum(hourly) * p["demand"],
        "mixed": p["base"] * 24 * p["reserved"] + above * p["demand"],
        "even": 24 * p["reserved"] / p["demand"],
    }


@route("the-chip-for-the-next-model")
def _chip(p: Plain) -> dict[str, float]:
    decoding = p["dec"] / 100
    on_b = decoding / (p["bb"] / p["ba"]) + (1 - decoding) / (p["fb"] / p["fa"])
    return {"gain": 1 / on_b, "value": (1 / on_b / p["pb"]) / (1 / p["pa"])}


@route("phone-or-cloud")
def _phone_or_cloud(p: Plain) -> dict[str, float]:
    year = p["users"] * p["per_day"] * p["tokens"] * 365 * p["price"]  # million users, price per million
    joules = p["per_day"] * p["share"] / 100 * p["tokens"] * p["joule"]
    return {"year": year, "saved": year * p["share"] / 100 / 1000, "battery": joules / (15 * 3600) * 100}


# --- electricity ------------------------------------------------------------------------------


@route("joules-per-token")
def _joules(p: Plain) -> dict[str, float]:
    joules = (p["gpus"] * p["watt"] + p["other"]) * p["pue"] / p["speed"]
    kwh = joules * 1e6 / 3.6e6
    return {"joules": joules, "kwh": kwh, "cost": kwh * p["price"]}


@route("capped-rack")
def _capped(p: Plain) -> dict[str, float]:
    clock = ((p["cap"] - p["floor"]) / (p["normal"] - p["floor"])) ** (1 / 3)
    longer = p["prefill"] / 100 / clock + (100 - p["prefill"]) / 100
    return {"clock": clock * 100, "longer": longer, "lost": p["racks"] - p["racks"] / longer}
