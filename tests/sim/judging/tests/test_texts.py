"""Texts are held against what the notifier had read itself, and against the time in which they are of use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace as replaced

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from tests.chaos.truth import KnownFact
from tests.sim.judging.texts import Proven, Text, late, unproven, untrue

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
HOME = CustomerUpserted(
    customer_id="CH-001", name="医院", importance="first", language="en", lines=("L",), updated_at=ZERO
)


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


START = OutageStarted(mrid="A", outage_class="fault", started_at=at(0), extent=Extent(lines=("L",)))
KNOWN = [
    KnownFact(at(0), HOME),
    KnownFact(at(2), START),
    KnownFact(at(20), SupplyRestored(mrid="A", restored_at=at(19))),
]


def began(mrid: str, seconds: float) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(seconds), extent=Extent(lines=("L",)))


OFF = Text("fault 1 to CH-001", 1, "dark", "delivered", at(2), at(3600), (at(3),))
STORM = (at(0), at(30))


def test_what_the_notifier_had_read_a_second_ago_is_not_contradicted() -> None:
    assert not [*untrue(KNOWN, [OFF, replace(OFF, claimed=(at(20.9),))])]
    assert "knew better" in next(untrue(KNOWN, [replace(OFF, claimed=(at(21.1),))]))
    assert "knew better" in next(untrue(KNOWN, [replace(OFF, says="light", claimed=(at(5),))]))
    assert not [*untrue(KNOWN, [replace(OFF, says=None, claimed=(at(21.1),))])]


def test_still_off_is_untrue_as_soon_as_the_word_is_read_that_their_point_or_what_is_nearest_is_back() -> None:
    """Proven or not: by then it may be false, and it is not said before somebody knows, or a limit has passed."""
    home = replaced(HOME, usage_points=("U",), transformers=("T",))
    for where in (Extent(usage_points=("U",)), Extent(transformers=("T",)), Extent(lines=("L",))):
        claim = SupplyRestored(mrid="A", restored_at=at(19), scope="part", extent=where, evidence="crew")
        known = [KnownFact(at(0), home), KnownFact(at(2), START), KnownFact(at(20), claim)]
        assert not [*untrue(known, [OFF, replace(OFF, claimed=(at(20.9),))])]
        assert "knew better" in next(untrue(known, [replace(OFF, claimed=(at(21.1),))]))


def test_an_end_is_proven_by_all_that_kafka_had_at_its_instant() -> None:
    again = KnownFact(at(25), began("B", 24), at(24.5))
    held = [*KNOWN, again]
    assert not [*unproven(held, [Proven(1, at(24.9), at(24.9))])], "it was under way: known or not"
    assert not [*unproven(held, [Proven(1, at(20), at(40))])], "what came after the instant need not be known"
    assert "was held at" in next(unproven(held, [Proven(1, at(25), at(26))]))
    over = KnownFact(at(27), SupplyRestored(mrid="B", restored_at=at(26)), at(26.5))
    assert not [*unproven([*held, over], [Proven(1, at(25), at(26.6))])], "its end was under way, and may be known"


def test_a_text_goes_soon_after_it_may_once_nothing_is_broken() -> None:
    assert not [*late([OFF, replace(OFF, claimed=(at(60),))], [STORM])]
    assert "and went" in next(late([replace(OFF, claimed=(at(61),))], [STORM]))
    assert "and went" in next(late([replace(OFF, claimed=(at(33),))], []))


def test_a_text_never_goes_when_it_is_of_no_use_and_none_expires_for_nothing() -> None:
    assert "was of use until" in next(late([replace(OFF, claimed=(at(3600),))], [(at(0), at(4000))]))
    assert "never sent" in next(late([replace(OFF, state="expired", claimed=())], [STORM]))
    assert not [*late([replace(OFF, state="expired", claimed=())], [(at(0), at(4000))])]
    assert not [*late([replace(OFF, state="suppressed", claimed=())], [STORM])]


def test_a_text_is_in_time_by_the_first_time_that_the_provider_got_it_and_each_for_itself() -> None:
    late_one = replace(OFF, name="ert-changed 2 to CH-001", claimed=(at(33), at(34)))
    assert not [*late([replace(OFF, claimed=(at(30), at(90)))], [])]
    assert [line.split(" could go")[0] for line in late([OFF, late_one], [])] == ["late: ert-changed 2 to CH-001"]


def test_a_text_for_the_morning_is_late_by_the_morning_and_no_storm_of_the_night_excuses_it() -> None:
    morning = replace(OFF, not_before=at(1000))
    assert not [*late([replace(morning, claimed=(at(1030),))], [STORM])]
    assert "could go 05 00:16:40, and went 05 00:17:11" in next(late([replace(morning, claimed=(at(1031),))], [STORM]))
    assert not [*late([replace(morning, claimed=(at(1031),))], [STORM, (at(990), at(1010))])]
