"""Who heard nothing in a month: how long, by kind, and under which outages; that nobody watched is not that nobody was silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from operations.reports.facts import FoundBy, SilentTime
from operations.reports.making import cases_of, report_of
from tests.kits.reports import facts, local

NOW, MORNING = local(20, 12), local(5, 9)


def silent(
    mrid: str, customer: str, minutes: float | None, state: str = "forgotten", since: datetime = MORNING
) -> SilentTime:
    until = None if minutes is None else since + timedelta(minutes=minutes)
    return SilentTime(mrid, customer, state, since, until)


def test_hours_are_of_all_who_heard_nothing_and_the_oldest_is_each_outages_longest() -> None:
    found = facts(
        [],
        {"F-1": FoundBy("fault", ("urban",), ("east",), ("A",))},
        silences=[
            silent("F-1", "hospital", 90),
            silent("F-1", "clinic", 30),
            silent("F-2", "clinic", 60, since=local(6, 9)),
            silent("F-2", "school", 45, "held"),
        ],
    )
    silence = report_of(found).silence
    assert silence is not None
    forgotten = silence.forgotten
    assert (forgotten.silences, forgotten.customers, forgotten.outages, forgotten.hours) == (3, 2, 2, 3.0)
    assert (forgotten.oldest.count, forgotten.oldest.median, forgotten.oldest.most) == (2, 75.0, 90.0)
    assert (silence.held.customers, silence.held.oldest.most) == (1, 45.0)
    first, second = cases_of(found, "silence-forgotten")
    assert (first.mrid, first.customers, first.value, first.lines) == ("F-1", 2, 2.0, ("east",))
    assert (second.mrid, second.value) == ("F-2", 1.0)


def test_a_silence_that_lasts_counts_until_now_and_its_case_has_no_end() -> None:
    found = facts(
        [],
        as_of=NOW,
        silences=[silent("F-1", "hospital", None, since=NOW - timedelta(hours=2)), silent("F-1", "b", 10)],
    )
    silence = report_of(found).silence
    assert silence is not None
    assert silence.forgotten.oldest.most == 120.0
    (case,) = cases_of(found, "silence-forgotten")
    assert case.off_until is None


def test_nobody_silent_is_nought_and_a_version_that_kept_nothing_says_so() -> None:
    silence = report_of(facts([])).silence
    assert silence is not None
    assert (silence.forgotten.silences, silence.forgotten.hours, silence.forgotten.oldest.most) == (0, 0.0, None)
    before = report_of(facts([], silences=None))
    assert before.silence is None
    assert {"silence-forgotten", "silence-held"} <= {one.figure for one in before.not_measured}


@given(
    st.lists(
        st.builds(
            silent,
            st.sampled_from(["F-1", "F-2", "F-3"]),
            st.sampled_from("abcd"),
            st.integers(0, 500) | st.none(),
            st.sampled_from(["forgotten", "held"]),
        )
    )
)
def test_cases_add_up_to_their_figure(silences: list[SilentTime]) -> None:
    found = facts([], as_of=NOW, silences=silences)
    silence = report_of(found).silence
    assert silence is not None
    for name, kind in (("silence-forgotten", silence.forgotten), ("silence-held", silence.held)):
        cases = cases_of(found, name)
        assert len(cases) == kind.outages
        assert abs(sum(case.value or 0.0 for case in cases) - kind.hours) < 1e-6
