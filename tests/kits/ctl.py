"""Run `outagectl` in this process, one way for every test: its exit code, what it printed, and the document it answered."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from outagectl.main import main

PATIENCE_SECONDS = 60.0


class Said(NamedTuple):
    """How a command ended, and what it printed on either stream."""

    code: int
    out: str
    err: str


class Ctl:
    """The command line; `first` and `last` stand before and behind the words of every command."""

    _one_at_a_time = threading.Lock()
    """The streams of a process are everybody's."""

    def __init__(self, first: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> None:
        self._first = first
        self._last = last

    def of(self, *first: str) -> "Ctl":
        """The command line for one family of commands: `ctl.of("timers")`."""
        return Ctl(first, self._last)

    def on(self, folder: Path) -> "Ctl":
        """The command line against the system of one data folder."""
        return Ctl(self._first, ("--data", str(folder)))

    def here(self, *words: str) -> Said:
        """Run a command in this thread, for a test without a loop."""
        out, err = _stream(), _stream()
        with self._one_at_a_time, redirect_stdout(out), redirect_stderr(err):
            code = main([*self._first, *words, *self._last])
        return Said(code, _read(out), _read(err))

    async def said(self, *words: str) -> Said:
        """Run a command in a thread of its own, for it makes its own loop."""
        return await asyncio.to_thread(self.here, *words)

    async def run(self, *words: str) -> tuple[int, str]:
        """Exit code, and all that was printed."""
        said = await self.said(*words)
        return said.code, said.out + said.err

    async def json(self, *words: str, code: int = 0) -> Any:
        """The JSON document of a command that must end with `code`: all that it prints, but for what goes to stderr."""
        said = await self.said(*words, "--json")
        assert said.code == code, said.out + said.err
        return json.loads(said.out)

    async def until(self, ready: Callable[[Any], bool], *words: str) -> Any:
        """Ask again until the answer will do."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_SECONDS
        while True:
            said = await self.said(*words, "--json")
            answer = json.loads(said.out) if said.code == 0 else None
            if answer is not None and ready(answer):
                return answer
            assert loop.time() < end, f"outagectl {' '.join(words)} does not say it yet:\n{said.out[-4000:]}{said.err}"
            await asyncio.sleep(0.3)


def _stream() -> TextIOWrapper:
    """What a pipe is to a command: no terminal, and UTF-8."""
    return TextIOWrapper(BytesIO(), encoding="utf-8", newline="", write_through=True)


def _read(stream: TextIOWrapper) -> str:
    written = stream.buffer
    assert isinstance(written, BytesIO)
    return written.getvalue().decode()
