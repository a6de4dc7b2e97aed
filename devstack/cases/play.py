"""Play one case: import its files, send its events by the command line, look for what is expected."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from devstack.cases.commands import ctl
from devstack.cases.form import Case, Expect, Named, instants, missing, write_files, write_step
from devstack.cases.registries import IMPORTS
from services.kernel.clock import Clock

SHOWN = 1_500
"""Characters of a command's output that are printed of a case that went wrong: its end says most."""
LOOK_AGAIN = 2.0
"""Seconds between two looks: a command costs a second of the machine, and a dozen cases look at once."""
LOOK = 120.0
"""Seconds after which a command counts as hung. `within_s` is how long its words may take to come true, which is another thing:
on a machine with five things to do for each of its cores, starting a command alone takes half a minute."""


@dataclass(frozen=True)
class CaseResult:
    """What became of a case: nothing in `wrong` is right."""

    name: str
    wrong: tuple[str, ...] = ()


class CasePlayer:
    """Plays cases against the system whose data folder is `data`; None where a case runs commands alone."""

    def __init__(self, clock: Clock, data: Path | None, twilio_url: str | None = None) -> None:
        self._clock = clock
        self._data = data
        self._twilio = twilio_url
        self._importing = asyncio.Lock()  # the product refuses a second import while one is at work

    async def play(self, named: Named, folder: Path) -> CaseResult:
        """Play one case in `folder`, which is the working folder of its commands."""
        case = named.case
        self._lay_out(case, folder)
        await self._faults(case.faults)
        refused = await self._tell(case, folder) if self._data is not None else []
        looked = [await self._look(expect, folder, case.env) for expect in case.expect]
        wrong = [found for found in looked if found is not None]
        # A refusal may be what the case is about; where something is wrong, it may be why.
        return CaseResult(named.name, (*refused, *wrong) if wrong else ())

    def _lay_out(self, case: Case, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self._data is not None:
            (folder / "data").symlink_to(self._data.absolute(), target_is_directory=True)
        write_files(case, folder, self._clock.now())

    async def _tell(self, case: Case, folder: Path) -> list[str]:
        """Import the registry and send the steps; what was refused, in words. Without steps, `expect` does it all."""
        words = [[*how, name] for name, how in IMPORTS if name in case.files and case.steps]
        async with self._importing:
            refused = [await self._say(one, folder, case.env) for one in words]
        for number, step in enumerate(case.steps, 1):
            if step.events:
                path = write_step(case, number, folder, self._clock.now())
                refused.append(await self._say(["send", path.name], folder, case.env))
            await asyncio.sleep(step.wait_s)
        return [one for one in refused if one is not None]

    async def _faults(self, faults: Sequence[Mapping[str, object]]) -> None:
        if faults:
            async with aiohttp.ClientSession() as session:
                answer = await session.post(f"{self._twilio}/_sim/faults", json=list(faults))
                answer.raise_for_status()

    @staticmethod
    async def _say(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> str | None:
        code, output = await ctl(words, folder, env, 60.0)
        return None if code == 0 else f"outagectl {' '.join(words)}: exit {code}\n{output[-SHOWN:]}"

    async def _look(self, expect: Expect, folder: Path, env: Mapping[str, str]) -> str | None:
        until = self._clock.monotonic() + expect.within_s
        while True:
            words = [instants(word, self._clock.now()) for word in expect.run]
            left = max(until - self._clock.monotonic(), LOOK)
            async with self._importing if words[0] == "import" else contextlib.nullcontext():
                code, output = await ctl(words, folder, env, left)
            found = missing(expect, output, code)
            if not found:
                return None
            if self._clock.monotonic() >= until:
                return f"outagectl {' '.join(words)}: {'; '.join(found)}\n{output[-SHOWN:]}"
            await asyncio.sleep(LOOK_AGAIN)
