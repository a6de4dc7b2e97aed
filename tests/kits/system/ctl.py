"""Run the command line against a running system, and state facts as a dispatcher would send them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outagectl.main import main
from services.kernel.warp import SystemClock

SAMPLE = Path(__file__).parents[3] / "connectors" / "samples" / "dongjiang-customers.csv"


PATIENCE_SECONDS = 40.0


class Ctl:
    """`outagectl` against one system's folder, in this process: exit code, and what was printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    async def run(self, *words: str) -> tuple[int, str]:
        """The command line in a thread of its own, for it makes its own loop."""
        self._capsys.readouterr()
        code = await asyncio.to_thread(main, [*words, "--data", str(self.folder)])
        said = self._capsys.readouterr()
        return code, said.out + said.err

    async def json(self, *words: str) -> Any:
        """The JSON document of a command that must end well."""
        code, said = await self.run(*words, "--json")
        assert code == 0, said
        return json.loads(said)

    async def until(self, ready: Callable[[Any], bool], *words: str) -> Any:
        """Ask again until the answer will do."""
        answer: Any = None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                code, said = await self.run(*words, "--json")
                answer = json.loads(said) if code == 0 else None
                if answer is not None and ready(answer):
                    return answer
                await asyncio.sleep(0.3)


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
