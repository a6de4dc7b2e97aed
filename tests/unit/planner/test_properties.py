"""What holds for every plan and every order of words, checked by a second and slow way of counting."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent, Period, Wire
from schemas.contracts.dispatch import PlanBody, PlannedCancelled, PlannedRequested, PolicyException
from schemas.contracts.notices import Notice
from services.planner.domain import promises
from services.planner.domain.notice_content import NoticeContent
from services.planner.domain.verdict.judge import judge
from tests.kits.deciders.planner import CALENDAR, NOW, PLANNER, POLICY, Stream, amend, cancel, request

HOUR = timedelta(hours=1)
EXCEPTION = PolicyException(rule_id="cn.temporary.key-customers-24h", reason="漏油", approver="王工")

instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made UTC
extents = st.builds(
    Extent,
    lines=st.lists(st.sampled_from(["10千伏城东线", "10千伏城西线"]), unique=True).map(tuple),
    areas=st.lists(st.sampled_from(["中山路一带", "人民路"]), min_size=1, unique=True).map(tuple),
)


def whole_days_between(told: datetime, start: datetime) -> int:
    """Days that lie whole between the two, found by walking from midnight to midnight."""
    day, midnights = told.astimezone(CALENDAR.zone).date() - timedelta(days=1), []
    while (midnight := datetime.combine(day, time.min, CALENDAR.zone)) <= start:
        midnights += [midnight] if midnight >= told else []
        day += timedelta(days=1)
    return len(list(pairwise(midnights)))


def lawful(plan: PlanBody, now: datetime) -> bool:
    """The standard's notice rule, the slow way: 第2篇 第十条(二)10 and the 24 hours beside it."""
    start, informed = plan.planned_period.start, now + 2 * HOUR
    named = bool(plan.extent.lines) and bool(plan.extent.areas)
    if plan.outage_class == "planned":
        return named and whole_days_between(now, start) >= 7 and whole_days_between(informed, start) >= 7
    excused = EXCEPTION in plan.exceptions
    return named and start >= now and (excused or (start - informed).total_seconds() >= 24 * 3600)


@st.composite
def plans(draw: st.DrawFn, now: datetime | None = None) -> tuple[PlanBody, datetime]:
    asked = draw(instants) if now is None else now
    start = asked + timedelta(minutes=draw(st.integers(-2 * 1440, 14 * 1440)))
    plan = request(
        period=Period(start=start, end=start + timedelta(minutes=draw(st.integers(1, 600)))),
        extent=draw(extents),
        outage_class=draw(st.sampled_from(["planned", "temporary"])),
        exceptions=draw(st.sampled_from([(), (EXCEPTION,)])),
    )
    return plan, asked


def at_start(plan: PlanBody, start: datetime) -> PlanBody:
    fields: dict[str, Any] = {name: getattr(plan, name) for name in plan.__struct_fields__}
    fields["planned_period"] = Period(start=start, end=start + HOUR)
    return PlannedRequested(**fields)


@given(plans())
def test_a_plan_is_accepted_exactly_when_the_notice_rule_holds_by_the_slow_way(
    asked: tuple[PlanBody, datetime],
) -> None:
    plan, now = asked
    assert judge(plan, POLICY, CALENDAR, now).accepted == lawful(plan, now)


@given(plans())
def test_the_earliest_lawful_start_is_accepted_and_one_minute_earlier_is_not(asked: tuple[PlanBody, datetime]) -> None:
    plan, now = asked
    assume(plan.extent.lines)
    earliest = judge(plan, POLICY, CALENDAR, now).earliest_lawful_start
    assert judge(at_start(plan, earliest), POLICY, CALENDAR, now).accepted
    assert not judge(at_start(plan, earliest - timedelta(minutes=1)), POLICY, CALENDAR, now).accepted


@given(plans(), st.integers(0, 60 * 24 * 30))
def test_moving_a_new_request_later_never_makes_its_clock_worse(asked: tuple[PlanBody, datetime], minutes: int) -> None:
    plan, now = asked
    later = at_start(plan, plan.planned_period.start + timedelta(minutes=minutes))
    before, after = (judge(each, POLICY, CALENDAR, now) for each in (plan, later))
    assert after.accepted or not before.accepted
    assert all(
        (b.margin_seconds or 0) <= (a.margin_seconds or 0) for b, a in zip(before.findings, after.findings, strict=True)
    )


@given(plans())
def test_a_reason_is_given_exactly_when_a_plan_is_refused(asked: tuple[PlanBody, datetime]) -> None:
    verdict = judge(asked[0], POLICY, CALENDAR, asked[1])
    assert verdict.accepted == (not verdict.reasons)
    assert set(verdict.reasons) <= {finding.reason for finding in verdict.findings if not finding.holds}


