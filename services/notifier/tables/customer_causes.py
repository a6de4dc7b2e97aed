"""Keep why a person is needed for a customer as rows, in line with the conversation: the view standing_cause has them."""

from pathlib import Path
from typing import Any, Final

from services.kernel.model import Stream
from services.kernel.queries import queries
from services.notifier.domain.calls import CALLED_WITHIN, causes_of
from services.notifier.domain.customer.conversation import Customer

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "customer_causes.sql")


async def keep_causes(connection: Any, stream: Stream, before: Customer) -> None:
    """Put what is so now and was not, and drop what is so no longer; what a version without the table left out comes with it."""
    state: Customer = stream.state
    now = causes_of(state)
    if not now and not causes_of(before):
        return
    since = stream.new[-1].decided_at
    rows = [
        (one.kind, one.about, one.ref, one.reason, one.useful_until or since + CALLED_WITHIN) for one in now.values()
    ]
    await connection.execute(SQL["drop"], state.customer_id, *([row[n] for row in rows] for n in range(3)))
    await connection.execute(SQL["put"], state.customer_id, since, *([row[n] for row in rows] for n in range(5)))
