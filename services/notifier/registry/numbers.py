"""Look after the age of phone numbers, and show one to whoever must call: nobody sees a number without a word in the log.

A number that nobody has confirmed for long may be somebody else's by now: carriers give them out again after some months. Those
contacts stand in table old_number, from which work for people follows (services/tasks).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

import asyncpg
from msgspec import Meta
from prometheus_client import CollectorRegistry, Gauge

from schemas.contracts.base import CustomerId, Name, Person, Wire
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, try_until_commit
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.notifier.registry.forgetting import SQL

SHOW: Final = "vault show"
CONFIRM: Final = "vault confirm"
SHOWN: Final = "number-shown"
CONFIRMED: Final = "number-confirmed"
LOOK_SECONDS: Final = 60.0
LOCK: Final = advisory_key("notifier", "old-numbers")


class LookedUp(Wire, frozen=True, kw_only=True):
    """Whose number somebody wants to see."""

    customer_id: CustomerId
    contact_id: Name | None = None


class ConfirmedNumbers(Wire, frozen=True, kw_only=True):
    """Of whose numbers somebody was told that they are still right, and by whom."""

    customer_id: CustomerId
    contact_ids: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    by: Person


async def show(acting: ActionContext, detail: LookedUp) -> ActionAnswer:
    """Put on record who looks at which numbers, and why; the numbers themselves stand in no answer."""
    if not acting.request.why.strip():
        raise Refusal("no-reason-given", "say why you must see the number: it goes on record with your name")
    held = await _held(acting, detail.customer_id)
    wanted = [one for one in held if detail.contact_id in (None, one)]
    if not wanted:
        raise Refusal(
            "no-such-contact", f"{detail.customer_id} has no contact {detail.contact_id}: it has {', '.join(held)}"
        )
    return ActionAnswer(SHOWN, {"customerId": detail.customer_id, "contactIds": wanted})


async def confirm(acting: ActionContext, detail: ConfirmedNumbers) -> ActionAnswer:
    """A person has asked the customer: the numbers are still theirs, from now on for as long as a new one would be."""
    held = await _held(acting, detail.customer_id)
    wanted = list(detail.contact_ids) or held
    if strange := [one for one in wanted if one not in held]:
        raise Refusal(
            "no-such-contact", f"{detail.customer_id} has no contact {', '.join(strange)}: it has {', '.join(held)}"
        )
    await acting.connection.execute(SQL["confirm_numbers"], detail.customer_id, wanted, acting.now)
    return ActionAnswer(CONFIRMED, {"customerId": detail.customer_id, "contactIds": wanted})


async def _held(acting: ActionContext, customer_id: str) -> list[str]:
    rows = await acting.connection.fetch(SQL["numbers_held"], customer_id)
    if not rows:
        raise Refusal("no-number", f"the vault has no number of {customer_id}: check the id, or import contacts")
    return [row["contact_id"] for row in rows]


class NumberWatch:
    """Keeps table old_number and its metric, until cancelled. `days`: NotifierSettings.number_days; 0: none is ever old."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, registry: CollectorRegistry, days: int) -> None:
        self._pool, self._clock, self._days = pool, clock, days
        self._old = Gauge(
            "outage_numbers_old",
            "Contacts whose phone number nobody has confirmed for longer than OUTAGE_NUMBER_DAYS",
            registry=registry,
        )

    async def run(self) -> None:
        """Look every minute; while Postgres is away what was found stands."""
        await every(LOOK_SECONDS, self.once, cures=DATABASE, waits="the age of phone numbers cannot be looked at")

    async def once(self) -> None:
        """Look once; of several processes one writes."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await try_until_commit(connection, LOCK):
                # With another setting every one of them is since another time: they are put anew.
                may_stand = timedelta(days=self._days)
                await connection.execute(SQL["drop_old_numbers"], may_stand if self._days else None)
                if self._days:
                    await connection.execute(SQL["put_old_numbers"], self._clock.now() - may_stand, may_stand)
            self._old.set(await connection.fetchval(SQL["old_number_count"]))


NUMBER_ACTIONS: Mapping[str, Action[Any]] = {SHOW: Action(LookedUp, show), CONFIRM: Action(ConfirmedNumbers, confirm)}
