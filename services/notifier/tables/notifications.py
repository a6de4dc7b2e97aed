"""Write the rows the notifier reads back, in the transaction that appends: texts for the sender, places for matching.

The rows of fan-outs are in fanout.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import structlog

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from services.concerned.matching import Kind, pairs
from services.concerned.supplies import supply_rows
from services.kernel.model import Event, category_of
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.events import TextGoesOn, TextMeant, WatchFired, WordsSettled
from services.notifier.domain.handset.merging import alike
from services.notifier.domain.provider.twilio_codes import PROVIDER
from services.notifier.domain.text_states import FINAL, ROW, RowEvent, RowState, step
from services.notifier.sending.approving.large_sends import NEVER_HELD
from services.notifier.tables.fanout import put_rematch
from services.notifier.tables.lost_time import look_up
from services.notifier.tables.vault import erase_as_registered

log = structlog.get_logger()
SQL = queries(Path(__file__).parents[1] / "sql" / "projections.sql")
HANDSETS: Final = queries(Path(__file__).parents[1] / "sql" / "handsets.sql")
# With an attempt out, a text cannot be taken back; it can only be kept from going out again.
_OUT: Final = ["carried", "sending", "unknown"]
Withdrawal = Literal["suppress", "expire"]
_WITHDRAWN: Final[Mapping[Withdrawal, RowState]] = {"suppress": "suppressed", "expire": "expired"}
_FROM: Final = {event: sorted(state for state, move in ROW if move == event) for event in _WITHDRAWN}
if any(ROW[state, event] != _WITHDRAWN[event] for event, states in _FROM.items() for state in states):
    raise AssertionError("text_states.ROW: a text that is withdrawn is suppressed or expired")


class NotificationRows:
    """Tables notification, attempt, customer, customer_match, customer_supply; and the vault, where somebody is to be forgotten.

    `restored_to`: where the database was restored, the instant to which it went back; `provider`: whose attempts then stand for
    those that it does not know.
    """

    def __init__(self, restored_to: datetime | None = None, provider: str = PROVIDER) -> None:
        self._restored_to, self._provider = restored_to, provider

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold the events of customer streams into the tables."""
        meant: dict[str, TextMeant] = {}
        known_at = _known_at(events)
        for event in events:
            if category_of(event.stream_id) == "customer":
                if isinstance(event.data, TextMeant):
                    meant[event.data.message_id] = event.data
                if self._restored_to is not None and isinstance(event.data, MessageSuppressed):
                    await look_up(connection, [event.data.message_id], self._restored_to, event.data.at, self._provider)
                await _apply(connection, event, meant, known_at)


def _known_at(events: Sequence[Event]) -> datetime | None:
    """When what one decision's texts tell became known: the fact was on the broker, or the settling time was over; else None."""
    for event in events:
        if isinstance(event.data, CustomerTouched):
            return event.data.recorded_at or event.data.at
        if isinstance(event.data, WordsSettled | WatchFired):
            return event.data.due_at
    return None


async def _apply(connection: Any, event: Event, meant: Mapping[str, TextMeant], known_at: datetime | None) -> None:
    match event.data:
        case MessageRequested() as text:
            await _request(connection, text, event.version, meant.get(text.message_id), known_at)
        case MessageAccepted() as taken:
            await _accept(connection, taken)
        case TextGoesOn() as text:
            await connection.execute(SQL["go_on"], text.message_id, text.attempt, text.look_again_at)
        case MessageDelivered(message_id=message_id, provider_sid=sid, delivered_at=at):
            await _move(connection, message_id, "receipt-delivered", at)
            # Of a text that was refused and had gone by an attempt before, nobody said that it was accepted.
            await connection.execute(SQL["name_text"], message_id, sid)
        case MessageUndelivered(message_id=message_id, provider_sid=sid, code=code, at=at):
            await _move(connection, message_id, "receipt-undelivered" if sid else "refuse-for-good", at)
            if sid:
                await connection.execute(SQL["report_failed"], message_id, sid, code)
        case MessageSuppressed(message_id=message_id, at=at):
            await _withdraw(connection, message_id, "suppress", at)
        case MessageExpired(message_id=message_id, at=at):
            await _withdraw(connection, message_id, "expire", at)
        case CustomerUpserted() as customer:
            await _put_customer(connection, customer, event.version)
        case CustomerErased(customer_id=customer_id, erased_at=at):
            places: set[tuple[str, str]] = {*await _places(connection, customer_id)}
            if (point := await connection.fetchval(SQL["point"], customer_id)) is not None:
                places.add(("point", point))
            await put_rematch(connection, customer_id, event.version, places, forget=True)
            await connection.execute(SQL["drop_customer"], customer_id)
            if not await erase_as_registered(connection, customer_id, at):
                log.warning(
                    "erased by a word that the registry does not know; numbers and key stay", customer=customer_id
                )
            await connection.execute(SQL["forget_kept"], f"customer/{customer_id}")
        case _:
            pass


