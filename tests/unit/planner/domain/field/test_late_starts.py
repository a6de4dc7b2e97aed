"""Work that begins after its noticed end was never noticed, in whatever order start, end and deadline are heard of."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import permutations

import pytest

from schemas.contracts.base import Wire
from schemas.contracts.dispatch import OutageReopened
from tests.kits.deciders.planner import MRID, Stream, at, request, restored, started

PUBLIC, DONE = f"{MRID}/1/cn.planned.public-notice", f"{MRID}/1/cn.planned.done-by-noticed-end"
UNNOTICED = f"{MRID}/unnoticed/cn.planned.public-notice"
NEVER_NOTICED = {PUBLIC: "kept", DONE: "voided", UNNOTICED: "broken"}
END, AFTER = "2026-03-12 17:00", at("2026-03-13 19:00")
DEADLINE = "its noticed end is looked at"


def after(order: Iterable[Wire | str]) -> Stream:
    """Work noticed, all of this heard of the day after, and every deadline looked at."""
    stream = Stream().hears_all([request()])
    for minute, what in enumerate(order):
        if not isinstance(what, str):
            stream.hears(what, AFTER + timedelta(minutes=minute))
        elif "noticed-end" in stream.timers():
            stream.fire("noticed-end")
    while timers := stream.timers():
        stream.fire(min(timers, key=lambda name: timers[name]))
    return stream


@pytest.mark.parametrize(
    ("began", "over"), [("2026-03-12 17:01", "2026-03-12 19:00"), ("2026-03-13 09:00", "2026-03-13 11:00")]
)
def test_work_that_begins_after_its_noticed_end_was_never_noticed(began: str, over: str) -> None:
    for order in permutations((DEADLINE, started(began), restored(over))):
        stream = after(order)
        assert stream.standings() == NEVER_NOTICED, order
        assert stream.state.outcome == "not-carried-out", order
        # That it ran over was told where power was back before anybody said when it had gone off.
        assert stream.state.breaches - {"overran"} == {"started-without-notice"}, order


def test_nor_was_it_when_power_went_off_again() -> None:
    again = OutageReopened(mrid=MRID, reopened_at=at("2026-03-12 19:00"))
    facts = started("2026-03-12 17:30"), restored("2026-03-12 18:30"), again, restored("2026-03-12 19:10")
    for order in permutations((DEADLINE, *facts)):
        assert after(order).standings() == NEVER_NOTICED, order


def test_work_that_turns_out_to_have_begun_while_it_was_noticed_left_nobody_untold() -> None:
    facts = started("2026-03-12 17:30"), started("2026-03-12 16:00"), restored("2026-03-12 18:30")
    for order in permutations((DEADLINE, *facts)):
        found = after(order).standings()
        assert found.pop(UNNOTICED, "voided") == "voided", order
        assert found == {PUBLIC: "kept", DONE: "broken"}, order


def test_work_that_begins_at_its_noticed_end_is_late_work() -> None:
    for order in permutations((DEADLINE, started(END), restored("2026-03-12 18:30"))):
        stream = after(order)
        assert stream.standings() == {PUBLIC: "kept", DONE: "broken"}, order
        assert (stream.state.outcome, stream.state.breaches) == ("carried-out-late", {"overran"}), order
