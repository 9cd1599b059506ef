"""What a tenant may spend on models, a day and a month: reserved in the database before a call, settled after it.

Amounts are whole millionths of a USD, rounded up. A reservation is taken in one write transaction together with the look at
what is left, so that several processes cannot overspend together. What a process held when it died stays held for that
day: its calls may have been billed. Days and months are those of UTC.
"""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from examiner.domain.errors import Busy, Exhausted
from examiner.llm.budget import Budget, Reservation
from examiner.llm.call import Usage
from examiner.service.spending import dollars
from examiner.store import tenancy
from examiner.store.tables import costs

if TYPE_CHECKING:
    from examiner.service.examiner import Examiner

Period = Literal["day", "month"]
PERIODS: tuple[Period, ...] = ("day", "month")
NONE = "none"  # a limit that is none, though the settings have one
RAISED_BY = "whoever runs this service: examiner tenants budget, or PUT /v1/tenants/{tenant}/budget"
_MICRO = 1_000_000
_FRESH = 1.0  # seconds; a limit that another process sets counts from then on
_TRIES = 100  # several seconds: other writers are done within milliseconds


class OverBudget(Exhausted):
    """The tenant's limit does not hold another call."""

    def __init__(self, tenant: str, period: Period, figures: dict[str, Any], now: datetime) -> None:
        resets = str(figures["resets_at"])
        super().__init__(
            f"tenant '{tenant}' has {figures['limit_usd']:.2f} USD a {period} for models, {figures['spent_usd']:.4f} USD "
            f"are spent and {figures['held_usd']:.4f} USD held, which does not hold this call; it resets at {resets}",
            hint="over_budget",
        )
        self.extra = {"budget": {"tenant": tenant, "period": period, **figures, "raised_by": RAISED_BY}}
        seconds = (datetime.fromisoformat(resets) - now).total_seconds()
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


def standing(house: "Examiner", tenant: str = "") -> dict[str, Any]:
    """Return what a tenant (the current one by default) may spend, has spent, and when that resets.

    `{"tenant", "currency", "raised_by", "day": F, "month": F}` with `F` of `limit_usd` (null: none), `spent_usd`,
    `held_usd`, `left_usd`, `calls`, `resets_at`.
    """
    tenant, now = tenant or tenancy.current(), house.clock().astimezone(UTC)
    with house.ledger.reader.connect() as connection:
        found: dict[str, Any] = {period: _figures(house, connection, tenant, period, now) for period in PERIODS}
    return {"tenant": tenant, "currency": "USD", "raised_by": RAISED_BY, **found}


def set_limits(house: "Examiner", tenant: str, limits: dict[Period, str]) -> dict[str, Any]:
    """Set a tenant's limits: an amount, `none`, or "" for what the settings say; return how it stands now.

    Raises:
        NotFound: no such tenant.
        Invalid: not an amount.

    """
    from examiner.service.access.tenants import tenant as known  # noqa: PLC0415 - tenants are made with keys, keys know no money

    row = known(house, tenant)
    for period, text in limits.items():
        if text != NONE:
            dollars(text, f"the limit a {period}")
        row[f"{period}_usd"] = text
    house.registry.whole.put("tenants", row)
    house.limited.pop(tenant, None)
    return standing(house, tenant)


