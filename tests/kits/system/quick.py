"""A whole system for tests, at less than a machine's price: its processes are forked, its servers begin with a copy."""

import os
from pathlib import Path
from typing import Any

from devstack.servers.prepared import Prepared
from devstack.system import System


class Quick(System):
    """As `System`. Its servers are killed at the end, so what is started again in its folder comes to itself first.

    What they begin with is made once in a run of tests, for all its workers (tests/conftest.py says where).
    """

    def __init__(self, folder: Path, **more: Any) -> None:
        place = Prepared(Path(os.environ["PYTEST_OUTAGE_PREPARED"]))
        super().__init__(folder, forked=True, prepared=place, orderly=False, **more)
