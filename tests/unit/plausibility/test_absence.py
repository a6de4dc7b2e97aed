"""Since when a list lacks an outage: by instants, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.dispatch import OutageListedAgain, SupplyPerhapsRestored
from schemas.contracts.restorations import FactRefused
from services.plausibility import NEVER_MISSED, Absence
from services.plausibility.absence import KEPT

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def missing(minutes: int) -> SupplyPerhapsRestored:
    return SupplyPerhapsRestored(mrid="F1", missing_at=at(minutes))


def again(minutes: int) -> OutageListedAgain:
    return OutageListedAgain(mrid="F1", listed_at=at(minutes))


def refused(minutes: int, kind: str = "supply.perhaps-restored.v1") -> FactRefused:
    return FactRefused(mrid="F1", question_id="Q-1", fact_type=kind, at=at(minutes), by="wei", reason="looked")


def after(*facts: Any) -> Absence:
    absence = NEVER_MISSED
    for fact in facts:
        absence = absence.hear(fact)
    return absence


def test_it_is_missing_from_the_first_list_that_lacks_it_until_one_names_it() -> None:
    assert after().since() is None
    assert after(missing(0)).since() == at(0)
    assert after(missing(0), again(15)).since() is None
    assert after(missing(0), again(15), missing(30)).since() == at(30)


def test_said_again_and_again_it_is_missing_since_the_first_time() -> None:
    assert after(*map(missing, range(0, 300, 5))).since() == at(0)


def test_named_and_lacked_at_one_instant_it_is_named() -> None:
    assert after(missing(0), again(0)).since() is None


def test_who_says_that_it_is_not_back_ends_it_and_an_answer_about_another_fact_does_not() -> None:
    assert after(missing(0), refused(60)).since() is None
    assert after(refused(60), missing(0), missing(75)).since() == at(75)
    assert after(missing(0), refused(60, "supply.restored.v1")).since() == at(0)


def test_what_is_not_later_than_a_reopening_or_a_refused_claim_does_not_count() -> None:
    absence = after(missing(0), missing(15))
    assert absence.since(None, at(-5)) == at(0)
    assert absence.since(at(0), None) == at(15)
    assert absence.since(at(15)) is None


def test_what_says_nothing_newer_changes_nothing() -> None:
    absence = after(missing(0), again(15))
    for fact in (missing(0), again(15), again(10), missing(15), refused(10), "something else"):
        assert absence.hear(fact) is absence


facts = st.one_of(st.integers(0, 30).map(missing), st.integers(0, 30).map(again), st.integers(0, 30).map(refused))


@given(st.lists(facts, max_size=KEPT).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_in_any_order_the_same_facts_say_the_same(told: tuple[list[Any], list[Any]]) -> None:
    assert after(*told[0]) == after(*told[1]) == after(*told[1], *told[0])
