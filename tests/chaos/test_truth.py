"""The referee of the storms: what was so by what Kafka had, and which texts it calls stale."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerErased
from schemas.contracts.dispatch import (
    CauseCleared,
    Fact,
    FaultReported,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    SupplyRestored,
)
from tests.chaos.attacks import schedule
from tests.chaos.truth import KnownFact, Posted, doubled, last_words, registered, stale, state
from tests.chaos.workload import LINES, facts, line, point, registry, sendings

ZERO = datetime(2026, 11, 28, tzinfo=UTC)
CITY = [KnownFact(ZERO - timedelta(hours=1), one.customer) for one in registry(ZERO - timedelta(hours=1))]
LINE, OTHER = Extent(lines=(line(0),)), Extent(usage_points=(point(LINES),))


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def known(seconds: float, fact: Fact) -> KnownFact:
    return KnownFact(at(seconds), fact)


def start(seconds: float, mrid: str = "A", where: Extent = LINE) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(seconds), extent=where)


def end(seconds: float, mrid: str = "A") -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=at(seconds))


def test_a_customer_is_dark_from_when_kafka_has_the_start_until_it_has_the_end() -> None:
    story = [*CITY, known(5, start(0)), known(20, end(15))]
    assert [state(story, 0, at(second)) for second in (4, 6, 19, 21)] == ["light", "dark", "dark", "light"]
    assert state(story, 1, at(6)) == "light"


def test_an_end_that_comes_before_its_start_is_still_the_end() -> None:
    assert state([*CITY, known(5, end(15)), known(9, start(0))], 0, at(10)) == "light"


def test_a_fault_that_was_only_reported_counts_once_dispatch_speaks_of_it_as_of_an_outage() -> None:
    call = FaultReported(mrid="A", reported_at=at(0), reporting_kind="call", extent=LINE)
    cleared = CauseCleared(mrid="A", cleared_at=at(8), cause="tree")
    story = [*CITY, known(1, call), known(9, cleared), known(20, end(15))]
    assert [state(story, 0, at(second)) for second in (2, 10, 21)] == ["light", "dark", "light"]
    elsewhere = known(12, start(0, where=OTHER))
    assert state([*story, elsewhere], 0, at(13)) == "light", "where it is, who starts it says"


def test_an_outage_that_there_was_not_keeps_nobody_dark_and_power_that_went_off_since_does() -> None:
    story = [*CITY, known(1, start(0)), known(20, OutageWithdrawn(mrid="A", withdrawn_at=at(19)))]
    assert [state(story, 0, at(second)) for second in (19, 21)] == ["dark", "light"]
    assert state([*story, known(25, OutageReopened(mrid="A", reopened_at=at(24)))], 0, at(26)) == "dark"


def test_another_outage_keeps_a_customer_dark() -> None:
    story = [*CITY, known(1, start(0)), known(2, start(1, "B", OTHER)), known(5, end(4))]
    assert state(story, LINES, at(6)) == "dark"
    assert state(story, 0, at(6)) == "light"


def test_a_reopening_makes_it_dark_again_and_a_part_frees_those_it_names() -> None:
    story = [*CITY, known(1, start(0)), known(5, end(4)), known(9, OutageReopened(mrid="A", reopened_at=at(8)))]
    assert state(story, 0, at(10)) == "dark"
    part = SupplyRestored(mrid="A", restored_at=at(12), scope="part", extent=OTHER, evidence="crew")
    assert state([*story, known(13, part)], LINES, at(14)) == "light"
    assert state([*story, known(13, part)], 0, at(14)) == "dark"


def test_a_customer_with_two_points_is_dark_until_both_have_power() -> None:
    two = replace(CITY[0].fact, usage_points=("one", "two"), lines=(), updated_at=at(0))
    home = [*CITY, known(0, two)]

    def part(point: str) -> SupplyRestored:
        return SupplyRestored(mrid="A", restored_at=at(5), scope="part", extent=Extent(usage_points=(point,)))

    points = known(1, start(1, where=Extent(usage_points=("one", "two", "three"))))
    assert state([*home, points, known(5, part("one"))], 0, at(6)) == "dark"
    assert state([*home, points, known(5, part("one")), known(5, part("two"))], 0, at(6)) == "light"
    again = known(8, OutageReopened(mrid="A", reopened_at=at(7)))
    assert state([*home, points, known(5, part("one")), known(5, part("two")), again], 0, at(9)) == "dark"


def test_whoever_moves_is_where_they_moved_and_whoever_was_erased_is_told_nothing() -> None:
    moved = replace(CITY[0].fact, lines=(line(5),), usage_points=(), updated_at=at(10))
    story = [*CITY, known(1, start(0)), known(11, moved)]
    assert [state(story, 0, at(second)) for second in (2, 12)] == ["dark", "light"]
    back = replace(CITY[0].fact, updated_at=at(5))
    assert state([*story, known(12, back)], 0, at(13)) == "light", "the later by its own time counts"
    gone = CustomerErased(customer_id=CITY[0].fact.customer_id, erased_at=at(20))
    story = [*CITY, known(1, start(0)), known(20, gone)]
    assert 0 not in registered(story, at(21))
    assert stale(story, Posted(at(29), "m", 0, "fault"))
    assert not stale(story, Posted(at(27), "m", 0, "fault"))
    assert not [word for word in last_words(story, [], at(60)) if word.startswith("customer 0 ")]


def test_a_text_is_stale_when_what_it_says_was_false_for_more_than_eight_seconds() -> None:
    story = [*CITY, known(0, start(0)), known(20, end(19))]
    assert stale(story, Posted(at(29), "m", 0, "fault"))
    assert not stale(story, Posted(at(27), "m", 0, "fault"))
    assert stale(story, Posted(at(10), "m", 0, "restored"))
    assert not stale(story, Posted(at(10), "m", 0, "planned-notice"))


def test_a_text_that_became_true_again_meanwhile_is_not_stale() -> None:
    story = [*CITY, known(0, start(0)), known(20, end(19)), known(24, start(23, "B"))]
    assert not stale(story, Posted(at(30), "m", 0, "fault"))


def test_what_was_under_way_to_kafka_may_have_been_known_and_may_not() -> None:
    again = KnownFact(at(31), start(23, "B"), sent=at(26))
    story = [*CITY, known(0, start(0)), known(20, end(19)), again]
    assert not stale(story, Posted(at(30), "m", 0, "fault")), "whoever read it before it was acknowledged knew it"
    assert not stale(story, Posted(at(30), "m", 0, "restored"))
    assert not stale(story, Posted(at(38), "m", 0, "restored")), "for certain it was known at 31"
    assert stale(story, Posted(at(40), "m", 0, "restored"))
    assert stale(story[:-1], Posted(at(30), "m", 0, "fault"))


def test_the_last_word_must_be_what_is_so_and_whoever_is_dark_must_have_been_told() -> None:
    story = [*CITY, known(0, start(0)), known(20, end(19))]
    texts = [Posted(at(1), "a", 0, "fault"), Posted(at(25), "b", 0, "restored"), Posted(at(1), "c", LINES, "fault")]
    assert last_words(story, texts, at(60)) == [f"customer {LINES} is light, and the last word was fault"]
    assert last_words(story[:-1], texts[:1], at(60)) == [f"customer {LINES} is dark, and the last word was none"]


def test_a_message_that_went_out_twice_is_found() -> None:
    text = Posted(at(1), "a", 0, "fault")
    assert len(doubled([text, text])) == 1
    assert doubled([text]) == []


def test_a_seed_always_tells_the_same_and_in_each_outage_facts_ascend() -> None:
    one, two = facts(7, 60), facts(7, 60)
    assert [(f.mrid, f.happens, f.sent, f.door) for f in one] == [(f.mrid, f.happens, f.sent, f.door) for f in two]
    assert len({fact.mrid for fact in one}) > 100
    assert any(fact.again for fact in one)
    assert [sent for sent, _, _ in sendings(one)] == sorted(sent for sent, _, _ in sendings(one))
    assert schedule(7, 60, full=True) == schedule(7, 60, full=True)
    assert "full" not in {attack.kind for seed in range(50) for attack in schedule(seed, 60, full=False)}


def test_a_text_that_supply_is_unstable_is_the_last_word_for_a_while_where_power_itself_went_off_twice() -> None:
    twice = [*CITY, known(0, start(0)), known(5, end(5)), known(8, start(8, "B")), known(12, end(12, "B"))]
    unstable = Posted(at(40), "u", 0, "reopened", unstable=True)

    def wrong(story: Sequence[KnownFact], seconds: float) -> list[str]:
        return [word for word in last_words(story, [unstable], at(seconds)) if word.startswith("customer 0 ")]

    off_again, once = twice[:-1], twice[:-3]
    assert wrong(off_again, 60) == []
    assert wrong(off_again, 1_500) == ["customer 0 is dark, and the last word was reopened"], "they wait too long"
    assert wrong(once, 60) == ["customer 0 is dark, and the last word was reopened"]


def test_a_text_that_supply_is_unstable_is_the_last_word_only_of_whom_many_changes_were_told() -> None:
    story = [*CITY, known(0, start(0))]
    turns = [Posted(at(10 + 2 * n), f"t{n}", 0, "restored" if n % 2 else "fault") for n in range(4)]
    unstable = Posted(at(30), "u", 0, "reopened", unstable=True)
    assert [word for word in last_words(story, [*turns, unstable], at(60)) if word.startswith("customer 0 ")] == []
    assert last_words(story, [*turns[:3], unstable], at(60))[0] == "customer 0 is dark, and the last word was reopened"
    assert not stale([*CITY, known(0, start(0)), known(20, end(19))], Posted(at(60), "u", 0, "reopened", unstable=True))
