"""The referee of notices: told seven whole days before, key customers with them, and done by the noticed end."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import (
    Fact,
    OutageReclassified,
    OutageStarted,
    OutageWithdrawn,
    PlannedRequested,
    SupplyRestored,
)
from schemas.contracts.notices import Notice, NoticeAmended, NoticePublished, NoticeWithdrawn
from tests.sim.judging.promises.noticed import END, KEY, PUBLIC, owed_by_notices
from tests.sim.judging.promises.owed import Standing
from tests.sim.judging.promises.shown import PageRead
from tests.sim.judging.words import Word

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
PERIOD = Period(start=ZERO + timedelta(days=12), end=ZERO + timedelta(days=12, hours=8))
WHERE = Extent(lines=("L",))
MIDNIGHT = datetime(2026, 3, 9, 16, tzinfo=UTC)
"""The last instant for work on 17 March: the day before the 10th is over in Shanghai."""
LONG_AFTER = ZERO + timedelta(days=20)
ABOUT = {"mrid": "W", "outage_class": "planned", "extent": WHERE}
PLAN = PlannedRequested(
    mrid="W", revision_number=1, outage_class="planned", planned_period=PERIOD, extent=WHERE, requested_at=ZERO
)


def notice(version: int, at: datetime, change: str = "narrowed") -> Notice:
    fields = ABOUT | {
        "notice_id": f"W/{version}", "version": version, "revision_number": version, "published_at": at,
        "planned_period": PERIOD,
    }  # fmt: skip
    if version == 1:
        return NoticePublished(**fields)  # type: ignore[arg-type]
    return NoticeAmended(**fields, supersedes="W/1", previous_period=PERIOD, change=change)  # type: ignore[arg-type]


def standing(
    *said: Notice | NoticeWithdrawn,
    facts: tuple[Fact, ...] = (),
    reached: datetime | None = ZERO,
    now: datetime = LONG_AFTER,
) -> dict[str, list[Standing]]:
    words = [Word(ZERO, "x", one) for one in said]
    found, beyond = owed_by_notices(words, [PLAN, *facts], lambda *_: reached, now)
    assert not beyond
    return {rule: [one.standing(now) for one in found if one.rule == rule] for rule in (PUBLIC, KEY, END)}


def test_seven_whole_days_lie_between_the_day_of_the_notice_and_that_of_the_work() -> None:
    assert standing(notice(1, MIDNIGHT))[PUBLIC] == ["kept"]
    assert standing(notice(1, MIDNIGHT + timedelta(seconds=1)))[PUBLIC] == ["broken"]


def test_key_customers_are_told_in_time_or_the_promise_is_broken() -> None:
    assert standing(notice(1, ZERO), reached=MIDNIGHT)[KEY] == ["kept"]
    assert standing(notice(1, ZERO), reached=MIDNIGHT + timedelta(seconds=1))[KEY] == ["broken"]
    assert standing(notice(1, ZERO), reached=None)[KEY] == ["broken"]
    assert standing(notice(1, ZERO), reached=None, now=MIDNIGHT - timedelta(hours=1))[KEY] == ["open"]


def test_what_was_replaced_or_withdrawn_promises_no_more() -> None:
    after = ZERO + timedelta(minutes=1)
    gone = NoticeWithdrawn(
        mrid="W", notice_id="W/1", version=1, withdrawn_at=after, planned_period=PERIOD, reason="cancelled"
    )
    assert standing(notice(1, ZERO), gone) == {PUBLIC: ["kept"], KEY: ["voided"], END: ["voided"]}
    assert standing(notice(1, ZERO), notice(2, after))[KEY] == ["voided", "kept"]


def test_key_customers_have_to_know_the_time_of_each_notice_at_its_places() -> None:
    later, after = replace(PERIOD, start=PERIOD.start + timedelta(hours=1)), ZERO + timedelta(minutes=1)
    asked: list[tuple[Extent, Period]] = []

    def reached(_mrid: str, where: Extent, period: Period, _until: datetime) -> datetime:
        asked.append((where, period))
        return ZERO

    wider = replace(notice(2, after, "changed"), extent=Extent(lines=("L", "M")))
    moved = replace(notice(3, after + timedelta(minutes=1), "moved"), planned_period=later)
    owed_by_notices([Word(ZERO, "x", one) for one in (notice(1, ZERO), wider, moved)], [PLAN], reached, LONG_AFTER)
    assert asked == [(WHERE, PERIOD), (wider.extent, PERIOD), (WHERE, later)]


def test_work_that_began_is_done_by_its_noticed_end_or_not() -> None:
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=PERIOD.start, extent=WHERE)
    done = SupplyRestored(mrid="W", restored_at=PERIOD.end)
    late = SupplyRestored(mrid="W", restored_at=PERIOD.end + timedelta(seconds=1))
    assert standing(notice(1, ZERO))[END] == ["voided"]
    assert standing(notice(1, ZERO), facts=(begun, done))[END] == ["kept"]
    assert standing(notice(1, ZERO), facts=(begun, late))[END] == ["broken"]
    assert standing(notice(1, ZERO), facts=(begun,))[END] == ["broken"]


def test_work_that_began_after_its_noticed_end_was_not_noticed_for_then() -> None:
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=PERIOD.end + timedelta(seconds=1), extent=WHERE)
    assert standing(notice(1, ZERO), facts=(begun,)) == {PUBLIC: ["kept", "broken"], KEY: ["kept"], END: ["voided"]}


def test_of_work_that_began_before_its_notice_it_says_nothing() -> None:
    early = OutageStarted(mrid="W", outage_class="planned", started_at=ZERO, extent=WHERE)
    found, beyond = owed_by_notices([Word(ZERO, "x", notice(1, ZERO))], [PLAN, early], lambda *_: None, LONG_AFTER)
    assert (found, beyond) == ([], {"W"})


def test_work_that_nobody_was_told_of_breaks_the_promise_to_tell() -> None:
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=PERIOD.start, extent=WHERE)
    (one,), _ = owed_by_notices([], [PLAN, begun], lambda *_: None, LONG_AFTER)
    assert (one.rule, one.due, one.standing(LONG_AFTER)) == (PUBLIC, MIDNIGHT, "broken")


def test_of_work_that_there_was_not_nothing_is_owed() -> None:
    gone = OutageWithdrawn(mrid="W", withdrawn_at=PERIOD.start + timedelta(hours=1))
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=PERIOD.start, extent=WHERE)
    assert standing(notice(1, ZERO), facts=(begun, gone)) == {PUBLIC: [], KEY: [], END: []}
    assert owed_by_notices([], [begun, gone], lambda *_: ZERO, LONG_AFTER) == ([], set())


def reclassified(mrid: str, kind: str, plan: str | None = None) -> OutageReclassified:
    at = PERIOD.start + timedelta(minutes=10)
    return OutageReclassified(mrid=mrid, reclassified_at=at, outage_class=kind, plan_mrid=plan)  # type: ignore[arg-type]


def begun(mrid: str, kind: str) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class=kind, started_at=PERIOD.start, extent=WHERE)  # type: ignore[arg-type]


def test_a_fault_that_was_work_nobody_was_told_of_breaks_the_seven_days() -> None:
    assert standing(facts=(begun("F", "fault"), reclassified("F", "planned")))[PUBLIC] == ["broken"]
    assert standing(facts=(begun("F", "fault"), reclassified("F", "temporary")))[PUBLIC] == []
    covered = (begun("F", "fault"), reclassified("F", "planned", "W"))
    assert standing(notice(1, ZERO), facts=covered)[PUBLIC] == ["kept"]
    assert standing(facts=covered)[PUBLIC] == ["broken"], "of that plan nothing was published"


def test_of_work_that_was_a_fault_no_end_is_asked() -> None:
    facts = (begun("W", "planned"), reclassified("W", "fault"))
    found = standing(notice(1, ZERO), facts=facts)
    assert (found[PUBLIC], found[END]) == (["kept"], ["voided"])


def by_board(*reads: PageRead, said: tuple[Notice | NoticeWithdrawn, ...]) -> list[Standing]:
    """How the promises to tell the public stand where a board must have shown the notice."""
    words = [Word(ZERO, "x", one) for one in said]
    found, _ = owed_by_notices(words, [PLAN], lambda *_: ZERO, LONG_AFTER, read=reads)
    return [one.standing(LONG_AFTER) for one in found if one.rule == PUBLIC]


def seen(number: int, at: datetime, *, right: bool = True) -> PageRead:
    return PageRead(f"W/{number}", at, right, at)


def test_where_a_board_must_show_it_a_notice_that_nobody_read_by_its_day_is_broken() -> None:
    first = notice(1, ZERO)
    assert by_board(said=(first,)) == ["broken"]
    assert by_board(seen(1, MIDNIGHT), said=(first,)) == ["kept"]
    assert by_board(seen(1, MIDNIGHT + timedelta(seconds=1)), said=(first,)) == ["broken"]
    assert by_board(seen(1, ZERO, right=False), said=(first,)) == ["broken"]


def test_what_was_read_of_one_version_says_nothing_of_the_next() -> None:
    first, second = notice(1, ZERO), notice(2, ZERO + timedelta(days=1), "moved")
    assert by_board(seen(1, ZERO), said=(first, second)) == ["kept", "broken"]
    assert by_board(seen(2, ZERO + timedelta(days=2)), said=(first, second)) == ["voided", "kept"]
