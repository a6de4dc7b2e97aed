"""A supply that dispatch says is back is told neither to be lost nor to be so still; where the word does not hold, it is."""

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from schemas.contracts.dispatch import SupplyRestored
from schemas.contracts.messages import MessageSuppressed
from schemas.contracts.restorations import RestorationRefused
from tests.kits.deciders.notifier import City, at, confirmed, customer, started

INDUSTRY, EAST = "10千伏工业线", "10千伏城东线"


def works() -> CustomerUpserted:
    supplies = (Supply(id="1", role="main", line=INDUSTRY), Supply(id="2", role="standby", line=EAST))
    return customer("works", lines=(), supplies=supplies)


def night() -> City:
    """The word that power is back has come before the one that it went off."""
    city = City(at(5, 9, 14), works())
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 13)))
    city.hears(started("F1", at(5, 9, 12), extent=Extent(lines=(EAST,))))
    return city


def test_a_supply_that_is_said_to_be_back_is_not_told_to_be_lost_first() -> None:
    city = night()
    assert city.requests("works") == []
    city.hears(confirmed(at(5, 9, 13), "F1"))
    assert city.requests("works") == [], "nobody need hear of it any more"


def test_where_it_was_not_back_after_all_it_is_told() -> None:
    city = night()
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 9, 13), reason="test-energisation"))
    (text,) = city.requests("works")
    assert text.template_id.endswith("supply-lost")


# --- one is back for certain, and the other is said to be


def half_back() -> City:
    """Both were lost, and that was told. The standby is back for certain, the main one dispatch says is back too."""
    city = City(at(5, 9, 14), works())
    city.hears(started("F1", at(5, 9, 12), extent=Extent(lines=(INDUSTRY,))))
    city.hears(started("F2", at(5, 9, 13), extent=Extent(lines=(EAST,))))
    city.moves_to(at(5, 9, 20))
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 20)))
    city.hears(confirmed(at(5, 9, 19), "F2"))
    return city


def told(city: City) -> list[str]:
    return [request.template_id.partition("/")[2] for request in city.requests("works")]


def test_while_proof_is_on_its_way_nobody_is_told_that_the_other_is_still_off() -> None:
    city = half_back()
    assert told(city) == ["supply-lost", "fault-time-unknown"]
    city.hears(confirmed(at(5, 9, 20), "F1"))
    assert told(city) == ["supply-lost", "fault-time-unknown", "restored"], "one text for both"


def test_where_the_other_was_not_back_after_all_it_is_said_to_be_off_still() -> None:
    city = half_back()
    city.hears(RestorationRefused(mrid="F1", claimed_at=at(5, 9, 20), reason="test-energisation"))
    assert told(city)[2:] == ["one-still-lost"]
    assert EAST in city.last("works")
    assert INDUSTRY in city.last("works")


def test_where_proof_does_not_come_in_time_what_is_sure_is_told_and_a_person_called() -> None:
    city = half_back()
    city.moves_to(at(5, 9, 34))
    assert told(city)[2:] == []
    city.moves_to(at(5, 9, 36))
    assert told(city)[2:] == ["supply-back"]
    assert EAST in city.last("works")
    assert INDUSTRY not in city.last("works")
    assert "contact.unreached.v1" in city.kinds("works")
    city.hears(confirmed(at(5, 9, 20), "F1"))
    assert told(city)[2:] == ["supply-back", "supply-back"]
    assert INDUSTRY in city.last("works")


def test_a_text_under_way_that_says_so_is_taken_out_when_dispatch_says_that_it_is_back() -> None:
    city = City(at(5, 9, 14), works())
    city.hears(started("F1", at(5, 9, 12), extent=Extent(lines=(INDUSTRY,))))
    city.hears(started("F2", at(5, 9, 13), extent=Extent(lines=(EAST,))))
    city.moves_to(at(5, 9, 20))
    city.accept = False
    city.hears(confirmed(at(5, 9, 19), "F2"))
    assert told(city)[2:] == ["one-still-lost"]
    decision = city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 9, 20)))
    assert city.texts("works", "requested") == []
    assert reasons(city)[-1:] == ["supply-said-to-be-back"], decision


def reasons(city: City) -> list[str]:
    return [one.data.reason for one in city.log["customer/works"] if isinstance(one.data, MessageSuppressed)]
