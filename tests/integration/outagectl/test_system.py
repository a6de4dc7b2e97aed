"""The command line on the whole running system: from a registry and a fault to texts, proofs, and an operator's hand."""

import json
from typing import Any

import asyncpg
import pytest

from devstack.system import System
from schemas.cloudevent import parse_structured, to_kafka
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import EXTENT, SAMPLE, Dispatch, fact
from tests.kits.system.on_duty import ctl, dispatch, system

__all__ = ["ctl", "dispatch", "system"]

pytestmark = pytest.mark.stack


async def test_an_operator_sees_and_proves_what_happens_to_a_fault(
    system: System, ctl: Ctl, dispatch: Dispatch
) -> None:
    await _registry_comes_in_once(ctl)
    said = await dispatch.says(
        fact("outage.started.v1", "1", mRID="f1", outageClass="fault", startedAt="now", extent=EXTENT),
        fact("cause.cleared.v1", "2", mRID="f1", clearedAt="now"),
    )
    assert "2 events sent, 0 not." in said
    await ctl.until(lambda a: len(a["messages"]) >= 2 and _delivered(a), "show", "outage", "f1")
    await dispatch.says(fact("supply.restored.v1", "3", mRID="f1", restoredAt="now", scope="all"))
    outage = await ctl.until(
        lambda a: any(m["trigger"] == "restored" for m in a["messages"]) and _delivered(a), "show", "outage", "f1"
    )
    await _stories_are_told(ctl, outage)
    await _bad_input_is_dropped_by_a_person(system, ctl)
    await _parked_messages_are_retried_in_order(system, ctl, dispatch)
    await _promises_are_cases_of_their_month(ctl)
    await _all_is_proved_until_somebody_tampers(system, ctl)


async def _promises_are_cases_of_their_month(ctl: Ctl) -> None:
    months = await ctl.until(lambda found: len(found) > 0, "fulfilment", "show")
    cases = [case for one in months for case in await ctl.json("fulfilment", "cases", one["month"])]
    assert {case[2] for case in cases if case[0] == "promise"} >= {"restorer", "notifier"}
    code, said = await ctl.run("fulfilment", "publish", months[0]["month"], "--by", "chen", "--yes")
    assert (code, "month-not-over" in said) == (1, True), said


async def _registry_comes_in_once(ctl: Ctl) -> None:
    code, said = await ctl.run("import", "customers", str(SAMPLE), "--dry-run")
    assert code == 0, said
    assert "would be new" in said
    first = await ctl.json("import", "customers", str(SAMPLE))
    assert first["sent"] == first["customers"] == first["new"] > 0
    again = await ctl.json("import", "customers", str(SAMPLE))
    assert (again["sent"], again["numbers"], again["unchanged"]) == (0, 0, first["customers"]), (
        "however far it is taken"
    )


def _delivered(answer: Any) -> bool:
    return all(message["state"] == "delivered" for message in answer["messages"])


async def _stories_are_told(ctl: Ctl, outage: Any) -> None:
    types = {entry["type"] for entry in outage["history"]}
    assert {"outage.started.v1", "promise.made.v1", "message.delivered.v1", "restoration.confirmed.v1"} <= types
    assert all(entry["reason"] and entry["cause"] for entry in outage["history"])
    code, said = await ctl.run("show", "outage", "f1")
    assert code == 0, said
    for words in ("Power is off since", "Power is back for everyone", "Promises", "took text", "Asia/Shanghai"):
        assert words in said
    code, said = await ctl.run("show", "outage", "f1", "--proof", "--utc")
    assert "chain " in said
    assert "Times are UTC" in said
    text = outage["messages"][0]
    assert text["providerSid"] == text["attempts"][-1]["providerSid"]
    by_sid = await ctl.json("show", "message", text["providerSid"])
    assert [one["messageId"] for one in by_sid["messages"]] == [text["messageId"]]
    customer = await ctl.json("show", "customer", text["customerId"])
    assert text["messageId"] in {one["messageId"] for one in customer["messages"]}
    handsets = await ctl.json("phones")
    held = [one["messageId"] for handset in handsets for one in handset["texts"]]
    assert sorted(held) == sorted(m["messageId"] for m in outage["messages"])
    code, said = await ctl.run("phones")
    assert "+4477009001" in said
    for words in (("show", "outage", "none"), ("show", "customer", "none"), ("show", "message", "none")):
        assert (await ctl.run(*words))[0] == 3


async def _put(system: System, key: bytes, headers: list[tuple[str, bytes]], value: bytes) -> None:
    producer = Producer(system.stack.kafka)
    assert await producer.send([Produce("outage.dispatch", key, value, headers, SystemClock().now())]) == [True]
    await producer.stop()


