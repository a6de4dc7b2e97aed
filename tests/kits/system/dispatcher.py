"""State facts as a dispatcher would send them to a running system, with `outagectl send`."""

import json
from pathlib import Path
from typing import Any

from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl

SAMPLE = Path(__file__).parents[3] / "connectors" / "samples" / "dongjiang-customers.csv"


def fact(type_: str, id_: str, **data: Any) -> dict[str, Any]:
    at = SystemClock().now().isoformat()
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/dispatch/east",
        "type": type_,
        "time": at,
        "data": {name: at if value == "now" else value for name, value in data.items()},
    }


EXTENT = {"lines": ["10千伏城东线"], "areas": ["中山路一带"]}


class Dispatch:
    """The dispatcher of one system."""

    def __init__(self, ctl: Ctl, folder: Path) -> None:
        self._ctl = ctl
        self._file = folder / "facts.jsonl"

    async def says(self, *facts: dict[str, Any]) -> str:
        """Send facts, which must be taken; what `outagectl send` prints of it."""
        self._file.write_text("\n".join(json.dumps(one) for one in facts), encoding="utf-8")
        code, said = await self._ctl.run("send", str(self._file))
        assert code == 0, said
        return said
