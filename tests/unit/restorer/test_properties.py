"""The order in which facts come decides nothing that matters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.dispatch import Fact
from tests.kits.deciders.restorer import MRID, Outage, at, points

NAMES = ("up-1", "up-2", "up-3")
DAY = at("0:00")
# Few enough that facts often name the same instant; near enough that some fall within 45 minutes, some days apart.
QUARTERS = (0, 1, 2, 3, 4, 8, 36, 40, 96, 97, 100, 104, 140, 200, 300)
instants = st.sampled_from(QUARTERS).map(lambda quarters: DAY + timedelta(minutes=15 * quarters))
some_points = st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: points(*sorted(names)))
openings: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        dispatch.OutageStarted,
        mrid=st.just(MRID),
        outage_class=st.sampled_from(["fault", "emergency", "planned"]),
        started_at=instants,
        extent=some_points,
        confirmed=st.booleans(),
    ),
    st.builds(
        dispatch.FaultReported,
        mrid=st.just(MRID),
        reported_at=instants,
        territory=st.sampled_from(["urban", "rural"]),
        fault_side=st.sampled_from(["unknown", "unknown", "customer", "utility"]),
        ordinary=st.booleans(),
        extraordinary_reason=st.sampled_from([None, "台风"]),
        report_id=st.sampled_from([None, "r-1", "r-2"]),
    ),
)
others: st.SearchStrategy[Fact] = st.one_of(
    st.builds(dispatch.ExtentChanged, mrid=st.just(MRID), changed_at=instants, extent=some_points),
    st.builds(
        dispatch.CrewStatus,
        mrid=st.just(MRID),
        crew_status=st.sampled_from(["enroute", "arrived", "fieldComplete"]),
        at=instants,
    ),
    st.builds(dispatch.ErtChanged, mrid=st.just(MRID), changed_at=instants, ert=st.none() | instants),
    st.builds(dispatch.CauseCleared, mrid=st.just(MRID), cleared_at=instants),
    st.builds(dispatch.SupplyRestored, mrid=st.just(MRID), restored_at=instants, test_energisation=st.booleans()),
    st.builds(
        dispatch.SupplyRestored, mrid=st.just(MRID), restored_at=instants, scope=st.just("part"), extent=some_points
    ),
    st.builds(dispatch.OutageReopened, mrid=st.just(MRID), reopened_at=instants),
    st.builds(dispatch.OutageWithdrawn, mrid=st.just(MRID), withdrawn_at=instants),
    st.builds(dispatch.SupplyPerhapsRestored, mrid=st.just(MRID), missing_at=instants),
    st.builds(dispatch.OutageListedAgain, mrid=st.just(MRID), listed_at=instants),
    st.builds(
        dispatch.OutageReclassified,
        mrid=st.just(MRID),
        reclassified_at=instants,
        outage_class=st.sampled_from(["planned", "temporary", "fault"]),
        territory=st.sampled_from([None, "rural"]),
    ),
    st.builds(
        lambda at, back, side: dispatch.OutageCorrected(
            mrid=MRID,
            corrected_at=at,
            started_at=None if back is None else at - timedelta(minutes=back),
            fault_side=side,
        ),
        instants,
        st.sampled_from([None, 0, 15, 90, 600]),
        st.sampled_from([None, "utility", "customer"]),
    ),
)
stories = st.builds(
    lambda first, rest: [first, *rest], openings, st.lists(st.one_of(openings, others), min_size=1, max_size=9)
)
END = DAY + timedelta(days=30)


def conclusions(outage: Outage) -> dict[str, Any]:
    """What must not depend on the order of arrival.

    Promise ids and corrections must: they tell what was promised and judged in between. A promise made on what was
    known then, and which the facts no longer ask for, is such history too: voided here, in another order never made.
    """
    view = outage.view
    promises = {(p["ruleId"], p["promiseId"].rpartition("/")[2].partition(".")[0]): p for p in view["promises"]}
    wanted = outage.wanted()
    assert {p["state"] for slot, p in promises.items() if slot not in wanted} <= {"voided"}
    verdicts = {slot: (promises[slot]["state"], promises[slot]["dueAt"]) for slot in wanted}
    verdicts = {slot: v if v[0] != "voided" else ("voided", "") for slot, v in verdicts.items()}
    kept = (
        "status",
        "outageClass",
        "extent",
        "remaining",
        "startedAt",
        "restoredAt",
        "withdrawnAt",
        "causeClearedAt",
        "crewStatus",
        "ertHistory",
        "episodes",
        "steps",
        "warnings",
    )
    return {**{name: view[name] for name in kept}, "verdicts": verdicts}


def deliver(facts: list[Fact], times: list[int] | None = None) -> Outage:
    """Tell the facts in this order; `times`: how far promises' timers got before each (hours since the first day)."""
    outage = Outage()
    for fact, hours in zip(facts, sorted(times or [0] * len(facts)), strict=True):
        now = DAY + timedelta(hours=hours)
        outage.moves_to(now, only="promise/")
        outage.hears(fact, now)
    outage.moves_to(END, only="promise/")
    return outage


@given(st.data(), stories)
@settings(max_examples=400, deadline=None)
def test_any_order_of_arrival_ends_in_the_same_conclusions(data: Any, facts: list[Fact]) -> None:
    shuffled = data.draw(st.permutations(facts))
    hours = data.draw(st.lists(st.integers(0, 200), min_size=len(facts), max_size=len(facts)))
    one, other = deliver(facts), deliver(shuffled, hours)
    assert conclusions(one) == conclusions(other)


@given(st.data(), stories)
@settings(max_examples=150, deadline=None)
def test_facts_told_twice_change_nothing(data: Any, facts: list[Fact]) -> None:
    once = Outage()
    twice = Outage()
    for index, fact in enumerate(facts):
        once.hears(fact)
        twice.hears(fact)
        again = data.draw(st.sampled_from(facts[: index + 1]))
        decision = twice.hears(again)
        assert (decision.reason, list(decision.events)) == ("already-known", [])
    assert twice.view == once.view
    assert [event.type for event in twice.log] == [event.type for event in once.log]


@given(stories, st.integers(0, 400))
@settings(max_examples=150, deadline=None)
def test_replaying_the_log_gives_the_same_view_and_the_same_timers(facts: list[Fact], hours: int) -> None:
    outage = Outage()
    for fact in facts:
        outage.hears(fact)
    outage.moves_to(DAY + timedelta(hours=hours))
    state = outage.replay()
    assert outage.decider.view(state) == outage.view
    assert outage.decider.timers(state) == outage.timers


@given(stories, st.integers(0, 400))
@settings(max_examples=150, deadline=None)
def test_a_state_that_was_kept_is_the_state_and_shows_the_same_view(facts: list[Fact], hours: int) -> None:
    outage = Outage()
    for fact in facts:
        outage.hears(fact)
    outage.moves_to(DAY + timedelta(hours=hours))
    again = outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state))
    assert again == outage.state == outage.replay()
    assert outage.decider.view(again) == outage.view
    assert outage.decider.timers(again) == outage.timers


@given(stories)
@settings(max_examples=150, deadline=None)
def test_in_the_end_no_promise_is_open_and_no_timer_is_left(facts: list[Fact]) -> None:
    outage = deliver(facts)
    outage.moves_to(END)
    assert outage.timers == {}
    assert {p["state"] for p in outage.view["promises"]} <= {"kept", "broken", "voided"}
