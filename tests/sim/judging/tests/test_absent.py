"""Texts and questions are held against lists that lack an outage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import OutageListedAgain, OutageStarted, SupplyPerhapsRestored, SupplyRestored
from tests.chaos.truth import KnownFact
from tests.sim.judging.absent import ByClock, Question, missing_since, spoken, unasked

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
HOME = CustomerUpserted(
    customer_id="CH-001", name="医院", importance="first", language="en", lines=("L",), updated_at=ZERO
)


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


def began(mrid: str, minutes: float) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(minutes), extent=Extent(lines=("L",)))


GONE = SupplyPerhapsRestored(mrid="A", missing_at=at(60))
AGAIN = OutageListedAgain(mrid="A", listed_at=at(75))
KNOWN = [KnownFact(at(0), HOME), KnownFact(at(0), began("A", 0)), KnownFact(at(60), GONE)]
HOUR = timedelta(hours=1)


def said(minutes: float, *mrids: str) -> list[ByClock]:
    return [ByClock("told-time-has-passed 1 to CH-001", 1, mrids or ("A",), (at(minutes),))]


def test_an_outage_is_missing_from_the_first_list_that_lacks_it_until_one_names_it_or_it_is_over() -> None:
    later = SupplyPerhapsRestored(mrid="A", missing_at=at(65))
    assert missing_since([later, GONE]) == at(60)
    assert missing_since([GONE, AGAIN, later]) is None
    assert missing_since([GONE, SupplyRestored(mrid="A", restored_at=at(60))]) is None


def test_a_word_of_the_clock_is_not_claimed_while_the_lists_lack_what_it_speaks_of() -> None:
    assert "the lists lacked" in next(spoken(KNOWN, said(62)))
    for minutes in (59, 60.01, 121):
        assert not [*spoken(KNOWN, said(minutes))], minutes
    assert not [*spoken([*KNOWN, KnownFact(at(75), AGAIN)], said(76))]


def test_where_another_outage_holds_them_it_is_claimed_all_the_same() -> None:
    both = [*KNOWN, KnownFact(at(10), began("B", 10))]
    assert not [*spoken(both, said(62))]
    assert not [*spoken(both, said(62, "A", "B"))]


def test_an_hour_later_somebody_is_asked_once_and_nobody_before() -> None:
    question = Question("A", at(60), at(120))
    assert not [*unasked(KNOWN, [question], at(200), [])]
    assert not [*unasked(KNOWN, [], at(119), [])]
    assert "nobody was asked" in next(unasked(KNOWN, [], at(200), []))
    assert "asked twice" in [*unasked(KNOWN, [question, question], at(200), [])][-1]
    assert "and its list lacks it since" in next(unasked(KNOWN, [Question("A", at(60), at(119))], at(200), []))
    other = Question("A", at(61), at(130))
    assert "and its list lacks it since" in next(unasked(KNOWN, [question, other], at(200), []))


def test_of_what_ended_in_time_or_while_something_was_broken_nobody_need_be_asked() -> None:
    ends: list[Any] = [AGAIN, SupplyRestored(mrid="A", restored_at=at(60))]
    for end in ends:
        assert not [*unasked([*KNOWN, KnownFact(at(90), end)], [], at(300), [])]
        late = [*KNOWN, KnownFact(at(130), end)]
        assert "nobody was asked" in next(unasked(late, [], at(300), []))
        assert not [*unasked(late, [], at(300), [(at(110), at(131))])]
