"""What operators ask stands in the log, with who, why and what came of it: once, whatever crashes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import structlog

from schemas.contracts.base import Wire
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, NotYet, Preparation, Refusal
from services.kernel.operators.answering import Operations, answer_of
from services.kernel.operators.stuck import AWAY_SECONDS, LONGEST_SECONDS
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.dying import dies_at
from tests.kits.kernel.asked import RequestRefused, ask, put
from tests.kits.kernel.facts import column, word
from tests.kits.kernel.toy import Toy


class Sugar(Wire, frozen=True, kw_only=True):
    """How many lumps."""

    lumps: int
    into: str = "the tea"


async def sweeten(acting: ActionContext, detail: Sugar) -> ActionAnswer:
    """Leaves a row behind, so that doing it twice would show."""
    await acting.connection.execute("insert into sweetened (lumps) values ($1)", detail.lumps)
    if detail.into == "the cold kettle":
        raise NotYet("the kettle is cold")
    if detail.lumps > 3:
        raise Refusal("too-sweet", "three lumps at most")
    if detail.lumps == 0:
        raise ZeroDivisionError("a bug in an action")
    if detail.lumps < 0:
        await acting.connection.execute("insert into honey (lumps) values ($1)", detail.lumps)
    return ActionAnswer("sweetened", {"lumps": detail.lumps, "by": acting.request.who})


async def tell_the_kettle(acting: ActionContext, detail: Sugar) -> ActionAnswer:
    """A word of the service's own stream, in the request's transaction."""
    outcome = await acting.submit(word(f"{acting.request.request_id}/sugar", subject=None))
    return ActionAnswer(outcome.reason if outcome else "told-before", {})


async def boil(preparing: Preparation, detail: Sugar) -> int:
    """Takes long: how many had sugar before."""
    del detail
    return int(await preparing.connection.fetchval("select count(*) from sweetened"))


async def serve(acting: ActionContext, detail: Sugar) -> ActionAnswer:
    """What was found beforehand counts where it still is so."""
    if acting.prepared != await acting.connection.fetchval("select count(*) from sweetened"):
        raise NotYet("somebody had sugar meanwhile")
    return ActionAnswer("served", {"lumps": detail.lumps, "before": acting.prepared})


class Sweet(Toy):
    """A toy whose operators may do three things more."""

    actions: Mapping[str, Action[Any]] = {
        "sugar": Action(Sugar, sweeten),
        "tell": Action(Sugar, tell_the_kettle),
        "serve": Action(Sugar, serve, boil),
    }


@pytest.fixture
async def table(pool: asyncpg.Pool) -> asyncpg.Pool:
    await pool.execute("create table sweetened (lumps int not null)")
    return pool


def operations(pool: asyncpg.Pool, clock: ManualClock) -> Operations:
    """As a process that has just started has them."""
    return Operations(Transaction(Sweet(), pool, Telemetry("toy")), clock)


async def events(pool: asyncpg.Pool, request_id: UUID) -> list[tuple[str, str, dict[str, Any]]]:
    rows = await pool.fetch(
        "select type, reason, data from event where stream_id = $1 order by version", f"operator/{request_id}"
    )
    return [(row["type"], row["reason"], json.loads(row["data"])) for row in rows]


async def test_a_request_is_judged_into_the_log_with_who_why_what_and_a_named_reason(
    table: asyncpg.Pool, clock: ManualClock
) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 2}, who="chen", why="guests")
    assert await operations(table, clock).once() == 1
    (asked_type, reason, asked), (done_type, _, done) = await events(table, request_id)
    assert (asked_type, done_type, reason) == ("operator.requested.v1", "operator.done.v1", "sweetened")
    assert (asked["who"], asked["why"], asked["action"]) == ("chen", "guests", "sugar")
    assert asked["detail"] == {"lumps": 2}
    assert asked["login"]
    assert done["result"] == {"lumps": 2, "by": "chen"}
    assert await column(table, "select source || '|' || id || '|' || outcome from inbox") == [
        f"/outage/toy/operator|{request_id}|appended"
    ]
    (view,) = await column(table, "select view from live")
    assert (json.loads(view)["state"], json.loads(view)["reason"]) == ("done", "sweetened")  # type: ignore[call-overload]


async def test_what_takes_long_is_prepared_while_others_decide_and_again_where_it_holds_no_more(
    table: asyncpg.Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await put(table, clock, "serve", {"lumps": 1})
    answering = operations(table, clock)
    turn = answering._transaction.turn

    async def disturbed(preparing: Preparation, detail: Sugar) -> int:
        assert not turn.locked(), "whoever decides goes on meanwhile"
        found = await boil(preparing, detail)
        if not found:
            await table.execute("insert into sweetened (lumps) values (1)")
        return found

    monkeypatch.setitem(answering._actions, "serve", Action(Sugar, serve, disturbed))
    await answering.once()
    assert await events(table, request_id) == [], "it waits"
    clock.advance(timedelta(seconds=LONGEST_SECONDS))
    await answering.once()
    _, (kind, reason, done) = await events(table, request_id)
    assert (kind, reason, done["result"]) == ("operator.done.v1", "served", {"lumps": 1, "before": 1})
    unread = await put(table, clock, "serve", {"spoons": 1})
    await answering.once()
    assert (await events(table, unread))[-1][1] == "detail-not-understood", "nothing is prepared for it"


async def test_a_refused_request_has_written_nothing_but_its_refusal(table: asyncpg.Pool, clock: ManualClock) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 4})
    await operations(table, clock).once()
    assert await column(table, "select lumps from sweetened") == []
    _, (kind, reason, refused) = await events(table, request_id)
    assert (kind, reason, refused["explanation"]) == ("operator.refused.v1", "too-sweet", "three lumps at most")


@pytest.mark.parametrize(
    "step",
    [
        "request-taken",
        "request-acted",
        "streams-locked",
        "decided",
        "after-append",
        "request-before-commit",
        "request-after-commit",
    ],
)
async def test_a_request_is_judged_once_whatever_step_its_judge_died_at(
    table: asyncpg.Pool, clock: ManualClock, step: str
) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 1})

    with dies_at(step):
        await operations(table, clock).once()
    for _ in range(2):
        await operations(table, clock).once()
    assert await column(table, "select lumps from sweetened") == [1]
    assert [kind for kind, _, _ in await events(table, request_id)] == ["operator.requested.v1", "operator.done.v1"]


async def test_two_processes_that_find_the_same_request_carry_it_out_once(
    table: asyncpg.Pool, clock: ManualClock
) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 1})
    first, second = operations(table, clock), operations(table, clock)
    found = await table.fetchrow("select * from operator_request")
    await first.once()
    await second._one(found)
    await second.judge(request_id)
    assert await column(table, "select lumps from sweetened") == [1]


async def test_requests_are_judged_in_the_order_they_were_asked_also_after_the_inbox_forgot(
    table: asyncpg.Pool, clock: ManualClock
) -> None:
    for lumps in (1, 2, 3):
        await put(table, clock, "sugar", {"lumps": lumps})
    await operations(table, clock).once()
    await table.execute("delete from inbox")
    assert await operations(table, clock).once() == 0
    assert await column(table, "select lumps from sweetened") == [1, 2, 3]


@pytest.mark.parametrize(
    ("action", "detail", "why", "reason"),
    [
        ("salt", {"lumps": 1}, "", "unknown-action"),
        ("sugar", {"lumps": "many"}, "", "detail-not-understood"),
        ("sugar", {}, "", "detail-not-understood"),
        ("sugar", [], "", "detail-not-understood"),
        ("sugar", {"lumps": 1, "into": "a\0b"}, "", "detail-not-understood"),
        ("sugar", {"lumps": 1}, "asked by +44 7700 900123", "holds-a-phone-number"),
        ("sugar", {"lumps": 0}, "", "failed"),
        ("sugar", {"lumps": -1}, "", "failed"),
        ("sugar", {"lumps": 2**70}, "", "failed"),
    ],
)
async def test_what_cannot_be_carried_out_is_refused_by_name_and_stops_nothing(
    table: asyncpg.Pool, clock: ManualClock, action: str, detail: object, why: str, reason: str
) -> None:
    request_id = await put(table, clock, action, detail, why=why)
    await put(table, clock, "sugar", {"lumps": 3})
    await operations(table, clock).once()
    (_, named, asked), (kind, _, _) = await events(table, request_id)
    assert (kind, named) == ("operator.refused.v1", reason)
    assert "900123" not in json.dumps(asked)
    assert await column(table, "select lumps from sweetened") == [3]


async def test_a_word_that_an_action_says_to_a_stream_stands_or_falls_with_its_answer(
    table: asyncpg.Pool, clock: ManualClock, ingest: Ingest
) -> None:
    answer = await ask(table, Sweet(), clock, "tell", {"lumps": 1})
    assert answer.reason == "recorded"
    causes = await column(table, "select cause from event where stream_id = 'outage/o1'")
    assert causes == [f"/outage/toy/within {answer.request_id}/sugar"]


async def test_a_word_to_a_parked_stream_is_refused_as_such_and_can_be_asked_again(
    table: asyncpg.Pool, clock: ManualClock, ingest: Ingest
) -> None:
    await ingest.submit([word("w1", subject="bug")])
    with pytest.raises(RequestRefused, match=r"stream-parked: outage/o1 waits behind .*quarantine list.*ask again"):
        await ask(table, Sweet(), clock, "tell", {"lumps": 1})
    assert await column(table, "select count(*) from quarantine") == [1], "nothing of it waits behind the stream"


async def test_a_request_that_cannot_be_judged_for_an_hour_is_judged_once_it_can(
    table: asyncpg.Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(table, clock, "sugar", {"lumps": 1})
    at_work = operations(table, clock)
    with monkeypatch.context() as broken:
        broken.setattr(at_work, "_one", _fail)
        for _ in range(6):
            clock.advance(timedelta(minutes=10))
            await at_work.once()
    clock.advance(timedelta(seconds=LONGEST_SECONDS))
    await at_work.once()
    assert await column(table, "select lumps from sweetened") == [1]


async def test_a_request_that_cannot_be_judged_is_left_alone_for_a_while_and_fills_no_log(
    table: asyncpg.Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(table, clock, "sugar", {"lumps": 1})
    at_work, tries = operations(table, clock), 0

    async def fail(_: object) -> None:
        nonlocal tries
        tries += 1
        await _fail(_)

    monkeypatch.setattr(at_work, "_one", fail)
    with structlog.testing.capture_logs() as lines:
        for _ in range(5 * 600):  # ten minutes of looks
            await at_work.once()
            clock.advance(timedelta(seconds=0.2))
    assert 600 / LONGEST_SECONDS <= tries <= 600 / LONGEST_SECONDS + 10
    assert len(lines) <= 11
    assert [bool(line.get("exc_info")) for line in lines] == [True] + [False] * (len(lines) - 1)


async def test_a_request_that_waits_for_what_is_away_holds_up_no_other_and_is_tried_again_soon(
    table: asyncpg.Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await put(table, clock, "sugar", {"lumps": 1})
    await put(table, clock, "sugar", {"lumps": 2})
    at_work = operations(table, clock)
    judge = at_work._one

    async def away(row: asyncpg.Record) -> object:
        if row["id"] == first:
            raise TimeoutError("kafka says nothing")
        return await judge(row)

    with monkeypatch.context() as without_kafka:
        without_kafka.setattr(at_work, "_one", away)
        for _ in range(200):
            await at_work.once()
            clock.advance(timedelta(seconds=1))
        assert await column(table, "select lumps from sweetened") == [2]
    clock.advance(timedelta(seconds=AWAY_SECONDS))
    await at_work.once()
    assert await column(table, "select lumps from sweetened") == [2, 1]


async def _fail(_: object) -> None:
    raise asyncpg.InsufficientPrivilegeError("a right was taken away")


async def test_asked_twice_under_one_id_it_is_one_request(table: asyncpg.Pool, clock: ManualClock) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 1})
    row = (request_id, clock.now(), "chen", "sugar", "", '{"lumps": 1}')
    await table.execute(
        "insert into operator_request (id, at, who, action, reason, detail) values ($1, $2, $3, $4, $5, $6) "
        "on conflict (id) do nothing",
        *row,
    )
    await operations(table, clock).once()
    assert await column(table, "select lumps from sweetened") == [1]


async def test_nobody_is_told_yes_or_no_before_the_request_is_judged(table: asyncpg.Pool, clock: ManualClock) -> None:
    request_id = await put(table, clock, "sugar", {"lumps": 1})
    assert await answer_of(table, request_id) is None  # type: ignore[arg-type]


async def test_the_longest_refusal_can_be_read_back_from_the_log(table: asyncpg.Pool, clock: ManualClock) -> None:
    with pytest.raises(RequestRefused, match="unknown-action"):
        await ask(table, Sweet(), clock, "x" * 100, {"lumps": 1}, who="w" * 200, why="y" * 1000)
    rows = await table.fetch("select * from event order by position")
    log = operations(table, clock)._transaction.decisions.log
    assert [msgspec.to_builtins(log.stored(row).data)["action"] for row in rows] == ["x" * 100] * 2


async def test_what_cannot_be_done_yet_goes_on_waiting_holds_up_nobody_and_is_done_once_it_can(
    table: asyncpg.Pool, clock: ManualClock
) -> None:
    waits = await put(table, clock, "sugar", {"lumps": 2, "into": "the cold kettle"})
    behind = await put(table, clock, "sugar", {"lumps": 1})
    work = operations(table, clock)
    assert await work.once() == 2
    assert [await answer_of(table, one) is None for one in (waits, behind)] == [True, False]  # type: ignore[arg-type]
    clock.advance(timedelta(minutes=20))
    await work.once()
    clock.advance(timedelta(minutes=20))
    assert await work.once() == 1, "it is looked at however old it is"
    assert await column(table, "select lumps from sweetened") == [1], "what it had written is undone"
    with pytest.raises(NotYet, match="the kettle is cold"):
        await work.judge(waits)
    await table.execute("alter table operator_request disable trigger all")
    await table.execute("update operator_request set detail = '{\"lumps\": 2}' where id = $1", waits)
    clock.advance(timedelta(minutes=1))
    await work.once()
    assert await column(table, "select lumps from sweetened order by lumps") == [1, 2]
