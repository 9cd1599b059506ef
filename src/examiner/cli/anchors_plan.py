"""`examiner anchors plan`: how many labels a calibration needs, and what they cost."""

from typing import Annotated, Any

import typer

from examiner.cli.anchors_sets import load_set
from examiner.cli.common import Json, console, emit, open_examiner
from examiner.domain.errors import Invalid, NotFound


def plan(
    n: Annotated[list[int] | None, typer.Option("--n", help="How many anchors; may be repeated.")] = None,
    name: Annotated[str, typer.Option("--set", help="A set that exists: what it still lacks.")] = "",
    kind: Annotated[str, typer.Option(help="question, design or debug.")] = "question",
    raters: Annotated[int, typer.Option(min=1, max=10)] = 2,
    usd_per_hour: Annotated[float, typer.Option(min=0, help="What an hour of a rater costs.")] = 60.0,
    usd_in: Annotated[float | None, typer.Option(min=0, help="USD per million tokens read.")] = None,
    usd_out: Annotated[float | None, typer.Option(min=0, help="USD per million tokens written.")] = None,
    as_json: Json = False,
) -> None:
    """Say how many anchors, of which questions and levels, and what a round costs in labels, calls, money and hours."""
    from examiner.calibration.anchors.plan import Assumptions, estimate, missing

    examiner = open_examiner()
    assume = Assumptions(raters=raters, usd_per_hour=usd_per_hour)
    prices = _prices(examiner, usd_in, usd_out)
    needs = _needs(examiner, kind)
    if not needs:
        raise NotFound(f"no questions of kind '{kind}'", hint="question, design or debug")
    rounds = [estimate(needs, count, assume, prices) for count in n or [100, 200]]
    data: dict[str, Any] = {
        "kind": kind,
        "rounds": rounds,
        "assumptions": {**assume.model_dump(), "usd_per_million": prices},
    }
    if name:
        found = load_set(examiner, name)
        criteria = dict.fromkeys(c for need in needs for c in need.criteria)
        data["set"] = {"name": name, "missing": missing(found.anchors, list(criteria), rounds[0]["anchors"])}
    if as_json:
        emit(data)
    else:
        _show_plan(data)


def _needs(examiner: Any, kind: str) -> list[Any]:
    from examiner.calibration.anchors.plan import Need

    out = []
    for family in examiner.vault.families.values():
        if family.kind != kind:
            continue
        there = {p.criterion for p in family.rubric}
        criteria = tuple(c for c in examiner.vault.rubric_for(kind).criteria if c in there)
        text = len(family.prompt) + sum(len(p.claim) for p in family.rubric)
        out.append(Need(id=family.id, area=family.areas[0], level=family.level, criteria=criteria, characters=text))
    return out


def _prices(examiner: Any, usd_in: float | None, usd_out: float | None) -> dict[str, tuple[float, float]]:
    """Return the given price, else those of vault/prices.yaml: entries with `input` and `output` are models."""
    if usd_in is not None and usd_out is not None:
        return {"at the given price": (usd_in, usd_out)}
    if usd_in is not None or usd_out is not None:
        raise Invalid("a price has two halves", hint="--usd-in and --usd-out together")
    table = examiner.vault.tables["prices"]
    return {
        name: (float(entry["input"]["value"]), float(entry["output"]["value"]))
        for name, entry in table.items()
        if "input" in entry and "output" in entry
    }


def _show_plan(data: dict[str, Any]) -> None:
    out = console()
    for r in data["rounds"]:
        per = ", ".join(f"{c} {v['anchors']}" for c, v in r["per_criterion"].items())
        spread = ", ".join(f"{count} at {level}" for level, count in r["levels"].items())
        model = r["judge"]["model"]
        usd = ", ".join(f"{k} {v:.2f} USD" for k, v in model["usd"].items()) or model["why"]
        out.print(f"[bold]{r['anchors']} anchors[/bold] over {len(r['questions'])} questions; {spread}")
        out.print(f"  per criterion: {per}")
        out.print(
            f"  people: {r['labels']} labels and about {r['decisions']} decisions, {r['hours']} h in all "
            f"({r['hours_per_rater']} h a rater), {r['usd_people']:.0f} USD"
        )
        out.print("  embedded judge: no calls, 0 USD")
        out.print(
            f"  model judge: {model['calls']} calls, {model['tokens_in'] / 1e6:.2f} M tokens in, "
            f"{model['tokens_out'] / 1e6:.2f} M out; {usd}"
        )
        out.print(f"  questions: {', '.join(r['questions'])}", style="dim")
    if "set" in data:
        out.print(f"\n[bold]still lacking in {data['set']['name']}[/bold] (labels by people on gate anchors)")
        for criterion, lack in data["set"]["missing"].items():
            of_level = ", ".join(f"{k} of level {level}" for level, k in lack["more_of_level"].items() if k)
            out.print(
                f"  {criterion}: {lack['more_anchors']} anchors, {lack['more_questions']} questions, "
                f"{lack['more_double']} scored by two; {of_level or 'every level is there'}"
            )
    assumed = {k.replace("_", " "): v for k, v in data["assumptions"].items() if v != {}}
    prices = assumed.pop("usd per million", {})
    assumed |= {
        f"{model} at": f"{usd_in:g} and {usd_out:g} USD a million" for model, (usd_in, usd_out) in prices.items()
    }
    out.print("\nassumed: " + ", ".join(f"{k} {v}" for k, v in assumed.items()), style="dim")
