"""The referee of calls back: who is to be called, how often, and what was said of it."""

from typing import Any

from schemas.contracts.dispatch import FaultReported, OutageReopened, OutageWithdrawn, SupplyRestored
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.outages.called_back import CallKnown, Stands, expected, wrong_rows, wrong_words

REPORTED = FaultReported(mrid="CB-1", reported_at=at(0), report_id="R")
BACK = SupplyRestored(mrid="CB-1", restored_at=at(10))
OFF_AGAIN = OutageReopened(mrid="CB-1", reopened_at=at(20))
FOR_GOOD = SupplyRestored(mrid="CB-1", restored_at=at(30))
HOURS = 15_000


def call(seconds: float, outcome: str = "satisfied") -> CallKnown:
    return CallKnown("R", at(seconds), outcome)


def test_a_call_counts_where_power_was_back_when_it_was_made() -> None:
    facts = [REPORTED, BACK, OFF_AGAIN, FOR_GOOD]
    assert expected(facts, []) == {"R": Stands(at(30), None, 0)}
    assert expected(facts, [call(15)]) == {"R": Stands(at(10), "satisfied", 0)}
    assert expected(facts, [call(25)]) == {"R": Stands(at(30), None, 0)}, "it was off"
    assert expected([REPORTED, BACK, OFF_AGAIN], [call(5)]) == {}
    assert expected([*facts, OutageWithdrawn(mrid="CB-1", withdrawn_at=at(40))], [call(35)]) == {}


def test_three_calls_in_vain_are_enough_and_two_within_minutes_are_one() -> None:
    once = [call(11, "unreached"), call(12, "unreached")]
    assert expected([REPORTED, BACK], once) == {"R": Stands(at(10), None, 1)}
    thrice = [call(11 + number * HOURS, "unreached") for number in range(3)]
    assert expected([REPORTED, BACK], thrice) == {"R": Stands(at(10), "unreached", 3)}


def test_a_report_that_stands_otherwise_is_named() -> None:
    wanted = {"R": Stands(at(10), None, 0)}
    assert [*wrong_rows("CB-1", wanted, wanted)] == []
    assert len([*wrong_rows("CB-1", wanted, {})]) == 1
    assert len([*wrong_rows("CB-1", {}, wanted)]) == 1


CONFIRMED: tuple[str, dict[str, Any]] = ("restoration.confirmed.v1", {})
DUE: tuple[str, dict[str, Any]] = ("followup.due.v1", {"reportId": "R"})
VOID: tuple[str, dict[str, Any]] = ("followup.ended.v1", {"outcome": "void"})
DONE: tuple[str, dict[str, Any]] = ("followup.ended.v1", {"reportId": "R", "outcome": "satisfied"})
OPEN, HEARD = {"R": Stands(at(10), None, 0)}, {"R": Stands(at(10), "satisfied", 0)}


def test_what_was_said_is_held_to_what_is_so() -> None:
    assert [*wrong_words("CB-1", OPEN, [CONFIRMED, DUE])] == []
    assert [*wrong_words("CB-1", HEARD, [CONFIRMED, DUE, DONE])] == []
    assert [*wrong_words("CB-1", {}, [CONFIRMED, DUE, VOID])] == []
    assert "power was not back" in next(wrong_words("CB-1", OPEN, [DUE]))
    assert "asked for twice" in next(wrong_words("CB-1", OPEN, [CONFIRMED, DUE, DUE]))
    assert [*wrong_words("CB-1", OPEN, [CONFIRMED, DUE, VOID, DUE])] == []
    assert "was said last 0" in next(wrong_words("CB-1", HEARD, [CONFIRMED, DUE]))
    assert "was said last 'void'" in next(wrong_words("CB-1", OPEN, [CONFIRMED, DUE, VOID]))
    assert "was said last 0" in next(wrong_words("CB-1", {}, [CONFIRMED, DUE]))