@st.composite
def word(draw: st.DrawFn, revision: int) -> Wire:
    """A plan near the edge between too short and long enough, so that orders can differ; sometimes a cancellation."""
    if draw(st.integers(0, 5)) == 0:
        return cancel(revision)
    start = NOW + timedelta(days=draw(st.sampled_from([3, 9, 10])), hours=draw(st.integers(0, 3)))
    period = Period(start=start, end=start + timedelta(hours=draw(st.integers(2, 8))))
    maker = draw(st.sampled_from([request, amend]))
    return maker(revision, period, draw(extents), safety_cut=draw(st.integers(0, 9)) == 0)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Wire], list[Wire], datetime]:
    """Words heard one by one in the past, then words that come at one instant."""
    count = draw(st.integers(0, 2))
    more = draw(st.integers(2, 5))
    words = [draw(word(revision)) for revision in range(1, count + more + 1)]
    return words[:count], words[count:], NOW + timedelta(days=draw(st.sampled_from([0, 4])), seconds=10)


def played(past: Sequence[Wire], burst: Sequence[Wire], now: datetime) -> Stream:
    stream = Stream()
    for seconds, fact in enumerate(past):
        stream.hears(fact, NOW + timedelta(seconds=seconds))
    return stream.hears_all(burst, now)


def public(stream: Stream) -> NoticeContent | None:
    return stream.state.notice.told if stream.state.notice is not None else None


def _by_revision(fact: Wire) -> tuple[int, bool]:
    return fact.revision_number, isinstance(fact, PlannedCancelled)  # type: ignore[attr-defined]


def standing(stream: Stream) -> set[tuple[str, str, datetime]]:
    """Promises still open, and for which notice's end, whatever number that notice got; none is open without a notice."""
    found = [one for one in stream.state.promises.records.values() if one.standing == "open"]
    notice = stream.state.notice
    assert {promises.notice_of(one) for one in found} <= ({notice.notice_id} if notice else set())
    return {(one.rule.rule_id, one.obligation, one.due_at) for one in found}


def notice_of(stream: Stream) -> dict[str, object] | None:
    """The last notice in full; None where none is in force.

    But for its number, what it took the place of, the revision, and what follows from when it was published: a plan that says the
    same again publishes nothing, and one that was narrowed and widened again at one instant says the same anew.
    """
    notices = [event.data for event in stream.log if isinstance(event.data, Notice)]
    if stream.state.notice is None:
        return None
    apart = {"notice_id", "version", "revision_number", "supersedes", "previous_period", "change"}
    apart |= {"published_at", "inform_by", "inform_rule", "inform_warn_at", "text"}
    return {name: value for name, value in msgspec.structs.asdict(notices[-1]).items() if name not in apart}


@given(histories(), st.randoms(use_true_random=False))
def test_words_that_come_at_one_instant_end_in_the_same_notice_in_every_order(
    history: tuple[list[Wire], list[Wire], datetime], shuffle: random.Random
) -> None:
    past, burst, now = history
    shuffled = shuffle.sample(burst, len(burst))
    one, other, sorted_ = (played(past, words, now) for words in (shuffled, burst, sorted(burst, key=_by_revision)))
    assert public(one) == public(other) == public(sorted_)
    assert standing(one) == standing(other) == standing(sorted_)
    assert notice_of(one) == notice_of(other) == notice_of(sorted_)


@given(histories(), st.randoms(use_true_random=False))
def test_words_heard_twice_change_nothing(
    history: tuple[list[Wire], list[Wire], datetime], shuffle: random.Random
) -> None:
    past, burst, now = history
    stream = played(past, shuffle.sample(burst, len(burst)), now)
    for fact in shuffle.sample([*past, *burst], len(past) + len(burst)):
        for when in (now, now + HOUR):
            view = PLANNER.view(stream.state)
            assert not stream.hears(fact, when).events
            assert PLANNER.view(stream.state) == view


@given(histories())
def test_replaying_the_log_gives_the_same_state(history: tuple[list[Wire], list[Wire], datetime]) -> None:
    stream = played(*history)
    state = PLANNER.initial(f"outage/{stream.state.mrid}")
    for event in stream.log:
        stored = msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type])
        state = PLANNER.evolve(state, replace(event, data=stored))
    assert state == stream.state
    assert PLANNER.view(state) == PLANNER.view(stream.state)


@given(histories(), st.randoms(use_true_random=False))
def test_what_was_published_tells_the_whole_story(
    history: tuple[list[Wire], list[Wire], datetime], shuffle: random.Random
) -> None:
    """Whoever follows the topic alone reads the notice that the planner believes in force, versions rising."""
    past, burst, now = history
    stream = played(past, shuffle.sample(burst, len(burst)), now)
    shown, version = None, 0
    for event in stream.log:
        if isinstance(event.data, Notice):
            assert event.data.version == version + 1
            assert (event.type == "notice.amended.v1") == (shown is not None)
            shown, version = event.data, event.data.version
        elif event.type == "notice.withdrawn.v1":
            assert shown is not None
            assert event.data.notice_id == shown.notice_id
            shown = None
    believed = stream.state.notice
    assert (shown.notice_id if shown else None) == (believed.notice_id if believed else None)
