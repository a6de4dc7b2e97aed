"""Audit the notifier's texts: each meant once, posted at most once, over or with time left; and what handsets received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from operations.audit.log import FETCH
from operations.audit.report import KEPT_FAULTS, Check, Report
from operations.audit.unknown_texts import Around, look_around, unknown_fault
from operations.system.database import Connection, Row
from services.kernel.queries import queries
from services.notifier.domain.text_states import FINAL, RowState, TextState, text_step

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received

SQL = queries(Path(__file__).parents[1] / "sql" / "audit_sending.sql")

# The sender drops an expired text at its next look; a warped clock may jump hours between two looks.
EXPIRY_GRACE: Final = timedelta(minutes=1)
# A verdict waits until all that was sent by its deadline is read, and for so long at most (services/kernel/writing/timers.py).
VERDICT_GRACE: Final = timedelta(minutes=10)
WITH_PROVIDER: Final = frozenset({"accepted", "sent"})
BEING_RESOLVED: Final = frozenset({"sending", "unknown", "carried"})
# How a row's state reads in the customer's conversation.
AS_TEXT: Final[Mapping[RowState, TextState]] = {
    "ready": "requested",
    "sending": "requested",
    "unknown": "requested",
    "carried": "requested",
    "accepted": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "refused": "undelivered",
    "expired": "expired",
    "suppressed": "suppressed",
}


async def audit_sending(
    connection: Connection, now: datetime, report: Report, handsets: Iterable[Received] | None
) -> None:
    """Look at the texts of the notifier, whose schema is entered.

    `handsets`: what the phones held before the snapshot in which this looks was taken, if that is known.
    """
    once = report.check("notifier", "sids", "a text has at most one provider id, and is over or has time left", "text")
    meant = report.check("notifier", "intents", "every text asked for has one row, and they agree on its state", "text")
    sids: dict[str, str] = {}
    open_texts: set[str] = set()
    async for row in connection.cursor(SQL["texts"], prefetch=FETCH):
        meant.checked += 1
        for text in intent_faults(row):
            meant.fault(text)
        if row["has_row"]:
            once.checked += 1
            once.note(row["state"])
            for text in sending_faults(row, now):
                once.fault(text)
            if row["state"] in BEING_RESOLVED:
                open_texts.add(row["message_id"])
            sids |= dict.fromkeys(all_sids(row), row["message_id"])
    owed = report.check("notifier", "words", "no promise to a customer is open past its time", "promise")
    for row in await connection.fetch(SQL["promised"], now - VERDICT_GRACE):
        owed.checked += row["promises"]
        for name in row["overdue"]:
            owed.fault(f"promise {name} is past its time and has no verdict")
    phones = report.check("notifier", "phones", "no phone got a text twice, nor one unknown here", "received text")
    if handsets is None:
        phones.skipped = "no simulated phones here"
    else:
        held = list(handsets)
        unknown = [one for one in held if one.sid not in sids and one.message_id not in open_texts]
        around = await look_around(connection, unknown[:KEPT_FAULTS])
        judge_phones(held, sids, open_texts, phones, around)


def all_sids(row: Row) -> set[str]:
    """Every provider id that a row of query `texts` knows."""
    return set(row["sids"]) | ({row["provider_sid"]} if row["provider_sid"] else set())


def intent_faults(row: Row) -> Iterator[str]:
    """What is wrong between a text's row and its customer's log. Pure."""
    name = f"text {row['message_id']}"
    if not row["requested"]:
        yield f"{name} {'has a row' if row['has_row'] else 'is spoken of'}, but was never asked for"
        return
    if row["requested"] > 1:
        yield f"{name} was asked for {row['requested']} times"
    if not row["has_row"]:
        yield f"{name} was asked for but has no row: it will never be sent"
        return
    said = text_state(row["types"])
    # A text taken back while an attempt is out keeps its row until that attempt's verdict.
    stands = row["unwanted"] if row["state"] in BEING_RESOLVED and row["unwanted"] else AS_TEXT[row["state"]]
    if stands != said:
        yield f"{name} is {row['state']} for the sender but {said} in its customer's log"


def text_state(types: Iterable[str]) -> TextState:
    """The state of a text after these events of its customer's stream. Pure."""
    state: TextState = "requested"
    for type_name in types:
        state = text_step(state, type_name) or state
    return state


def sending_faults(row: Row, now: datetime) -> Iterator[str]:
    """What is wrong with how a text was sent. Pure."""
    name, state, sids = f"text {row['message_id']}", row["state"], all_sids(row)
    if len(sids) > 1:
        yield f"{name} was taken by the provider {len(sids)} times: {', '.join(sorted(sids))}"
    if state in WITH_PROVIDER and not sids and row["carried_by"] is None:
        yield f"{name} is {state}, but no provider id is known"
    if state not in FINAL | WITH_PROVIDER | BEING_RESOLVED and row["expires_at"] + EXPIRY_GRACE < now:
        yield f"{name} is still {state}, though it was of use only until {row['expires_at'].isoformat()}"


def judge_phones(
    handsets: Iterable[Received], sids: Mapping[str, str], open_texts: Iterable[str], check: Check, around: Around
) -> None:
    """Ground truth: what the phones hold, against the provider ids we know. `around`: what else is known of the others. Pure."""
    pending = frozenset(open_texts)
    by_message: dict[str, set[str]] = {}
    for received in handsets:
        check.checked += 1
        message_id = sids.get(received.sid)
        if message_id is None:
            # Its answer was lost and the look-up has not come round: we know that we do not know.
            if received.message_id in pending:
                check.note("not yet resolved")
            else:
                check.fault(unknown_fault(received, around))
            message_id = received.message_id
        elif received.message_id not in (None, message_id):
            check.fault(f"provider id {received.sid} is on a phone as text {received.message_id}, here as {message_id}")
        if message_id is not None:
            by_message.setdefault(message_id, set()).add(received.sid)
    for message_id, seen in by_message.items():
        if len(seen) > 1:
            check.fault(f"text {message_id} reached its phone {len(seen)} times: {', '.join(sorted(seen))}")
