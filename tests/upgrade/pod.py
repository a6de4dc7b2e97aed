"""A service of the release before (its name is the argument) in a rolling update: with its code on the path. It started before the
tables were migrated, so its look at their version lies behind it. Everything here is imported from that release.
"""  # noqa: D205 - what it is, and why it differs

import sys
from importlib import import_module
from typing import Any

from services.kernel.running import runner


async def looked_before(connection: Any, schema: str, folders: Any) -> int:
    """The version that it found then."""
    del connection, schema
    return len(list(folders))


if __name__ == "__main__":
    if "anew" not in sys.argv:  # else it starts on the tables as they are
        runner.check_version = looked_before
    import_module(f"services.{sys.argv[1]}.app").run()
