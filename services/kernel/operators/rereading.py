"""Have a service empty its copy of a compacted topic and read the topic again from its first record."""

from typing import Final

from schemas.contracts.base import Name, Wire
from services.kernel.adapters.locks import Connection
from services.kernel.model import TopicCopy
from services.kernel.operators.actions import ActionAnswer, ActionContext, Refusal
from services.kernel.operators.former import SQL, keep_former
from services.kernel.writing.copies import copies_of

REREAD: Final = "copy reread"


class CopiedTopic(Wire, frozen=True, kw_only=True):
    """Which topic."""

    topic: Name


async def reread(acting: ActionContext, detail: CopiedTopic) -> ActionAnswer:
    """Empty the copy; what stands on the topic comes in again, as after the first start. Until then nothing of it is known."""
    copies = copies_of(acting.transaction.service)
    if detail.topic not in copies:
        keeps = ", ".join(sorted(copies)) or "none"
        raise Refusal("not-a-copy", f"this service keeps no copy of {detail.topic}; those that it keeps: {keeps}")
    partitions = await empty(acting.connection, copies[detail.topic], detail.topic)
    return ActionAnswer("copy-emptied", {"topic": detail.topic, "partitions": partitions})


async def empty(connection: Connection, copy: TopicCopy, topic: str) -> int:
    """Forget what the copy holds, and move every fence of the topic back to where reading began; returns how many moved.

    Whoever reads on finds what lies between as a hole and reads it; where nothing more comes, the look for undelivered records
    does. What was read until now is kept on record under the topic's former name.
    """
    # Fences before the copy, as whoever takes records locks them.
    rows = await connection.fetch(SQL["read_past_the_start"], topic)
    await copy.forget(connection)
    for row in rows:
        place = (topic, row["partition"])
        await keep_former(connection, *place)
        await connection.execute(SQL["move_fence"], *place, row["first_offset"], row["first_offset"])
    return len(rows)