async def _request(
    connection: Any, text: MessageRequested, version: int, meant: TextMeant | None, known_at: datetime | None
) -> None:
    shared = meant.frame if meant is not None else None
    await connection.execute(
        SQL["request"],
        text.message_id,
        text.customer_id,
        text.contact_id,
        list(text.mrids),
        text.trigger,
        text.lane,
        LANE_RANK[text.lane],
        text.body,
        text.ref,
        text.not_before,
        text.due_at,
        text.expires_at,
        version,
        text.requested_at,
        meant.changes_at if meant is not None else None,
        known_at or text.requested_at,
        msgspec.json.encode(shared).decode() if shared is not None else None,
        alike(shared) if shared is not None else None,
        meant is not None and meant.keeps_last,
        NEVER_HELD,
        meant.invites if meant is not None else None,
    )


async def _accept(connection: Any, taken: MessageAccepted) -> None:
    state = await _state(connection, taken.message_id)
    moved = step(state, "accept") if state else None
    if moved is None:
        return
    if taken.no_receipt is not None:
        await connection.execute(SQL["counts_as_told"], taken.message_id, taken.accepted_at)
    if taken.carried_by is not None:
        # The id is that of the text that spoke for it.
        by = (taken.carried_by, taken.attempt)
        await connection.execute(HANDSETS["adopt_carried"], taken.message_id, moved, taken.provider, *by)
        return
    await connection.execute(SQL["adopt_text"], taken.message_id, moved, taken.provider, taken.provider_sid)
    await connection.execute(SQL["adopt_attempt"], taken.message_id, taken.attempt, taken.provider_sid, taken.provider)


async def _move(connection: Any, message_id: str, event: RowEvent, at: datetime) -> None:
    state = await _state(connection, message_id)
    moved = step(state, event) if state else None
    if moved is not None:
        await connection.execute(SQL["move_text"], message_id, moved, at if moved in FINAL else None)


async def _withdraw(connection: Any, message_id: str, event: Withdrawal, at: datetime) -> None:
    """In one statement, for in a storm most texts are withdrawn before they are sent: a newer one says more."""
    await connection.execute(SQL["withdraw"], message_id, _WITHDRAWN[event], at, _FROM[event], _OUT)


async def _state(connection: Any, message_id: str) -> RowState | None:
    state: RowState | None = await connection.fetchval(SQL["lock_text"], message_id)
    return state


async def _put_customer(connection: Any, customer: CustomerUpserted, version: int) -> None:
    name = customer.customer_id
    profile = msgspec.json.encode(customer).decode()
    known = await connection.fetchval(SQL["profile"], name)
    await connection.execute(SQL["put_customer"], name, profile, customer.updated_at)
    before, now = await _places(connection, name), set(pairs(customer))
    # The same places under other supplies: by which of them an outage holds the customer is another matter.
    supplies = msgspec.json.decode(known, type=CustomerUpserted).supplies if known is not None else ()
    regrouped = supplies != customer.supplies
    if regrouped:
        await _put_supplies(connection, customer)
    moved = await _put_point(connection, customer)
    if before == now and not regrouped and not moved:
        return
    await connection.execute(SQL["clear_places"], name)
    if now:
        rows = sorted(now)
        kinds, values = [kind for kind, _ in rows], [value for _, value in rows]
        await connection.execute(SQL["put_places"], name, kinds, values)
    # Both old and new ones: those who were just told because of the old must hear that it no longer holds them.
    await put_rematch(connection, name, version, {*before, *now, *moved}, forget=False)


async def _put_point(connection: Any, customer: CustomerUpserted) -> set[tuple[str, str]]:
    """Returns where the customer was and is, as rematch has it; nothing where that is as it was."""
    name, at = customer.customer_id, customer.position
    before = await connection.fetchval(SQL["point"], name)
    if at is None:
        await connection.execute(SQL["clear_point"], name)
    else:
        await connection.execute(SQL["put_point"], name, at.longitude, at.latitude)
    now = await connection.fetchval(SQL["point"], name)
    return set() if before == now else {("point", place) for place in (before, now) if place is not None}


async def _put_supplies(connection: Any, customer: CustomerUpserted) -> None:
    await connection.execute(SQL["clear_supplies"], customer.customer_id)
    for supply, kinds in supply_rows(customer).items():
        await connection.execute(SQL["put_supply"], customer.customer_id, supply, list(kinds))


async def _places(connection: Any, customer_id: str) -> set[tuple[Kind, str]]:
    return {(row["kind"], row["value"]) for row in await connection.fetch(SQL["places"], customer_id)}
