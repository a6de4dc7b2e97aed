"""A sender in a process of its own that stands still where a test says so."""

from collections.abc import Iterator

import pytest

from tests.kits.stack.injecting.lone_sender import Lone, lone_senders
from tests.kits.stack.sending import Office


@pytest.fixture
def stopped(office: Office) -> Iterator[Lone]:
    """Starts one; returns it when it stands there."""
    with lone_senders(office) as start:
        yield start
