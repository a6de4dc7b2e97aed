"""List facts that cannot be so: the open questions about them, and which customers hear nothing meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from operations.errors import Misused, NotFound
from operations.history.decoding import whole_or_part
from operations.system.database import connect, enter, present
from operations.system.location import Where
from schemas.contracts.restorations import FactQuestioned
from services.kernel.queries import queries
from services.restorer.answering import OneQuestion

SQL = queries(Path(__file__).parents[1] / "sql" / "facts.sql")


SHORTEST_ID = 4


def one_question(asked: Sequence[FactQuestioned], question: str) -> OneQuestion:
    """The question that as much of its id names.

    Raises:
        NotFound, Misused: no such question, or more than one.

    """
    if len(question) < SHORTEST_ID:
        raise Misused(f"{question!r} is too short for a question: write at least {SHORTEST_ID} characters")
    found = [one for one in asked if one.question_id.lower().startswith(question.lower())]
    if not found:
        raise NotFound(f"no open question begins {question}: outagectl facts list")
    if len({one.question_id for one in found}) > 1:
        raise Misused(
            f"{question} may be any of {', '.join(sorted(one.question_id for one in found))}: write more of it"
        )
    return OneQuestion(mrid=found[0].mrid, question_id=found[0].question_id)


async def open_questions(where: Where) -> tuple[list[FactQuestioned], dict[str, int]]:
    """The open questions, and by question how many customers are untold meanwhile."""
    async with connect(where) as connection:
        there = await present(connection, ("restorer", "notifier"))
        asked: list[FactQuestioned] = []
        untold: dict[str, int] = {}
        if "restorer" in there:
            await enter(connection, "restorer")
            told = [msgspec.json.decode(row["data"]) for row in await connection.fetch(SQL["open_questions"])]
            asked = [whole_or_part(data, FactQuestioned) for data in told]
        if "notifier" in there:
            await enter(connection, "notifier")
            untold = {row["question_id"]: row["untold"] for row in await connection.fetch(SQL["untold"])}
        return asked, untold
