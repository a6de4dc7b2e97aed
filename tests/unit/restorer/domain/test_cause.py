"""Which cause an outage's view gives: a confirmed one, of the present time without power, as it was corrected last."""

import pytest

from schemas.contracts.dispatch import Fact
from services.restorer.domain import snapshot
from services.restorer.domain.view import view_of
from tests.kits.deciders.restorer import Outage, cleared, corrected, in_every_order, reopened, restored, started

GUESS = started("9:10", confirmed=False, cause="想是雷击")
TRUE = started("9:12", cause="施工挖断电缆")


def cause(*facts: Fact) -> str | None:
    outage = Outage()
    outage.hears_all(*facts)
    found: str | None = outage.view.get("cause")
    return found


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ((GUESS,), None),
        ((TRUE,), "施工挖断电缆"),
        ((GUESS, TRUE), "施工挖断电缆"),
        ((TRUE, corrected("9:40", cause="电缆老化")), "电缆老化"),
        ((TRUE, corrected("9:40", cause="电缆老化"), corrected("9:50", started="9:00")), "电缆老化"),
        ((TRUE, restored("10:00")), "施工挖断电缆"),
        ((TRUE, restored("10:00"), reopened("10:30")), None),
        ((TRUE, restored("10:00"), reopened("10:30"), corrected("10:40", cause="接头发热")), "接头发热"),
        ((started(), cleared("9:50")), None),
    ],
)
def test_the_cause_that_is_confirmed(facts: tuple[Fact, ...], said: str | None) -> None:
    assert cause(*facts) == said


def test_it_is_the_same_in_whatever_order_the_facts_come() -> None:
    facts = (GUESS, TRUE, corrected("9:40", cause="电缆老化"), corrected("9:45", cause="树木碰线"))
    assert {outage.view.get("cause") for outage in in_every_order(Outage(), facts)} == {"树木碰线"}


def test_a_kept_state_gives_the_cause_that_the_log_does() -> None:
    outage = Outage()
    outage.hears_all(TRUE, corrected("9:40", cause="电缆老化"))
    state = outage.replay()
    assert view_of(snapshot.restore(snapshot.dump(state))) == view_of(state) == outage.view
    assert outage.view["cause"] == "电缆老化"


def test_a_view_without_one_is_as_it_was_before() -> None:
    outage = Outage()
    outage.hears(started())
    assert "cause" not in outage.view
