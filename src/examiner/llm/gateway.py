"""The way of every call: cassette, budget, pace, breaker, model, retries, record, and only then reading.

The gateway is itself a `Model`, so whoever asks does not know what stands in between.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from examiner.llm.breaker import Breaker
from examiner.llm.budget import Budget, Reservation, Unpriced, exhausted
from examiner.llm.call import Call, CallFailed, Model, Reply, Usage, misfit
from examiner.llm.cassette import Cassette
from examiner.llm.formats import bare_json
from examiner.llm.pacer import Pacer
from examiner.llm.prices import Prices
from examiner.telemetry import genai, traces

log = logging.getLogger(__name__)
_ASKS = 3
_AFRESH = 1_000_000
_LOOK_AGAIN = 0.2
_BYTES_PER_TOKEN = 3  # below the usual four, so that a reservation is rather too large


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on trying.

    Args:
        attempts: requests for one reply, failed ones included.
        seconds: for one reply, waits included.
        attempt_seconds: for one request, from the first byte sent to the last received.
        first, longest: the waits between attempts where the provider names none; they double, with jitter.

    """

    attempts: int = 6
    seconds: float = 600.0
    attempt_seconds: float = 120.0
    first: float = 0.5
    longest: float = 30.0


class Gateway:
    """A model with a memory, a purse and manners.

    Args:
        model: who is asked.
        name: as the user knows it, for messages.
        prices: what tokens cost.
        budget: the innermost grain.
        pacer, breaker: shared between the gateways to one provider.
        cassette: recordings, or the journal.
        patience: see `Patience`.
        spent: told of every call's model, usage and cost, for the books.
        clock, sleep, rng: time and chance, for tests.

    """

    def __init__(
        self,
        model: Model,
        *,
        name: str = "",
        prices: Prices | None = None,
        budget: Budget | None = None,
        pacer: Pacer | None = None,
        breaker: Breaker | None = None,
        cassette: Cassette | None = None,
        patience: Patience | None = None,
        spent: Callable[[Call, Usage, float | None], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self.prices = prices or Prices({})
        self.budget = budget or Budget()
        self.pacer = pacer or Pacer()
        self.breaker = breaker or Breaker()
        self.cassette = cassette
        self.patience = patience or Patience()
        self._spent = spent
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - jitter
        self._flying = 0
        self._settled = asyncio.Event()

    async def reply(self, call: Call) -> Reply:
        """Return a reply whose `value` fits the call's shape, usage and cost summed over all it took.

        A reply that does not fit is handed back once with the reason; after that the call is made afresh a last
        time. A refusal is asked again in the same words.

        Raises:
            CallFailed: it did not come to a usable reply; says why.
            Exhausted: a budget does not hold the call.

        """
        asked, used = call, Reply(text="", cost_usd=0.0, attempts=0)
        for turn in range(_ASKS):
            reply = await self._recorded(asked)
            used = _sum(used, reply)
            value, problem = _read(call, reply)
            if not problem:
                return replace(reply, value=value, **_totals(used))
            if turn == 0 and reply.stop != "refusal":
                asked = call.again(reply.text, problem)
            else:  # the same words once more: another sample, so that the journal does not answer with the old one
                asked = replace(call, sample=call.sample + _AFRESH * (turn + 1))
        raise CallFailed(
            _failed_as(reply), f"{self.name or call.model}: {problem}", reply=replace(reply, **_totals(used))
        )

    async def close(self) -> None:
        """Close the model's connections."""
        close = getattr(self.model, "close", None)
        if close is not None:
            await close()

    async def _recorded(self, call: Call) -> Reply:
        """Return the recorded reply, or ask and record it before anything reads it."""
        if self.cassette is not None:
            found = self.cassette.find(call, self.name)
            if found is not None:
                # A reply found again in the journal was paid for before.
                return found if self.cassette.mode == "replay" else replace(found, cost_usd=0.0)
        started = self._clock()
        reply = await self._patiently(call, started)
        reply = replace(reply, seconds=self._clock() - started)
        if self.cassette is not None:
            self.cassette.keep(call, reply, self.name)
        log.info(
            "model replied",
            extra={
                "purpose": call.purpose,
                "model": reply.model,
                "tokens": reply.usage.total,
                "ms": round(reply.seconds * 1000),
                "attempts": reply.attempts,
            },
        )
        return reply

    async def _patiently(self, call: Call, started: float) -> Reply:
        """Ask until there is a reply, tenacity counting; the first attempt, which is nearly always enough, goes without it."""
        try:
            return await self._once(call, started)
        except CallFailed as error:
            if not error.passing or self.patience.attempts <= 1:
                raise
            first = error
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_after_delay  # noqa: PLC0415

        await self._sleep(self._pause(first, 1))
        tries = 1
        async for attempt in AsyncRetrying(
            sleep=self._sleep,
            wait=lambda state: self._pause(
                state.outcome.exception() if state.outcome else None, state.attempt_number + 1
            ),
            stop=stop_after_attempt(self.patience.attempts - 1) | stop_after_delay(self.patience.seconds),
            retry=retry_if_exception(lambda e: isinstance(e, CallFailed) and e.passing),
            reraise=True,
        ):
            with attempt:
                tries += 1
                return replace(await self._once(call, started), attempts=tries)
        raise first

    def _pause(self, error: BaseException | None, attempt: int) -> float:
        """Return the seconds to wait after a failure: what the provider asks, else doubling with jitter."""
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            return min(float(asked), self.patience.seconds)
        top = min(self.patience.longest, self.patience.first * 2 ** (attempt - 1))
        return float(top * (0.5 + self._rng.random() / 2))

    async def _once(self, call: Call, started: float) -> Reply:
        """Make one attempt: allowed by the budget, in its slot, through the breaker."""
        wanted = self._reservation(call)
        await self._allowed(wanted)
        self._flying += 1
        usage, usd = Usage(), 0.0 if self.prices.of(call.model) else None
        try:
            await self._turn(started)
            try:
                async with asyncio.timeout(self.patience.attempt_seconds):
                    reply = await self._traced(call)
            except TimeoutError:
                raise CallFailed(
                    "timeout", f"{self.name or call.model}: no whole reply in {self.patience.attempt_seconds:g} s"
                ) from None
            self.breaker.success()
            self.pacer.hear(reply.limits, self._flying, self._clock())
            usage, usd = reply.usage, self.prices.cost(reply.model or call.model, reply.usage)
            usd = usd if usd is not None else self.prices.cost(call.model, reply.usage)
            return replace(reply, cost_usd=usd)
        except CallFailed as error:
            now = self._clock()
            if error.kind == "rate_limited":
                self.pacer.close(error.retry_after if error.retry_after is not None else 1.0, now)
            elif error.passing:
                self.breaker.failure(now)
            if error.kind in ("timeout", "connection"):  # it may have been served, and billed, unseen
                usage = Usage(input=wanted.tokens - call.max_tokens)
                usd = self.prices.cost(call.model, usage)
            raise
        finally:
            self._flying -= 1
            self.budget.settle(wanted, usage, usd)
            if self._spent is not None and usage.total:
                self._spent(call, usage, usd)
            self._settled.set()

    async def _traced(self, call: Call) -> Reply:
        provider = self.name.partition("/")[0] or "_OTHER"
        with traces.span(*genai.chat(provider, call.model, call.max_tokens), kind="client") as span:
            reply = await self.model.reply(call)
            used = reply.usage
            counts = (used.input, used.cache_write, used.cache_read, used.output)
            span.set(genai.replied(reply.model, reply.request_id, reply.stop, *counts))
        return reply

    async def _turn(self, started: float) -> None:
        """Wait for the pacer's slot and for the breaker to let this call through."""
        now = self._clock()
        at = self.pacer.slot(now)
        if at > now:
            await self._sleep(at - now)
        while (rest := self.breaker.wait(self._clock())) > 0:
            if self._clock() + rest - started > self.patience.seconds:
                raise CallFailed("circuit_open", f"{self.name}: the provider only failed lately; not asked")
            await self._sleep(rest)

    async def _allowed(self, wanted: Reservation) -> None:
        """Reserve; where calls in flight hold the rest of a budget, wait for them to settle first."""
        while why := self.budget.why_not(wanted, self._clock()):
            if not self.budget.in_flight:
                raise exhausted(why)
            self._settled.clear()
            with contextlib.suppress(TimeoutError):  # another gateway on the same budget may be the one to settle
                await asyncio.wait_for(self._settled.wait(), _LOOK_AGAIN)
        self.budget.hold(wanted)

    def _reservation(self, call: Call) -> Reservation:
        sent = sum(map(len, call.system)) + sum(len(m.text) for m in call.exchange) + 400
        usage = Usage(cache_write=sent // _BYTES_PER_TOKEN, output=call.max_tokens)
        if not self.budget.needs_prices:
            return Reservation(0.0, usage.total)
        usd = self.prices.cost(call.model, usage)
        if usd is None:
            raise Unpriced(
                f"no price is known for {call.model}, so a budget in USD cannot hold it",
                hint="add it to vault/prices.yaml, or bound calls instead",
            )
        return Reservation(usd, usage.total)


def _read(call: Call, reply: Reply) -> tuple[Any, str]:
    """Return the value of a reply, or why it is of no use, in words for the model."""
    if reply.stop == "refusal":
        return None, "the model refused"
    if reply.stop == "length":
        return None, "the reply was cut at the token limit; be brief"
    if not reply.text.strip():
        return None, "the reply was empty"
    if call.shape is None:
        return None, ""
    try:
        return call.shape.parse(bare_json(reply.text) if call.form == "plain" else reply.text), ""
    except ValidationError as error:
        return None, misfit(error)


def _failed_as(reply: Reply) -> Any:
    return {"refusal": "refusal", "length": "truncated"}.get(reply.stop, "invalid")


def _sum(a: Reply, b: Reply) -> Reply:
    cost = None if a.cost_usd is None or b.cost_usd is None else a.cost_usd + b.cost_usd
    return Reply(
        "", usage=a.usage + b.usage, cost_usd=cost, attempts=a.attempts + b.attempts, seconds=a.seconds + b.seconds
    )


def _totals(used: Reply) -> dict[str, Any]:
    return {"usage": used.usage, "cost_usd": used.cost_usd, "attempts": used.attempts, "seconds": used.seconds}
