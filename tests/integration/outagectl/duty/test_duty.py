"""People on duty and the whole running system: what is off, what comes due, what is said, what stood at an instant."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devstack.system import System
from schemas.cloudevent import parse_structured, to_kafka
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import SAMPLE, fact
from tests.kits.system.on_duty import ctl, system

__all__ = ["ctl", "system"]

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[4]
PATIENCE_SECONDS = 40.0
LINE, AREA = "10千伏城东线", "中山路一带"
EXTENT = {"lines": [LINE], "areas": [AREA]}
HOUR = timedelta(hours=1)


async def send(system: System, *facts: dict[str, Any]) -> None:
    producer = Producer(system.stack.kafka)
    made = [to_kafka(parse_structured(one)) for one in facts]
    now = SystemClock().now()
    assert all(await producer.send([Produce(m.topic, m.key, m.value, m.headers, now) for m in made]))
    await producer.stop()


class Watcher:
    """`outagectl watch` in a process of its own, and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._tasks = [asyncio.create_task(self._read(stream)) for stream in (process.stdout, process.stderr)]

    async def _read(self, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        async for line in stream:
            self.lines.append(line.decode().rstrip())

    async def says(self, *words: str) -> str:
        """Wait for a line that holds all the words."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while loop.time() < until:
            found = [line for line in self.lines if all(word in line for word in words)]
            if found:
                return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no line with {words} in {self.lines}")

    async def end(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self.process.wait()
            await asyncio.gather(*self._tasks)
        return code


@asynccontextmanager
async def watching(system: System, *words: str) -> AsyncIterator[Watcher]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "outagectl",
        "watch",
        *words,
        "--data",
        str(system.folder),
        cwd=ROOT,
        env=os.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    made = Watcher(process)
    try:
        await made.says("Watching from here on")
        yield made
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_night_on_duty(system: System, ctl: Ctl) -> None:
    code, said = await ctl.run("import", "customers", str(SAMPLE))
    assert code == 0, said
    await ctl.until(lambda a: a["power"] == "no-outage-known", "explain", "DJ-0001")
    await _nothing_is_known_yet(ctl)
    async with watching(system, "--line", LINE) as live, watching(system, "--service", "planner") as other:
        await _a_fault_and_a_plan(system, ctl, live, other)
        await _the_watcher_outlives_the_broker(system, live)
        assert await live.end() == 0
        assert await other.end() == 0
        assert not [line for line in (*live.lines, *other.lines) if "Traceback" in line]


async def _a_fault_and_a_plan(system: System, ctl: Ctl, live: Watcher, other: Watcher) -> None:
    before = SystemClock().now()
    start = before + timedelta(days=20)
    await send(
        system,
        fact("outage.started.v1", "1", mRID="f1", outageClass="fault", startedAt="now", extent=EXTENT),
        fact("fault.reported.v1", "2", mRID="f1", reportedAt="now", reportId="R-1"),
        fact(
            "planned.requested.v1",
            "3",
            mRID="p1",
            revisionNumber=1,
            outageClass="planned",
            requestedAt="now",
            reason="更换变压器",
            plannedPeriod={"start": start.isoformat(), "end": (start + HOUR).isoformat()},
            extent={**EXTENT, "nominalVoltage": 10},
        ),
    )
    await live.says("dispatch/east", "f1", "Power is off since", LINE)
    await live.says("promises a crew on site by", "cn.fault.crew-45min")
    await live.says("is on the handset", "DJ-0001-duty")
    await other.says("p1", "Notice p1/1 is published")
    assert not [line for line in other.lines if "dispatch" in line]
    await _the_hotline_can_answer(ctl)
    await _deadlines_are_listed(ctl)
    await _the_past_can_be_seen(ctl, before)


async def _nothing_is_known_yet(ctl: Ctl) -> None:
    code, said = await ctl.run("explain", LINE)
    assert code == 0, said
    assert "NO OUTAGE IS KNOWN THERE." in said
    assert "As of" in said
    # Not one deadline stands, and yet all say that they are up to date: a dead service would not.
    # A service that has just started is silent until its first mark.
    quiet = await ctl.until(
        lambda answer: len(answer["standing"]) == 3 and not any(one["silent"] for one in answer["standing"]),
        "explain",
        LINE,
    )
    for one in quiet["standing"]:
        assert one["caughtUpAt"] <= quiet["askedAt"]
    assert quiet["asOf"] == min(one["caughtUpAt"] for one in quiet["standing"])
    code, said = await ctl.run("explain", "中山路")
    assert code == 3
    assert "does NOT mean that the power is on" in said
    assert AREA in said, "names like it are offered"
    code, said = await ctl.run("timers")
    assert code == 0
    assert "Nothing comes due" in said


async def _the_hotline_can_answer(ctl: Ctl) -> None:
    for name in ("DJ-0001", "UP-10018", LINE, AREA):
        answer = await ctl.until(lambda a: a["power"] == "off" and a["ahead"], "explain", name)
        assert [hit["mRID"] for hit in answer["off"]] == ["f1"]
        assert [hit["mRID"] for hit in answer["ahead"]] == ["p1"]
        assert "the cause" in answer["off"][0]["notKnown"]
        assert {row["service"] for row in answer["inputs"]["behind"]} == {"planner", "restorer", "notifier"}
    told = await ctl.until(
        lambda a: any(t["trigger"] == "fault-time-unknown" for t in a["texts"]), "explain", "DJ-0001"
    )
    assert told["nextWordPromisedBy"], "the text promised another word"
    await _whatever_the_caller_says_is_understood(ctl, told["texts"][0]["body"])
    await _the_code_of_a_text_proves_it(ctl, told["texts"][0])
    assert {t["customerId"] for t in told["texts"]} == {"DJ-0001"}
    code, said = await ctl.run("explain", "DJ-0001", "--lang", "zh-CN")
    assert code == 0, said
    for words in ("POWER IS OFF.", "NOT known yet", "Planned ahead", "更换变压器", "恢复时间暂不能确定", "定于"):
        assert words in said
    assert "+447700" not in said.replace(" ", "")


async def _whatever_the_caller_says_is_understood(ctl: Ctl, body: str) -> None:
    """A name, an address, the code of a text as it is heard, an outage's id; and a name that several have."""
    code = re.search("编号([0-9A-Z]{5})", body)
    assert code is not None
    for said in ("东江市人民医院", "中山路18号", code[1].lower().replace("1", "l").replace("0", "O"), "f1"):
        answer = await ctl.json("explain", said)
        assert [hit["mRID"] for hit in answer["off"]] == ["f1"], said
    exit_code, shown = await ctl.run("explain", "东江")
    assert exit_code == 3
    assert "may be any of" in shown


async def _the_code_of_a_text_proves_it(ctl: Ctl, told: dict[str, Any]) -> None:
    """Whose it is and why; and back to the fact that dispatch sent, with every attempt."""
    found = re.search("编号([0-9A-Z]{5})", told["body"])
    assert found is not None
    coded = (await ctl.json("explain", found[1]))["textsWithTheCode"]
    assert told["messageId"] in [text["messageId"] for text in coded]
    assert {text["customerId"] for text in coded} == {told["customerId"]}
    assert all(text["why"] for text in coded)
    shown = await ctl.json("show", "message", found[1])
    proof = next(one for one in shown["proofs"] if one["messageId"] == told["messageId"])
    assert proof["code"] == found[1]
    assert proof["why"]["matchedBy"]
    assert proof["why"]["factType"].endswith(".v1")
    assert proof["why"]["fact"].startswith("/"), proof["why"]
    assert proof["policy"].startswith("cn-service-standard ")
    assert proof["knownAt"] <= proof["requestedAt"]
    assert proof["attempts"] == [] or {"owner", "httpStatus", "fault"} <= set(proof["attempts"][0])
    code, said = await ctl.run("show", "message", told["messageId"])
    assert code == 0, said
    assert "superseded by" in said
    assert "+447700" not in said.replace(" ", "")


async def _deadlines_are_listed(ctl: Ctl) -> None:
    rows = await ctl.until(lambda a: len(a) >= 3, "timers", "--outage", "f1")
    crew = next(row for row in rows if row["name"].endswith("crew-45min/1/due"))
    assert crew["service"] == "restorer"
    assert not crew["late"]
    assert 0 < crew["inSeconds"] <= 45 * 60
    assert crew["what"] == "the promise breaks unless it is kept by then: no crew on site"
    assert crew["rule"]["source"]
    assert {row["service"] for row in rows} >= {"restorer", "notifier"}
    assert [row["dueAt"] for row in rows] == sorted(row["dueAt"] for row in rows)
    assert await ctl.json("timers", "--outage", "f1", "--due", "1s") == []
    code, said = await ctl.run("timers", "--late")
    assert code == 0
    assert "Nothing is late" in said


async def _the_past_can_be_seen(ctl: Ctl, before: datetime) -> None:
    whole = await ctl.json("show", "outage", "f1", "--proof")
    code, said = await ctl.run("show", "outage", "f1", "--at", (before - HOUR).isoformat())
    assert code == 3
    assert "nothing was known of outage f1" in said
    assert "it became known at" in said
    code, said = await ctl.run("show", "outage", "f1", "--at", "2199-01-01T00:00")
    assert code == 2
    assert "lies ahead of now" in said
    # At the restorer's first word about it nothing had been promised, and nobody told.
    first = next(entry for entry in whole["history"] if entry["service"] == "restorer")
    then = await ctl.json("show", "outage", "f1", "--position", str(first["position"]), "--service", "restorer")
    (restorer,) = [stream for stream in then["streams"] if stream["service"] == "restorer"]
    assert (restorer["version"], restorer["view"]["status"]) == (1, "confirmed")
    assert then["openPromises"] == []
    assert not then["messages"] or whole["messages"][0]["requestedAt"] <= first["at"]
    # And now, replayed, it is what the live view says.
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - what an operator would type
    present = await ctl.json("show", "outage", "f1", "--at", now)
    live = await ctl.json("show", "outage", "f1")
    assert [s["view"] for s in present["streams"]] == [s["view"] for s in live["streams"]]
    assert [one["ruleId"] for one in present["openPromises"]] == ["cn.fault.crew-45min"]
    assert 0 < present["openPromises"][0]["secondsLeft"] <= 45 * 60
    text = next(m for m in present["messages"] if m["customerId"] == "DJ-0001")
    assert text["body"]
    code, said = await ctl.run("show", "message", text["messageId"], "--at", now)
    assert code == 0, said
    assert "on the handset" in said
    code, said = await ctl.run("show", "customer", "DJ-0001", "--at", now, "--by", "event-time")
    assert code == 0, said
    assert "what had happened by" in said


async def _the_watcher_outlives_the_broker(system: System, live: Watcher) -> None:
    node = system.stack.kafka_node
    assert node is not None
    await node.stop()
    await live.says("does not answer: nothing can be heard")
    await node.start()
    await live.says("Kafka answers again")
    await send(system, fact("crew.status.v1", "9", mRID="f1", crewStatus="arrived", at="now"))
    await live.says("f1", "Crew arrived")


def test_json_lines_are_for_programs() -> None:
    code, _, said = Ctl().here("watch", "--service", "nobody", "--json")
    assert (code, "name one of dispatch" in json.loads(said)["error"]) == (2, True)
