"""Words that come while others are submitted go together with the next, each has its own outcome, and none is lost."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.kernel.model import Message
from services.kernel.writing.decisions import Outcome
from services.notifier.domain.events import AttemptRefused
from services.notifier.sending.words_together import MOST, WordsTogether

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


def word(name: str) -> Message:
    data = AttemptRefused(
        message_id=name, customer_id=name, attempt=1, reason="test", code=None, permanent=True, at=NOW
    )
    return Message("/test", name, "attempt.refused.v1", NOW, data, name, 0, stream=f"customer/{name}")


class Slow:
    """Takes words as the write path does: each once, one submission at a time, in its own good time."""

    def __init__(self) -> None:
        self.submitted: list[list[str]] = []
        self.goes_on = asyncio.Event()
        self.fails: Exception | None = None
        self._seen: set[str] = set()

    async def submit(self, words: Sequence[Message]) -> list[Outcome]:
        await self.goes_on.wait()
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        self.submitted.append([one.id for one in words])
        new = [one for one in words if one.id not in self._seen]
        self._seen |= {one.id for one in words}
        return [Outcome(one, "appended", f"said-{one.id}") for one in new]


def together() -> tuple[WordsTogether, Slow]:
    slow = Slow()
    return WordsTogether(cast("Any", slow)), slow


async def reasons(words: WordsTogether, *names: str) -> list[Any]:
    return await asyncio.gather(*[_reason(words, name) for name in names], return_exceptions=True)


async def _reason(words: WordsTogether, name: str) -> str | None:
    outcome = await words.say(word(name))
    return outcome.reason if outcome is not None else None


async def test_those_that_come_meanwhile_go_with_the_next_and_each_hears_of_its_own() -> None:
    words, slow = together()
    first = asyncio.create_task(_reason(words, "a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = asyncio.create_task(reasons(words, "b", "c", "d"))
    await asyncio.sleep(0)
    slow.goes_on.set()
    assert await first == "said-a"
    assert await others == ["said-b", "said-c", "said-d"]
    assert slow.submitted == [["a"], ["b", "c", "d"]]


async def test_of_one_that_is_said_twice_the_second_hears_that_it_was_said_before() -> None:
    words, slow = together()
    slow.goes_on.set()
    assert await reasons(words, "a", "a") == ["said-a", None]
    assert slow.submitted == [["a"], ["a"]]


async def test_however_many_come_at_once_no_submission_grows_without_bound() -> None:
    words, slow = together()
    slow.goes_on.set()
    names = [str(n) for n in range(3 * MOST + 1)]
    assert await reasons(words, *names) == [f"said-{name}" for name in names]
    assert max(map(len, slow.submitted)) == MOST
    assert [name for some in slow.submitted for name in some] == names


async def test_where_the_database_is_away_all_that_went_together_hear_so_and_the_next_are_said() -> None:
    words, slow = together()
    slow.fails = ConnectionError("away")
    slow.goes_on.set()
    assert [type(one) for one in await reasons(words, "a", "b")] == [ConnectionError, ConnectionError]
    assert await reasons(words, "c") == ["said-c"]


async def test_a_word_whose_sayer_is_cancelled_is_said_all_the_same() -> None:
    words, slow = together()
    sayer = asyncio.create_task(_reason(words, "a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sayer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sayer
    slow.goes_on.set()
    assert await reasons(words, "b") == ["said-b"]
    assert slow.submitted == [["a"], ["b"]]
