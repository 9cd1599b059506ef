"""What the audits of a judge say: which criterion moved, whether its certificate still stands. Pure.

A change of the fingerprint is no drift: what was certified is gone, and the certificate is void at once. Drift is the
same fingerprint giving other levels: a provider that changed what a model name stands for, or plain instability.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from examiner.calibration.drift.sequential import ALPHA, CUSUM_LIMIT, P0, watch
from examiner.domain.drift import Audit, Chart, Standing, Step
from examiner.domain.identity import short

STALE_AFTER = timedelta(days=30)  # an audit that is older says nothing of today's judge
ERROR_LIMIT = 0.02  # of the sentinels; a judge that answers less often is not being watched


def standing(
    records: Sequence[Audit], fingerprint: str, now: datetime, *, stale_after: timedelta = STALE_AFTER
) -> Standing:
    """Return whether a judge still is what was certified.

    Args:
        records: its audits, oldest first.
        fingerprint: the one that the certificate names.
        now: the time to judge freshness by.
        stale_after: how long an audit counts.

    Returns:
        `void` where another fingerprint was observed last; `drifted` with the criteria that moved; `unwatched` where
        nothing recent tells (no audit, an old one, or one with too many errors); else `ok`.

    """
    if not records:
        return Standing(state="unwatched", reason="no audit on frozen sentinels yet")
    last = records[-1]
    if last.changed or fingerprint not in last.frozen:
        return Standing(state="void", reason=_void(last, fingerprint), audits=len(records), last=last.at)
    run = current(records)
    moved = [chart for chart in charts(run) if chart.detected or chart.claimed]
    if moved:
        names = tuple(chart.criterion for chart in moved)
        return Standing(
            state="drifted",
            reason=f"levels of frozen answers moved: {', '.join(names)}",
            criteria=names,
            claimed=tuple(chart.criterion for chart in moved if chart.claimed),
            audits=len(run),
            last=last.at,
        )
    return Standing(**_fresh(run, now, stale_after), audits=len(run), last=last.at)


def current(records: Sequence[Audit]) -> tuple[Audit, ...]:
    """Return the audits of the last frozen set, without those in which another fingerprint was observed.

    What another judge flipped is no drift of this one.
    """
    run: list[Audit] = []
    for record in reversed(records):
        if record.sentinels != records[-1].sentinels:
            break
        if not record.changed:
            run.append(record)
    return tuple(reversed(run))


def charts(records: Sequence[Audit]) -> tuple[Chart, ...]:
    """Return the course of every criterion over these audits."""
    names = list(dict.fromkeys(name for record in records for name in record.tallies))
    return tuple(_chart(name, [r for r in records if name in r.tallies]) for name in names)


def _chart(name: str, records: Sequence[Audit]) -> Chart:
    states = watch([(r.tallies[name].flips, r.tallies[name].n) for r in records])
    steps = tuple(
        Step(
            at=r.at,
            n=r.tallies[name].n,
            flips=r.tallies[name].flips,
            cusum=round(state.cusum.level, 6),
            log_e=round(state.mixture.log_value, 6),
        )
        for r, state in zip(records, states, strict=True)
    )
    return Chart(
        criterion=name,
        steps=steps,
        cusum_limit=CUSUM_LIMIT,
        log_e_limit=math.log(1 / ALPHA),
        usual_rate=P0,
        detected=states[-1].detected,
        claimed=states[-1].claimed,
    )


def _void(last: Audit, fingerprint: str) -> str:
    if last.changed:
        return f"the judge is another one: fingerprint {short(last.changed[0])} where {_named(last.frozen)} was frozen"
    return f"the levels were frozen from fingerprint {_named(last.frozen)}, not from {short(fingerprint)}"


def _named(fingerprints: Sequence[str]) -> str:
    return ", ".join(short(f) for f in fingerprints)


def _fresh(run: Sequence[Audit], now: datetime, stale_after: timedelta) -> dict[str, str]:
    last = run[-1]
    judged = max((tally.n for tally in last.tallies.values()), default=0)
    if not judged:
        return {"state": "unwatched", "reason": "the last audit judged nothing"}
    if len(last.errors) > ERROR_LIMIT * (judged + len(last.errors)):
        return {"state": "unwatched", "reason": f"{len(last.errors)} sentinels of the last audit got no levels"}
    if now - last.at > stale_after:
        return {"state": "unwatched", "reason": f"the last audit is {(now - last.at).days} days old"}
    return {"state": "ok", "reason": f"{len(run)} audits without an alarm"}
