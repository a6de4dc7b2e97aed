"""Two outages are one: whoever was told of either goes on in one conversation, and hears the end of it once."""

from itertools import permutations
from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, ExtentChanged, FaultReported, OutageReopened
from services.kernel.model import Decision
from services.notifier.domain.customer.conversation import believe
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.learning import learn
from services.notifier.domain.outage.truth import Truth, truth
from tests.kits.deciders.handing_on import merge
from tests.kits.deciders.notifier import (
    AREA,
    LINE,
    MINUTE,
    WHERE,
    City,
    at,
    confirmed,
    crew,
    customer,
    ert,
    part,
    started,
)

WEST = Extent(lines=("10千伏城西线",))


def school(**changes: Any) -> Any:
    return customer("school", lines=WEST.lines, areas=(), **changes)


def city_of_two(*more: Any, **settings: Any) -> City:
    """F1 is told to the hospital, F2 to the school."""
    city = City(at(5, 9, 12), customer(), school(), **settings)
    city.hears(started(ert=at(5, 14)))
    city.hears(started("F2", at(5, 9, 20), extent=WEST, ert=at(5, 15)))
    city.now = at(5, 10)
    for fact in more:
        city.hears(fact)
    return city


def test_whoever_was_told_of_the_merged_one_hears_of_power_back_by_the_one_that_goes_on() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 13)
    city.hears(confirmed(at(5, 13), "F2"))
    assert city.reached()[-1] == city.reached("school")[-1] == "restored"
    assert city.requests()[-1].mrids == ("F2",)
    assert [trigger for trigger in city.reached() if trigger == "restored"] == ["restored"]


def test_being_merged_itself_is_told_to_nobody() -> None:
    city = city_of_two(ert(at(5, 14), at(5, 9, 50), "F2"))
    before = (city.reached(), city.reached("school"))
    city.hears(merge(at(5, 10)))
    assert (city.reached(), city.reached("school")) == before
    assert [*city.of().outages] == ["F2"]
    assert believe(city.of()).mrids == {"F2"}


def test_the_next_word_of_the_merged_one_goes_to_everybody_as_the_others() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 10, 40)
    assert city.hears(ert(at(5, 18), at(5, 10, 40))).reason == "said-of-survivor"
    assert believe(city.of(), with_pending=True).ert == believe(city.of("school"), with_pending=True).ert == at(5, 18)
    assert city.requests()[-1].mrids == city.requests("school")[-1].mrids == ("F2",)


def test_whoever_was_told_of_both_hears_nothing_twice() -> None:
    city = City(at(5, 9, 12), customer())
    city.hears(started(ert=at(5, 14)))
    city.hears(started("F2", at(5, 9, 20), ert=at(5, 14)))
    told = city.reached()
    city.now = at(5, 10)
    city.hears(merge(at(5, 10)))
    assert city.reached() == told
    city.now = at(5, 13)
    city.hears(confirmed(at(5, 13), "F2"))
    city.moves_to(at(6, 9))
    assert city.reached() == [*told, "restored"]


def test_no_one_is_taken_to_have_power_between_the_two() -> None:
    """The word of the merged one comes first: until the other has spoken, power is off all the same."""
    city = city_of_two()
    city.hold = True
    city.hears(merge(at(5, 10)))
    words = sorted(city.held, key=lambda word: word.mrid)  # type: ignore[attr-defined]
    city.held, city.hold = [], False
    for word in words:
        city.hears(word)
        assert city.of().plight().off
        assert city.of().over_since is None
    city.moves_to(at(5, 10, 30))
    assert "correction" not in city.reached()
    assert "restored" not in city.reached()


def test_a_text_that_is_under_way_stays_if_it_is_still_so() -> None:
    city = City(at(5, 9, 12), customer(), school(), accept=False)
    city.hears(started(ert=at(5, 14)))
    city.hears(started("F2", at(5, 9, 12), extent=WEST, ert=at(5, 14)))
    city.now = at(5, 9, 30)
    city.hears(merge(at(5, 9, 30)))
    assert [text.state for text in city.texts()] == ["requested"]


def test_one_that_is_overtaken_is_withdrawn_with_the_reason() -> None:
    city = City(at(5, 9, 12), customer(), school(), accept=False)
    city.hears(started(ert=at(5, 14)))
    city.hears(started("F2", at(5, 9, 20), extent=WEST, ert=at(5, 18)))
    city.now = at(5, 9, 30)
    city.hears(merge(at(5, 9, 30)))
    assert [text.state for text in city.texts()] == ["suppressed", "requested"]
    (gone,) = [event.data for event in city.log["customer/hospital"] if event.type == "message.suppressed.v1"]
    assert gone.reason == "superseded"
    assert city.requests()[-1].mrids == ("F2",)


def test_power_that_came_back_in_part_before_is_not_taken_away() -> None:
    point = customer("clinic", lines=(), areas=(), usage_points=("up-1",))
    city = City(at(5, 9, 12), point, school())
    where = Extent(usage_points=("up-1", "up-2"))
    city.hears(started(extent=where, ert=at(5, 14)))
    city.hears(started("F2", at(5, 9, 20), extent=WEST, ert=at(5, 15)))
    city.now = at(5, 9, 50)
    city.hears(part(Extent(usage_points=("up-1",)), Extent(usage_points=("up-2",)), at(5, 9, 50)))
    assert city.reached("clinic") == ["fault", "part-restored"]
    city.now = at(5, 10)
    city.hears(merge(at(5, 10)))
    city.moves_to(at(5, 13))
    assert city.reached("clinic") == ["fault", "part-restored"]


