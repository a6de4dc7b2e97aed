"""Promises that were made and taken over in one breath: nobody has to read of them."""

from dataclasses import replace
from datetime import timedelta

from operations.history.passing import in_passing
from tests.kits.logbook import promise


def test_what_a_report_takes_over_within_the_minute_is_passing() -> None:
    made = promise("made", "unreported", obligation="crew-on-site")
    void = promise("voided", "unreported", reason="reported")
    name = made.data["promiseId"]
    assert in_passing([made, replace(void, at=made.at + timedelta(minutes=1))]) == {name}
    assert in_passing([made, replace(void, at=made.at + timedelta(minutes=2))]) == frozenset()


def test_what_ends_at_once_for_another_reason_is_told() -> None:
    made = promise("made", "r", obligation="crew-on-site")
    assert in_passing([made, promise("voided", "r", reason="customer-side-fault")]) == frozenset()
    assert in_passing([promise("voided", "r", reason="reported")]) == frozenset()