async def _bad_input_is_dropped_by_a_person(system: System, ctl: Ctl) -> None:
    await _put(system, b"f1", [], b"{")
    waiting = await ctl.until(lambda a: len(a) == 3, "quarantine", "list")
    assert {row["service"] for row in waiting} == {"planner", "notifier", "restorer"}
    code, said = await ctl.run("quarantine", "list")
    assert "3 messages" in said
    qid = waiting[0]["quarantineId"]
    one = await ctl.json("quarantine", "show", qid[:13])
    assert (one["body"], len(one["alsoSetAsideBy"])) == ("{", 2), "the same record has the same id in every service"
    tasks = await ctl.until(lambda a: any(one["kind"] == "set-aside" for one in a), "task", "list")
    about = [(one["service"], one["whom"][0]["ref"]) for one in tasks if one["kind"] == "set-aside"]
    assert about == [("restorer", qid)], "one task, whoever set it aside"
    code, said = await ctl.run("quarantine", "retry", qid)
    assert code == 1
    assert "mend it at its source" in said
    code, said = await ctl.run("quarantine", "drop", "--yes", qid, "--reason", "a test")
    assert code == 0, said
    assert "Dropped by planner, notifier, restorer" in said, "one command for all of them"
    assert await ctl.json("quarantine", "list") == []
    assert len(await ctl.json("quarantine", "list", "--all")) == 3
    connection = await system.connect("restorer")
    asked = "select data->>'who' || ' ' || (data->>'action') from event where type = 'operator.requested.v1'"
    assert {row[0] for row in await connection.fetch(asked)} == {"chen quarantine retry", "chen quarantine drop"}
    await connection.close()


async def _parked_messages_are_retried_in_order(system: System, ctl: Ctl, dispatch: Dispatch) -> None:
    """A fault that was mended: its message was kept unread, and its stream parked, so that two more wait behind it."""
    report = fact("enquiry.received.v1", "q1", mRID="f2", enquiryId="e1", receivedAt="now")
    started = fact("outage.started.v1", "q0", mRID="f2", outageClass="fault", startedAt="now", extent=EXTENT)
    await dispatch.says(started)
    await ctl.until(lambda a: len(a["streams"]) >= 1, "show", "outage", "f2")
    message = to_kafka(parse_structured(report))
    await _put(system, message.key, message.headers, b"[")
    await ctl.until(lambda a: len(a) == 3, "quarantine", "list")
    connection = await system.connect("restorer")
    qid = await connection.fetchval(
        "update quarantine set body = $1, reason = 'decide-failed', stream_id = 'outage/f2' where state = 'open' "
        "returning quarantine_id",
        message.value,
    )
    await connection.execute("update stream set parked_by = $1 where stream_id = 'outage/f2'", qid)
    behind = [fact("enquiry.received.v1", f"q{n}", mRID="f2", enquiryId=f"e{n}", receivedAt="now") for n in (2, 3)]
    await dispatch.says(*behind)
    await ctl.until(lambda a: len(a) == 5, "quarantine", "list")
    shown = await ctl.json("quarantine", "show", str(qid), "--service", "restorer")
    assert len(shown["waitingBehind"]) == 2
    code, said = await ctl.run("quarantine", "retry", shown["waitingBehind"][0], "--service", "restorer")
    assert code == 1
    assert "waits behind" in said
    result = await ctl.json("quarantine", "retry", str(qid), "--service", "restorer")
    assert [one["quarantineId"] for one in result["judged"]] == [str(qid), *shown["waitingBehind"]]
    causes = await connection.fetch("select cause from event where cause like '%/q_' order by position")
    assert [*dict.fromkeys(row["cause"][-2:] for row in causes)] == ["q0", "q1", "q2", "q3"]
    await connection.close()
    for name in ("planner", "notifier"):
        assert (await ctl.run("quarantine", "drop", "--yes", str(qid), "--service", name, "--reason", "a test"))[0] == 0


async def _all_is_proved_until_somebody_tampers(system: System, ctl: Ctl) -> None:
    fences = await ctl.until(lambda a: all(row["lag"] == 0 for row in a), "offsets", "show")
    assert {row["standing"] for row in fences} == {"agrees"}
    code, said = await ctl.run("offsets", "accept", "--yes", "outage.dispatch", "0")
    assert code == 1
    assert "nothing to accept" in said
    assert (await ctl.run("offsets", "accept", "--yes", "outage.dreams", "0"))[0] == 3
    code, said = await ctl.run("audit", "--with-kafka")
    assert code == 0, said
    assert "passed." in said
    report = await ctl.json("audit", "--with-kafka")
    assert all(check["passed"] for check in report["checks"])
    phones = next(check for check in report["checks"] if check["check"] == "phones")
    assert phones["checked"] > 0
    connection = await system.connect("notifier")
    await _tamper(connection)
    await connection.close()
    code, said = await ctl.run("audit", "--service", "notifier", "--json")
    assert code == 1
    found = {check["check"]: check["faults"] for check in json.loads(said)["checks"] if check["faults"]}
    assert set(found) >= {"sids", "intents", "chains"}, found


async def _tamper(connection: asyncpg.Connection) -> None:
    # News gathers for a moment: what was back before that was over has no attempt that could be tampered with.
    sent = "select message_id from notification where state = 'delivered' order by message_id limit 2"
    first, second = await connection.fetch(sent)
    await connection.execute("update attempt set provider_sid = 'SMdouble' where message_id = $1", first["message_id"])
    await connection.execute("update notification set state = 'suppressed' where message_id = $1", second["message_id"])
    await connection.execute("update event set reason = 'because' where position = (select min(position) from event)")
