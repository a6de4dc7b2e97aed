"""What keeps a text that waits, in words that say what to do."""

from typing import Any

import pytest

from operations.silence import kept_by

READY: dict[str, Any] = {
    "unapproved": False,
    "stopped_at": None,
    "stopped_by": None,
    "stopped_for": None,
    "lane": "critical",
    "state": "ready",
    "fault_since": None,
}
STOPPED = {"stopped_at": "01:12", "stopped_by": "chen", "stopped_for": "exercise"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "its turn in lane critical"),
        ({"unapproved": True, **STOPPED}, "waits for approval"),
        (STOPPED, "chen stopped lane critical: exercise"),
        ({"state": "unknown"}, "with a provider, who has not answered"),
        ({"fault_since": "01:00"}, "a provider is at fault"),
    ],
)
def test_it_names_what_keeps_it_and_where_to_look(row: dict[str, Any], says: str) -> None:
    assert says in kept_by({**READY, **row})  # type: ignore[arg-type]
