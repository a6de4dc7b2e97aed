"""What customers said in their own words is forgotten in the restorer's log, and outages replay as before."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ComplaintReceived, ComplaintReceivedV1, EnquiryReceived, OutageStarted
from services.kernel.clock import SystemClock
from services.kernel.model import Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.answering import Operations
from services.kernel.writing.transaction import Transaction
from services.restorer.domain.events import FactAnswered
from services.restorer.tables.complaint_words import ComplaintWords
from tests.kits.ctl import Ctl
from tests.kits.forgetting.searching import everything
from tests.kits.kernel.asked import put
from tests.kits.stack.databases import database, pool_in, worker

SAID = "我家冰箱里的药坏了"


class Later(SystemClock):
    """The machine's time, put ahead."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


async def test_a_complaint_keeps_its_dates_and_loses_its_words_after_three_years(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl
) -> None:
    clock = Later()
    async with database(postgres, "restorer") as dsn:
        monkeypatch.setenv("OUTAGE_POSTGRES", dsn)
        monkeypatch.chdir(tmp_path)
        restorer = load("restorer", Where(postgres=dsn))
        pool = await pool_in(dsn, "restorer", most=3)
        ingest, now = await worker(restorer, pool, clock), clock.now()
        facts = [
            OutageStarted(mrid="F-1", outage_class="fault", started_at=now, extent=Extent(lines=("10千伏城东线",))),
            ComplaintReceivedV1(mrid="F-1", complaint_id="C-7", received_at=now, subject=SAID),
        ]
        for number, fact in enumerate(facts):
            type_ = TYPE_OF[type(fact)]
            await ingest.submit([Message("/east", str(number), type_, now, fact, "F-1", 0, stream="outage/F-1")])
        own = ComplaintReceived(complaint_id="C-8", received_at=now, subject=SAID)
        await ingest.submit([Message("/east", "own", TYPE_OF[type(own)], now, own, "C-8", 0)])
        assert await ComplaintWords(ingest, pool, clock, asyncio.Event()).step()
        while await ComplaintWords(ingest, pool, clock, asyncio.Event()).step():
            pass
        told = await pool.fetch("select stream_id from event where data::text like $1 order by stream_id", f"%{SAID}%")
        assert [row["stream_id"] for row in told] == ["complaint/C-7", "complaint/C-8", "outage/F-1"]
        for ahead in (1094, 1096):
            clock.ahead = timedelta(days=ahead)
            await put(pool, clock, "forget", {"rule": "words"}, who="restorer")
            await Operations(Transaction(restorer, pool, Telemetry("restorer")), clock).once()
        answers = await pool.fetch("select reason from event where type = 'operator.done.v1' order by position")
        assert [row["reason"] for row in answers] == ["nothing-to-forget", "forgotten"]
        assert SAID not in await pool.fetchval("select string_agg(data::text, ' ') from event")
        (left,) = await pool.fetch("select data from event where type = 'complaint.received.v1'")
        assert json.loads(left["data"])["complaintId"] == "C-7"
        found = await ctl.said("audit", "--service", "restorer", "--json")
        wanted = {"chains", "replay", "forgotten", "operators"}
        faults = {one["check"]: one["faults"] for one in json.loads(found.out)["checks"] if one["check"] in wanted}
        assert faults == {name: [] for name in wanted}
        await pool.close()


async def test_a_complaint_that_was_held_loses_its_words_in_the_event_that_holds_it(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl
) -> None:
    clock = Later()
    async with database(postgres, "restorer") as dsn:
        monkeypatch.setenv("OUTAGE_POSTGRES", dsn)
        monkeypatch.chdir(tmp_path)
        restorer = load("restorer", Where(postgres=dsn))
        pool = await pool_in(dsn, "restorer", most=3)
        ingest, now = await worker(restorer, pool, clock), clock.now()
        late = now + timedelta(days=40)
        facts = [
            OutageStarted(mrid="F-1", outage_class="fault", started_at=now, extent=Extent(lines=("10千伏城东线",))),
            ComplaintReceivedV1(mrid="F-1", complaint_id="C-7", received_at=late, subject=SAID),
            EnquiryReceived(mrid="F-1", enquiry_id="E-7", received_at=late, subject=f"还要多久？{SAID}"),
        ]
        for number, fact in enumerate(facts):
            type_ = TYPE_OF[type(fact)]
            await ingest.submit([Message("/east", str(number), type_, now, fact, "F-1", 0, stream="outage/F-1")])
        held = await pool.fetch("select data from event where type = 'fact.held.v1' order by position")
        assert [SAID in row["data"] for row in held] == [True, True]
        question = json.loads(held[0]["data"])["questionId"]
        await pool.execute("delete from outbox")
        clock.ahead = timedelta(days=1096)
        await put(pool, clock, "forget", {"rule": "words"}, who="restorer")
        await Operations(Transaction(restorer, pool, Telemetry("restorer")), clock).once()
        assert SAID not in await everything(pool, "restorer")
        left = json.loads(await pool.fetchval("select data from event where type = 'fact.held.v1' order by position"))
        assert json.loads(left["body"])["complaintId"] == "C-7", "what was held is still there to be taken"
        answer = FactAnswered(mrid="F-1", question_id=question, accept=True, by="li", reason="it came in then")
        (outcome,) = await (await worker(restorer, pool, clock)).submit(
            [Message("/within", "a", "fact.answered.v1", clock.now(), answer, "F-1", 0, stream="outage/F-1")]
        )
        assert outcome.outcome == "appended", outcome
        found = await ctl.said("audit", "--service", "restorer", "--json")
        wanted = {"chains", "replay", "forgotten", "operators"}
        faults = {one["check"]: one["faults"] for one in json.loads(found.out)["checks"] if one["check"] in wanted}
        assert faults == {name: [] for name in wanted}
        await pool.close()
