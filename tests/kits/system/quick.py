"""A whole system for tests, at less than a machine's price: its processes are forked, its servers begin with a copy."""

import os
from pathlib import Path
from typing import Any

from devstack.servers.prepared import Prepared
from devstack.system import System


class Quick(System):
    """As `System`. Its servers are killed at the end, so what is started again in its folder comes to itself first.

    In a run of several workers what they begin with is made once for all (tests/conftest.py says where).
    """

    def __init__(self, folder: Path, **more: Any) -> None:
        place = os.environ.get("PYTEST_OUTAGE_PREPARED")
        prepared = Prepared(Path(place)) if place else None
        super().__init__(folder, forked=True, prepared=prepared, orderly=False, **more)
