"""The state at an instant: replayed by the services' own code, by what was known or by what had happened."""

from datetime import timedelta
from typing import Any

import pytest

from operations.history.as_of import LogLimit, became_known, cut, open_promises, own_time
from operations.history.history import History, HistoryEntry
from operations.system.location import Where
from operations.times import Times
from outagectl.commands.show.as_of_text import meant, not_yet
from schemas.contracts.all_types import STRUCTS
from services.kernel.model import Service
from services.kernel.streams.log import Log
from services.policy.loading import load_policy, policy_path
from services.restorer.app import Restorer
from tests.kits.deciders.restorer import CALENDAR
from tests.kits.kernel.toy import START

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def entry(version: int, type_: str, learnt: timedelta, data: dict[str, Any], **changes: Any) -> HistoryEntry:
    given = {
        "at": START + learnt,
        "service": "restorer",
        "stream_id": "outage/f1",
        "version": version,
        "event_id": f"e{version}",
        "type": type_,
        "data": {"mRID": "f1", **data},
        "reason": "recorded",
        "cause": f"/dispatch/east/{version}",
        "chain": "",
        "position": version,
    }
    return HistoryEntry(**{**given, **changes})


# The fault was heard of at once; that it had cleared half an hour after its start, two hours after it.
STARTED = entry(
    1,
    "outage.started.v1",
    MINUTE,
    {"outageClass": "fault", "startedAt": START.isoformat(), "extent": {"lines": ["l"]}},
)
CLEARED = entry(2, "cause.cleared.v1", 2 * HOUR, {"clearedAt": (START + HOUR / 2).isoformat(), "cause": "wind"})


def whole() -> History:
    stream = {"service": "restorer", "stream": "outage/f1", "version": 2, "parkedBy": None, "view": {}}
    return History("outage", "f1", [stream], [STARTED, CLEARED])


def log_of(_: str) -> Log:
    service: Service = Restorer(load_policy(policy_path("cn-service-standard")), CALENDAR)
    assert STRUCTS.keys() <= service.structs.keys()
    return Log(service)


def view_at(end: LogLimit) -> Any:
    then = cut(whole(), end, Where(), log_of)
    return then.streams[0]["view"] if then.streams else None


def test_what_was_learnt_later_was_not_known_then() -> None:
    assert view_at(LogLimit(START)) is None
    known = view_at(LogLimit(START + HOUR))
    assert known["status"] == "confirmed"
    assert known["causeClearedAt"] is None
    assert view_at(LogLimit(START + 2 * HOUR))["causeClearedAt"] is not None


def test_by_event_time_it_had_happened_though_nobody_knew() -> None:
    assert view_at(LogLimit(START, "event-time"))["status"] == "confirmed"
    assert view_at(LogLimit(START, "event-time"))["causeClearedAt"] is None
    assert view_at(LogLimit(START + HOUR, "event-time"))["causeClearedAt"] is not None


def test_a_position_cuts_one_services_log_and_its_instant_the_others() -> None:
    end = LogLimit(START + MINUTE, service="restorer", position=1)
    assert end.holds(STARTED)
    assert not end.holds(CLEARED)
    assert end.holds(entry(9, "plan.accepted.v1", MINUTE, {}, service="planner"))
    assert not end.holds(entry(9, "plan.accepted.v1", HOUR, {}, service="planner"))


def test_a_decision_happens_when_it_is_decided_and_a_fact_when_it_says() -> None:
    assert own_time(CLEARED) == START + HOUR / 2
    kept = entry(3, "promise.kept.v1", 3 * HOUR, {"at": START.isoformat()})
    assert own_time(kept) == START + 3 * HOUR


def test_what_was_not_known_yet_is_said_with_when_it_was() -> None:
    said = not_yet(whole(), LogLimit(START), Times())
    assert "nothing was known of outage f1" in said
    assert f"it became known at {Times().at(STARTED.at)}" in said
    assert became_known(whole()) == STARTED
    early = not_yet(whole(), LogLimit(START - HOUR, "event-time"), Times())
    assert f"the earliest is of {Times().at(START)}" in early


@pytest.mark.parametrize(
    ("type_", "data", "state"),
    [
        ("message.accepted.v1", {"providerSid": "SM1"}, "accepted"),
        ("message.suppressed.v1", {}, "suppressed"),
        ("message.expired.v1", {}, "expired"),
    ],
)
def test_a_text_stands_as_far_as_it_had_come(type_: str, data: dict[str, Any], state: str) -> None:
    asked = entry(1, "message.requested.v1", MINUTE, {"messageId": "m1"}, service="notifier", stream_id="customer/c1")
    later = entry(2, type_, HOUR, {"messageId": "m1", **data}, service="notifier", stream_id="customer/c1")
    history = History("message", "m1", [], [asked, later], [{"messageId": "m1", "state": "delivered"}])
    assert cut(history, LogLimit(START), Where(), log_of).texts == []
    assert cut(history, LogLimit(START + MINUTE), Where(), log_of).texts[0]["state"] == "requested"
    assert cut(history, LogLimit(START + HOUR), Where(), log_of).texts[0]["state"] == state


def test_open_promises_are_told_with_the_time_they_had_left() -> None:
    due = [
        {"dueAt": (START + HOUR).isoformat(), "state": "open"},
        {"dueAt": (START + MINUTE).isoformat(), "state": "atRisk"},
        {"dueAt": (START - HOUR).isoformat(), "state": "broken"},
    ]
    assert [one["secondsLeft"] for one in open_promises(due, START)] == [60, 3600]


def test_which_state_is_shown_is_said_in_words() -> None:
    assert "as it was known at" in meant(LogLimit(START), Times())
    assert "learnt later" in meant(LogLimit(START, "event-time"), Times())
    assert "position 7 of the planner's log" in meant(LogLimit(START, service="planner", position=7), Times())