def test_a_step_of_the_one_outage_gives_power_back_where_the_merged_one_lay() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 11)
    city.hears(part(WHERE, WEST, at(5, 11), "F2"))
    assert city.reached()[-1] == "part-restored"
    assert not city.of().plight().off
    assert city.of("school").plight().off


def test_a_new_extent_leaves_those_out_who_are_not_in_it() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 10, 20)
    city.hears(ExtentChanged(mrid="F2", changed_at=at(5, 10, 20), extent=WEST))
    assert city.reached()[-1] == "correction"
    assert city.of("school").plight().off


def test_power_back_before_the_other_had_told_anybody_reaches_them_all_the_same() -> None:
    city = city_of_two()
    city.pause = True
    city.hears(merge(at(5, 10)))
    city.now = at(5, 10, 1)
    city.hears(confirmed(at(5, 10, 1), "F2"))
    city.pause = False
    city.fan()
    assert city.reached()[-1] == "restored"


def test_it_goes_off_again_as_the_one_outage() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 12)
    city.hears(confirmed(at(5, 12), "F2"))
    city.now = at(5, 12, 30)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 12, 30)))
    assert city.reached()[-1] == city.reached("school")[-1] == "reopened"


def test_calls_alone_are_borne_out_by_being_the_same_as_another() -> None:
    city = City(at(5, 9, 12), customer(), school())
    city.hears(FaultReported(mrid="F1", reported_at=at(5, 9), extent=WHERE))
    city.hears(started("F2", at(5, 9, 20), extent=WEST))
    assert city.reached() == [] if "hospital" in city.log else True
    city.now = at(5, 10)
    city.hears(merge(at(5, 10)))
    assert city.reached() == ["fault-time-unknown"]
    assert city.of().outages["F2"].started_at == at(5, 9)


def test_whoever_moves_in_hears_of_one_outage() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.hears(customer("shop"))
    assert len(city.requests("shop")) == 1
    assert [*city.of("shop").outages] == ["F2"]


def test_three_in_a_row_are_one_conversation() -> None:
    city = city_of_two(started("F3", at(5, 9, 30), extent=Extent(lines=("10千伏城北线",)), ert=at(5, 15)))
    city.hears(merge(at(5, 10)))
    city.hears(merge(at(5, 10, 5), "F2", "F3"))
    city.now = at(5, 13)
    city.hears(confirmed(at(5, 13), "F3"))
    assert city.reached()[-1] == city.reached("school")[-1] == "restored"
    assert city.requests()[-1].mrids == city.requests("school")[-1].mrids == ("F3",)


def test_in_whatever_order_the_words_reach_a_customer_it_ends_alike() -> None:
    def words() -> list[Any]:
        city = city_of_two()
        city.hold = True
        city.hears(merge(at(5, 10)))
        city.hears(confirmed(at(5, 13), "F2"))
        return [word for word in city.held if word.customer_id == "hospital"]  # type: ignore[attr-defined]

    for order in permutations(range(len(words()))):
        city = city_of_two()
        for index in order:
            city.now = at(5, 13)
            city.hears(words()[index])
        assert city.reached()[-1] == "restored", order
        assert not city.of().plight().off


FACTS: tuple[Any, ...] = (
    started(ert=at(5, 14)),
    crew(when=at(5, 9, 25)),
    part(Extent(lines=(LINE,)), Extent(areas=(AREA,)), at(5, 9, 40)),
    merge(at(5, 10)),
)
OTHERS: tuple[Any, ...] = (
    started("F2", at(5, 9, 20), extent=WEST),
    ert(at(5, 15), at(5, 9, 45), "F2"),
    CauseCleared(mrid="F2", cleared_at=at(5, 10, 30), cause="雷击"),
)


def known(*orders: tuple[Any, ...]) -> Truth | None:
    city = City(at(5, 12))
    decisions: list[Decision] = [city.hears(fact) for order in orders for fact in order]
    assert decisions
    registers: FactRegisters = city.states["outage/F2"].facts
    return truth(learn(registers, None))


def test_any_order_of_their_facts_ends_in_one_truth() -> None:
    told = known(FACTS, OTHERS)
    assert told is not None
    assert (told.started_at, told.ert, told.cause, told.crew_assigned) == (at(5, 9, 12), at(5, 15), "雷击", True)
    assert set(told.extent.areas) == {AREA}
    assert set(told.extent.lines) == set(WEST.lines)
    for order in permutations(FACTS):
        assert known(order, OTHERS) == told
        assert known(OTHERS, order) == told


def test_an_end_that_is_taken_back_is_taken_back_for_both() -> None:
    city = city_of_two(merge(at(5, 10)))
    city.now = at(5, 12)
    city.hears(confirmed(at(5, 12), "F2"))
    city.now = at(5, 12) + 5 * MINUTE
    city.hears(ert(at(5, 16), at(5, 12, 4), "F2"))
    assert not city.of().plight().off
