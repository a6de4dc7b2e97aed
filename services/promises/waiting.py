"""When somebody must look at an open promise again: at its next warning, and at its deadline. Pure."""

from collections.abc import Iterable
from datetime import datetime

from services.promises.record import PromiseRecord


def timers_of(records: Iterable[PromiseRecord]) -> dict[str, datetime]:
    """Every open promise has its deadline, `promise/<id>/due`, and its next warning, `promise/<id>/at-risk`; closed ones have none.

    The name of the warning stays while its instant moves on from one to the next.
    """
    armed: dict[str, datetime] = {}
    for record in records:
        if record.standing == "open":
            armed[f"promise/{record.promise_id}/due"] = record.due_at
            if (at := record.warned_next_at) is not None and at < record.due_at:
                armed[f"promise/{record.promise_id}/at-risk"] = at
    return armed
