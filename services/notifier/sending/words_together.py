"""Submit words to customers' streams together: those that come while a submission is under way go with the next.

Each text that a provider takes is such a word. In a storm they come faster than transactions end; one after the other, they would
hold up fan-outs and facts, which are decided by the same process, turn by turn.
"""

import asyncio
from typing import Final

from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.ingest import Ingest

MOST: Final = 50
_Waiting = tuple[Message, "asyncio.Future[Outcome | None]"]


class WordsTogether:
    """One submission at a time. A word whose sayer is cancelled is said all the same."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def say(self, word: Message) -> Outcome | None:
        """What became of it; None: it was said before.

        Raises:
            AWAY: nothing was written of what is not in the log.

        """
        loop = asyncio.get_running_loop()
        said: asyncio.Future[Outcome | None] = loop.create_future()
        self._waiting.append((word, said))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._submit())
        return await said

    async def _submit(self) -> None:
        while some := self._next():
            try:
                outcomes = await self._ingest.submit([word for word, _ in some])
            except BaseException as error:
                for _, said in some:
                    if not said.done():
                        said.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
                if not isinstance(error, Exception):
                    raise
                continue
            of = {outcome.message.name: outcome for outcome in outcomes}
            for word, said in some:
                if not said.done():
                    said.set_result(of.get(word.name))

    def _next(self) -> list[_Waiting]:
        """Those that go together: of two by one name the second waits, to hear that it was said before."""
        some: dict[object, _Waiting] = {}
        left: list[_Waiting] = []
        for one in self._waiting:
            if len(some) < MOST and one[0].name not in some:
                some[one[0].name] = one
            else:
                left.append(one)
        self._waiting = left
        return list(some.values())
