"""The watch over silence calls nobody forgotten who was told, or of whom the notifier knows why there is nothing to tell."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

FORGOTTEN: Final = "silence-forgotten"
CALLED: Final = """
select data, decided_at from event where type in ('task.opened.v1', 'task.changed.v1') and data ->> 'kind' = 'silence-forgotten'
order by position
"""


def called(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each customer whom the watch called forgotten, once, by the tasks of the restorer's log."""
    seen: set[str] = set()
    for row in rows:
        task = msgspec.json.decode(row["data"])
        for whom in task["whom"]:
            name = whom.get("customerId")
            if name is not None and name not in seen:
                seen.add(name)
                at, why = f"{row['decided_at']:%d %H:%M:%S}", task["reason"]
                yield f"the watch called {name} forgotten at {at} ({why}) under {whom.get('mRID')}"