class TenantBudget(Budget):
    """The outermost grain: of whichever tenant a call is made for.

    Args:
        house: the wired examiner; its database keeps the amounts.

    """

    def __init__(self, house: "Examiner") -> None:
        super().__init__(name="tenant")
        self._house = house
        self._days: dict[int, tuple[str, int]] = {}  # reservations of this process: their day and amount
        self._flying: dict[str, int] = {}
        self._rng = random.Random()  # noqa: S311 - jitter
        self._gathered: dict[tuple[str, str], tuple[int, int]] | None = None  # tenant and day: amount and calls
        self._entered = 0.0

    @property
    def needs_prices(self) -> bool:
        """Whether a limit stands for the tenant of this call: looked up once a second, not at every call."""
        tenant, now = tenancy.current(), time.monotonic()
        looked, stands = self._house.limited.get(tenant, (-_FRESH, False))
        if now - looked >= _FRESH:
            with self._house.ledger.reader.connect() as connection:
                stands = any(_limit(self._house, tenant, period, connection) is not None for period in PERIODS)
            self._house.limited[tenant] = (now, stands)
        return stands

    def why_not(self, wanted: Reservation, now: float) -> str:
        """Return why the tenant's limits do not hold a call now; raise where waiting for calls under way cannot help.

        Raises OverBudget.
        """
        if not self.needs_prices:
            return ""
        with self._house.ledger.reader.connect() as connection:
            refusal = self._refusal(connection, _micros(wanted.usd))
        if refusal is None:
            return ""
        if self._flying.get(tenancy.current()):
            return refusal.message
        raise refusal

    def hold(self, wanted: Reservation) -> None:
        """Reserve, if the limits hold it still. Raises OverBudget."""
        tenant, amount = tenancy.current(), _micros(wanted.usd)
        day = self._today()
        if self.needs_prices:
            self._write(lambda connection: self._take(connection, tenant, day, amount))
            self._days[id(wanted)] = (day, amount)
        self._flying[tenant] = self._flying.get(tenant, 0) + 1

    def settle(self, wanted: Reservation, usage: Usage, usd: float | None) -> None:
        """Give a reservation back and enter what the call cost; one without a known price cost what was reserved."""
        tenant = tenancy.current()
        self._flying[tenant] = max(0, self._flying.get(tenant, 0) - 1)
        day, amount = self._days.pop(id(wanted), (self._today(), 0))
        spent = amount if usd is None else _micros(usd)
        if self._gathered is not None and not amount:
            before = self._gathered.get((tenant, day), (0, 0))
            self._gathered[tenant, day] = (before[0] + spent, before[1] + bool(spent))
            if time.monotonic() - self._entered >= _FRESH:
                self._enter()
        elif amount or spent:
            self._write(lambda connection: _add(connection, tenant, day, held=-amount, spent=spent, calls=1))

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Enter once a second, and at the end, what calls cost that no limit held: a transaction each takes half a millisecond.

        A crash loses that second here, never a limit's money; the books (`spending.jsonl`) have every call at once.
        """
        if self._gathered is not None:
            yield
            return
        self._gathered = {}
        try:
            yield
        finally:
            self._enter()
            self._gathered = None

    def _enter(self) -> None:
        gathered, self._gathered, self._entered = self._gathered or {}, {}, time.monotonic()
        for (tenant, day), (spent, calls) in gathered.items():
            if spent:
                self._write(partial(_add, tenant=tenant, day=day, spent=spent, calls=calls))

    def _take(self, connection: Connection, tenant: str, day: str, amount: int) -> None:
        if refusal := self._refusal(connection, amount):
            raise refusal
        _add(connection, tenant, day, held=amount)

    def _write(self, deed: Callable[[Connection], None]) -> None:
        """Do one transaction, again where another writer was first: an amount that is not entered is lost or held for ever."""
        for tries in range(_TRIES):
            try:
                with self._house.ledger.writing() as connection:
                    return deed(connection)
            except (Busy, IntegrityError):
                if tries == _TRIES - 1:
                    raise
                time.sleep(self._rng.uniform(0.002, 0.02) * (1 + tries / 10))
        return None

    def _today(self) -> str:
        return self._house.clock().astimezone(UTC).date().isoformat()

    def _refusal(self, connection: Connection, amount: int) -> OverBudget | None:
        now, tenant = self._house.clock().astimezone(UTC), tenancy.current()
        for period in PERIODS:
            limit = _limit(self._house, tenant, period, connection)
            if limit is None:
                continue
            spent, held, _ = _sums(connection, tenant, period, now)
            if spent + held + amount > limit:
                return OverBudget(tenant, period, _figures(self._house, connection, tenant, period, now), now)
        return None


def _add(connection: Connection, tenant: str, day: str, *, held: int = 0, spent: int = 0, calls: int = 0) -> None:
    """Add to a day's amounts, in the caller's transaction."""
    values = {"held": costs.c.held + held, "spent": costs.c.spent + spent, "calls": costs.c.calls + calls}
    where = costs.c.tenant == tenant, costs.c.day == day
    if not connection.execute(update(costs).where(*where).values(**values)).rowcount:
        connection.execute(insert(costs).values(tenant=tenant, day=day, held=held, spent=spent, calls=calls))


def _sums(connection: Connection, tenant: str, period: Period, now: datetime) -> tuple[int, int, int]:
    """Return what a tenant spent and holds in the running period, and in how many calls."""
    begins = now.date().isoformat() if period == "day" else now.strftime("%Y-%m-01")
    query = select(func.sum(costs.c.spent), func.sum(costs.c.held), func.sum(costs.c.calls)).where(
        costs.c.tenant == tenant, costs.c.day >= begins
    )
    spent, held, calls = connection.execute(query).one()
    return int(spent or 0), int(held or 0), int(calls or 0)


def _figures(house: "Examiner", connection: Connection, tenant: str, period: Period, now: datetime) -> dict[str, Any]:
    limit = _limit(house, tenant, period, connection)
    spent, held, calls = _sums(connection, tenant, period, now)
    return {
        "limit_usd": None if limit is None else limit / _MICRO,
        "spent_usd": spent / _MICRO,
        "held_usd": held / _MICRO,
        "left_usd": None if limit is None else max(0, limit - spent - held) / _MICRO,
        "calls": calls,
        "resets_at": _resets(period, now).isoformat(),
    }


def _limit(house: "Examiner", tenant: str, period: Period, connection: Connection) -> int | None:
    """Return a limit in millionths: the tenant's own, else the settings'; None for none."""
    from examiner.store.tables import tenants  # noqa: PLC0415 - the name is wanted above

    own = connection.execute(select(tenants.c[f"{period}_usd"]).where(tenants.c.id == tenant)).scalar() or ""
    if own == NONE:
        return None
    name = f"tenant_{period}_usd"
    amount = dollars(own or getattr(house.settings, name), name)
    return None if amount is None else math.floor(amount * _MICRO + 1e-6)


def _resets(period: Period, now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return midnight + timedelta(days=1)
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def _micros(usd: float) -> int:
    return math.ceil(usd * _MICRO - 1e-6)
