"""Whether a customer is off follows from their supplies, whatever the outages and in whatever order they are looked at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Supply, SupplyRole
from schemas.contracts.dispatch import SupplyRestored
from services.concerned.matching import CustomerExtent, match, named_back, pairs, said_back
from services.concerned.supplies import hit_by, is_said_back, named_kinds, plight, several, supply_rows, ways
from services.places.extents import minus
from tests.chaos.truth import KnownFact, state
from tests.kits.deciders.notifier import started

WHEN = datetime(2026, 3, 5, tzinfo=UTC)
NOWHERE = Extent()
NAMES = ("a", "b")
some = st.sets(st.sampled_from(NAMES)).map(lambda names: tuple(sorted(names)))
EXTENTS = st.builds(Extent, lines=some, transformers=some, usage_points=some, areas=some)
maybe = st.none() | st.sampled_from(NAMES)
ROLES: Sequence[SupplyRole] = ("main", "standby", "own-generation")


@st.composite
def customers(draw: st.DrawFn) -> CustomerUpserted:
    made = [
        Supply(
            id=str(number),
            role="main" if number == 0 else draw(st.sampled_from(ROLES)),
            line=draw(maybe),
            transformer=draw(maybe),
            usage_point=draw(maybe),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    flat = {} if made else {"lines": draw(some), "transformers": draw(some), "usage_points": draw(some)}
    return CustomerUpserted(
        customer_id="C-0", name="C", importance="first", updated_at=WHEN, areas=draw(some), supplies=tuple(made), **flat
    )


def word(one: CustomerUpserted, extent: Extent, mrid: str, back: Extent = NOWHERE) -> CustomerTouched | None:
    """What the fan-out tells of an outage there, of which some points are back; None where it does not touch them."""
    spent = tuple(named_kinds(extent) - named_kinds(minus(extent, back)))
    extent = minus(extent, back)
    lit = named_back(extent, back)
    found = match(extent, [one], back=lit, spent=spent)
    if not found:
        return None
    concern = CustomerExtent(extent, spent=spent)
    return CustomerTouched(
        customer_id=one.customer_id,
        mrid=mrid,
        outage_version=1,
        touched=True,
        matched_by=found[0].matched_by,
        named_kinds=concern.named,
        outage_class="fault",
        status="out",
        trigger="outage.started.v1",
        started_at=WHEN,
        extent=concern.of(found[0].matched_by),
        back_at=tuple(f"{kind}:{name}" for kind, name in lit if (kind, name) in set(pairs(one)))
        if several(one)
        else (),
        at=WHEN,
    )


def words(one: CustomerUpserted, extents: Sequence[Extent], backs: Sequence[Extent] = ()) -> list[CustomerTouched]:
    told = (
        word(one, extent, f"F{number}", back)
        for number, (extent, back) in enumerate(zip_longest(extents, backs, fillvalue=NOWHERE))
    )
    return [each for each in told if each is not None]


@given(customers(), st.lists(EXTENTS, max_size=3))
def test_the_rule_says_what_the_referee_of_the_storms_says_who_has_a_rule_of_their_own(
    one: CustomerUpserted, extents: list[Extent]
) -> None:
    facts = [started(f"F{number}", WHEN, extent=extent) for number, extent in enumerate(extents)]
    known = [KnownFact(WHEN, one), *(KnownFact(WHEN, fact) for fact in facts)]
    present = plight(one, words(one, extents))
    so = "dark" if present.off else "partly" if present.lost else "light"
    assert so == state(known, 0, WHEN)


@given(customers(), st.lists(EXTENTS, max_size=3), st.data())
def test_elements_that_are_named_as_back_free_whom_the_referee_frees(
    one: CustomerUpserted, extents: list[Extent], data: st.DataObject
) -> None:
    """Points, transformers and lines; with one supply or several, though what feeds them, or their area, is off still."""
    backs = [parts_of(extent, data) for extent in extents]
    facts = [started(f"F{number}", WHEN, extent=extent) for number, extent in enumerate(extents)]
    parts = [
        SupplyRestored(mrid=f"F{number}", restored_at=WHEN + timedelta(minutes=1), scope="part", extent=back)
        for number, back in enumerate(backs)
        if back != NOWHERE
    ]
    known = [KnownFact(WHEN, one), *(KnownFact(WHEN, fact) for fact in (*facts, *parts))]
    present = plight(one, words(one, extents, backs))
    so = "dark" if present.off else "partly" if present.lost else "light"
    assert so == state(known, 0, WHEN)


@given(customers(), EXTENTS, st.data())
def test_what_is_only_said_to_be_back_is_claimed_where_proof_of_it_would_free(
    one: CustomerUpserted, extent: Extent, data: st.DataObject
) -> None:
    """One meaning: of each supply that an outage takes, whether it is said to be back, and what a step there would give back."""
    claimed = parts_of(extent, data)
    said = claimed_word(one, extent, claimed)
    before = plight(one, [said] if said else [])
    after = plight(one, words(one, [extent], [claimed]))
    assert before.claimed == before.ids - after.ids
    assert is_said_back(one, said) == (before.claimed == before.ids) if said else not before.claimed


def parts_of(extent: Extent, data: st.DataObject) -> Extent:
    """Some of the elements that it names."""

    def some_of(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if data.draw(st.booleans()))

    return Extent(
        lines=some_of(extent.lines),
        transformers=some_of(extent.transformers),
        usage_points=some_of(extent.usage_points),
    )


def claimed_word(one: CustomerUpserted, extent: Extent, claimed: Extent) -> CustomerTouched | None:
    """What the fan-out tells of an outage there, while these elements of it are said to be back and nobody has proved it."""
    told = word(one, extent, "F0")
    if told is None:
        return None
    own, places = set(pairs(one)), said_back(extent, claimed)
    at = tuple(sorted(f"{kind}:{name}" for kind, name in places & own))
    if several(one):
        return replace(told, said_back_at=at)
    spoken = places | set(pairs(extent))
    unsaid = {kind for kind, name in own if (kind, name) not in spoken}
    return replace(told, proof_pending=CustomerExtent(extent, claimed).is_claimed(told.matched_by, at, unsaid))


@given(customers(), st.lists(EXTENTS, max_size=3), st.randoms())
def test_the_order_of_outages_is_no_matter(one: CustomerUpserted, extents: list[Extent], chance: object) -> None:
    told = words(one, extents)
    other = [*told]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert plight(one, told).off == plight(one, other).off
    assert plight(one, told).ids == plight(one, other).ids


@given(customers(), st.lists(EXTENTS, max_size=3), EXTENTS)
def test_one_outage_more_gives_nobody_power(one: CustomerUpserted, extents: list[Extent], more: Extent) -> None:
    before, after = plight(one, words(one, extents)), plight(one, words(one, [*extents, more]))
    assert before.ids <= after.ids
    assert after.off or not before.off


@given(customers(), EXTENTS)
def test_whom_an_outage_touches_has_lost_a_supply_and_nobody_else_has(one: CustomerUpserted, extent: Extent) -> None:
    told = word(one, extent, "F1")
    assert (told is not None) == bool(plight(one, [told] if told else []).lost)
    if told is not None:
        assert hit_by(one, told) >= plight(one, [told]).ids - {""}


@given(customers(), EXTENTS)
def test_own_plant_is_no_supply_of_ours(one: CustomerUpserted, extent: Extent) -> None:
    bare = replace(one, supplies=tuple(each for each in one.supplies if each.role != "own-generation"))
    assert (word(one, extent, "F1") is None) == (word(bare, extent, "F1") is None)
    assert plight(one, words(one, [extent])).off == plight(bare, words(bare, [extent])).off


@given(customers(), EXTENTS)
def test_an_area_moves_nobody_of_whom_all_is_known_in_the_kinds_that_are_named(
    one: CustomerUpserted, extent: Extent
) -> None:
    named = named_kinds(extent)
    if all(not way.kinds.isdisjoint(named) for way in ways(one)):
        elsewhere = replace(extent, areas=())
        assert plight(one, words(one, [extent])).ids == plight(one, words(one, [elsewhere])).ids


def test_a_word_of_a_version_before_is_read_by_what_of_the_outage_concerns_the_customer() -> None:
    one = CustomerUpserted(
        customer_id="C-0",
        name="C",
        importance="first",
        updated_at=WHEN,
        supplies=(Supply(id="1", role="main", line="a"), Supply(id="2", role="standby", line="b")),
    )
    told = word(one, Extent(lines=("A",)), "F1")
    assert told is not None
    old = replace(told, named_kinds=(), matched_by=("line: A",))
    assert plight(one, [old]).ids == {"1"}


@pytest.mark.parametrize(
    ("supplies", "rows"),
    [
        ((), {}),
        ((Supply(id="1", role="main", line="a"),), {}),
        (
            (
                Supply(id="1", role="main"),
                Supply(id="2", role="standby", line="b", usage_point="u"),
                Supply(id="3", role="standby"),
                Supply(id="4", role="own-generation", line="b"),
            ),
            {"1": (), "2": ("line", "usagePoint")},
        ),
    ],
)
def test_the_table_holds_those_of_which_an_area_may_say_how_they_stand(
    supplies: tuple[Supply, ...], rows: dict[str, tuple[str, ...]]
) -> None:
    one = CustomerUpserted(customer_id="C", name="C", importance="first", updated_at=WHEN, supplies=supplies)
    assert supply_rows(one) == rows


def test_a_second_supply_that_dispatch_says_is_back_is_not_lost_with_the_main_one() -> None:
    """Known by its transformer alone, it might hang on the line that is out; power came back at that very transformer."""
    standby = Supply(id="2", role="standby", transformer="b")
    both = CustomerUpserted(
        customer_id="C-0",
        name="C",
        importance="first",
        updated_at=WHEN,
        supplies=(Supply(id="1", role="main", line="a"), standby),
    )
    told = word(both, Extent(lines=("a",)), "F1")
    assert told is not None
    assert plight(both, [told]).off, "nobody can say how it stands"
    present = plight(both, [replace(told, back_at=("transformer:b",))])
    assert (present.off, present.ids) == (False, {"1"})


def test_a_second_supply_that_the_network_feeds_elsewhere_is_not_lost_with_the_main_one() -> None:
    """Known by its transformer alone; the network model has power come to that on another line."""
    main, standby = Supply(id="1", role="main", line="a"), Supply(id="2", role="standby", transformer="b")
    both = CustomerUpserted(
        customer_id="C-0", name="C", importance="first", updated_at=WHEN, supplies=(main, standby), areas=()
    )
    told = word(both, Extent(lines=("a",)), "F-1")
    assert told is not None
    assert plight(both, [told]).off, "without a word of the network nobody can say"
    known = replace(told, fed_elsewhere=("transformer:b",))
    present = plight(both, [known])
    assert (present.off, present.ids) == (False, {"1"})
    second = word(both, Extent(transformers=("b",)), "F-2")
    assert second is not None
    assert plight(both, [known, second]).off, "what takes it takes it, wherever another outage does not"
