"""Actions that operators may ask of every service: on quarantine and fences, and acts done elsewhere, put on record."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schemas.contracts.base import Name, Wire
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.kernel.operators.forgetting import FORGETTING_ACTIONS
from services.kernel.operators.former import FORMER, SQL, keep_former
from services.kernel.operators.rereading import REREAD, CopiedTopic, empty, reread
from services.kernel.operators.skipping import SKIP, OneRecord, skip_record
from services.kernel.upkeep.retry import Retried, RetryRefused, drop, retry
from services.kernel.writing.copies import copies_of

RETRY: Final = "quarantine retry"
DROP: Final = "quarantine drop"
ACCEPT: Final = "offsets accept"
REARM: Final = "rearm"
REPUBLISH: Final = "republish"

LOST: Final = "records-lost"
GONE: Final = "no-such-partition"
Offset = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class OneQuarantined(Wire, frozen=True, kw_only=True):
    """Which message of the quarantine."""

    quarantine_id: UUID


class AcceptFence(Wire, frozen=True, kw_only=True):
    """A partition as it was seen: `next` stood at the fence, the topic holds [topic_first, topic_end)."""

    topic: Name
    partition: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    why: Literal["records-lost", "ends-before-the-fence", "another-record-below-the-fence", "no-such-partition"]
    next: Offset
    topic_first: Offset
    topic_end: Offset


class Reviewing(Wire, frozen=True, kw_only=True):
    """A review of all streams by this code and these rules (outagectl rearm)."""

    revision: Name
    streams: Annotated[int, Meta(ge=0)]


class Republishing(Wire, frozen=True, kw_only=True):
    """Which published events go out again (outagectl republish)."""

    events: Annotated[int, Meta(ge=0)]
    position: Annotated[int, Meta(ge=0)] | None = None
    since: Name | None = None
    topics: tuple[Name, ...] = ()


async def retry_one(acting: ActionContext, detail: OneQuarantined) -> ActionAnswer:
    """Judge a quarantined message again, and those behind it; what still fails stays, and order holds."""
    transaction = acting.transaction
    try:
        done = await retry(
            acting.connection, transaction.decisions, transaction.service, acting.now, detail.quarantine_id
        )
    except RetryRefused as error:
        raise Refusal("cannot-be-retried", str(error)) from None
    return _answer(done, "judged-again")


async def drop_one(acting: ActionContext, detail: OneQuarantined) -> ActionAnswer:
    """Give a quarantined message up, with a reason, and judge those behind it."""
    transaction, asked = acting.transaction, acting.request
    if not asked.why.strip():
        raise Refusal("no-reason-given", "say why it may be given up")
    resolution = f"{asked.who}: {asked.why}"
    try:
        done = await drop(
            acting.connection, transaction.decisions, transaction.service, acting.now, detail.quarantine_id, resolution
        )
    except RetryRefused as error:
        raise Refusal("cannot-be-dropped", str(error)) from None
    return _answer(done, "dropped")


def _answer(done: Retried, reason: str) -> ActionAnswer:
    result = {
        "judged": [{"quarantineId": str(one), "reason": why} for one, why in done.judged],
        # An exception may quote whatever it choked on: its text stays in the quarantine.
        "stillOpen": [{"quarantineId": str(one), "reason": why.partition(":")[0]} for one, why in done.still_open],
    }
    return ActionAnswer("still-not-judged" if done.still_open else reason, result)


async def accept_fence(acting: ActionContext, detail: AcceptFence) -> ActionAnswer:
    """Move a fence to its topic's present state.

    Lost records are given up as a skipped range. A topic that was cut or recreated starts over at its first record: what
    was read before is kept under the topic's former name, and what it holds again is dropped by source and id. A partition
    that is gone has a former name only, and holds down no mark; deadlines then wait for all that are left (Timers).
    """
    connection, place = acting.connection, (detail.topic, detail.partition)
    copy = copies_of(acting.transaction.service).get(detail.topic)
    if copy is not None:
        # All of them are locked, in the order of whoever takes records.
        await connection.fetch(SQL["read_past_the_start"], detail.topic)
    row = await connection.fetchrow(SQL["lock_fence"], *place)
    if row is None or row["next_offset"] != detail.next or FORMER in detail.topic:
        raise Refusal("fence-moved", f"the service read on in {place[0]}[{place[1]}] meanwhile: look again")
    first = detail.topic_first
    kept_as = None
    if detail.why == LOST:
        if first <= detail.next:
            raise Refusal("nothing-lost", f"{place[0]}[{place[1]}] still holds offset {detail.next}: look again")
        given_up = f"accepted by {acting.request.who}"
        await connection.execute(SQL["skip_by_hand"], *place, detail.next, first, given_up)
        await connection.execute(SQL["move_fence"], *place, row["first_offset"], first)
    else:
        kept_as = await keep_former(connection, *place)
        if detail.why == GONE:
            await connection.execute(SQL["drop_fence"], *place)
            await connection.execute(SQL["drop_standing"], detail.partition)
        else:
            await connection.execute(SQL["move_fence"], *place, first, first)
        if copy is not None:
            # What the former topic said of other keys may not be on this one: the copy is what stands there now, and no more.
            await empty(connection, copy, detail.topic)
    was = {"readFrom": row["first_offset"], "next": row["next_offset"]}
    reason = "partition-given-up" if detail.why == GONE else "fence-moved-to-the-topic"
    return ActionAnswer(reason, {"was": was, "next": first, "formerTopic": kept_as})


async def note(acting: ActionContext, detail: msgspec.Struct) -> ActionAnswer:  # noqa: ARG001 - the shape of an action
    """What is done by a command of its own, under locks of its own: the log says who began it and why."""
    return ActionAnswer("noted", {})


ACTIONS: Mapping[str, Action[Any]] = {
    RETRY: Action(OneQuarantined, retry_one),
    DROP: Action(OneQuarantined, drop_one),
    ACCEPT: Action(AcceptFence, accept_fence),
    SKIP: Action(OneRecord, skip_record),
    REREAD: Action(CopiedTopic, reread),
    REARM: Action(Reviewing, note),
    REPUBLISH: Action(Republishing, note),
    **FORGETTING_ACTIONS,
}
