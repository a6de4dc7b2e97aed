"""A supply that dispatch says is back is not told to be lost, proven or not; where the word does not hold, it is."""

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply
from schemas.contracts.dispatch import SupplyRestored
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
