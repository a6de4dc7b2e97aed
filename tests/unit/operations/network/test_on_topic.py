"""Of every element, switch and model the last word counts; what cannot be read stops nobody."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from operations.network.on_topic import HeardNetwork
from operations.network.planning import event_of
from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts.network import (
    NetworkElement,
    NetworkElementRemoved,
    NetworkModelImported,
    NetworkSwitched,
    SwitchState,
)
from services.kernel.model import Record
from tests.kits.network.models import EDITION, element

AT = datetime(2026, 3, 5, tzinfo=UTC)
SS, L1 = element("SS", "substation"), element("L1", "line", "SS")


def heard(*messages: KafkaMessage | tuple[bytes, bytes | None]) -> HeardNetwork[NetworkElement]:
    """A topic that holds these; a pair is a bare key and value."""
    found: HeardNetwork[NetworkElement] = HeardNetwork(lambda one: one)
    for offset, (key, value, headers) in enumerate(
        (one.key, one.value, dict(one.headers)) if isinstance(one, KafkaMessage) else (*one, {}) for one in messages
    ):
        found.hear(Record("outage.network", 0, offset, key, value, headers, AT))
    return found


def thrown(switch: str, state: SwitchState, minutes: int) -> KafkaMessage:
    at = AT + timedelta(minutes=minutes)
    word = NetworkSwitched(switch=switch, state=state, at=at)
    return to_kafka(
        CloudEvent(source="/scada", id=f"{switch}{minutes}", type="network.switched.v1", time=at, data=word)
    )


def test_the_last_word_on_an_element_counts() -> None:
    found = heard(event_of(SS), event_of(L1), event_of(replace(L1, name="城东线")))
    assert {one.element_id: one.name for one in found.elements()} == {"SS": "SS", "L1": "城东线"}
    assert found.newest == {EDITION.model_id: EDITION.date}


def test_what_was_removed_or_has_an_empty_record_is_gone() -> None:
    gone = event_of(NetworkElementRemoved(element_id="L1", model=EDITION))
    assert [one.element_id for one in heard(event_of(SS), event_of(L1), gone).elements()] == ["SS"]
    assert [one.element_id for one in heard(event_of(SS), event_of(L1), (b"SS", None)).elements()] == ["L1"]


def test_an_element_is_of_the_model_that_spoke_last() -> None:
    found = heard(event_of(SS), event_of(replace(SS, model=replace(EDITION, model_id="EAST"))))
    assert (found.owner("SS"), list(found.of("EAST")), list(found.of(EDITION.model_id))) == ("EAST", ["SS"], [])


def test_a_switch_is_as_it_was_thrown_last_whatever_came_last() -> None:
    found = heard(
        thrown("S1", "open", 5), thrown("S1", "closed", 1), thrown("S2", "closed", 1), thrown("S2", "open", 2)
    )
    assert found.switches() == {"S1": "open", "S2": "open"}


def test_the_edition_that_is_whole_is_known_by_model() -> None:
    word = NetworkModelImported(model_id="GIS", date=EDITION.date, elements=2, checksum="0" * 16, imported_at=AT)
    assert heard(event_of(word)).whole == {"GIS": word}


def test_a_model_of_which_a_newer_edition_began_to_come_has_none_that_is_whole() -> None:
    word = NetworkModelImported(
        model_id=EDITION.model_id, date=EDITION.date, elements=1, checksum="0" * 16, imported_at=AT
    )
    newer = replace(L1, model=replace(EDITION, date=AT))
    assert heard(event_of(SS), event_of(word)).editions() == {EDITION.model_id: word}
    assert heard(event_of(SS), event_of(word), event_of(newer)).editions() == {EDITION.model_id: None}


def test_what_cannot_be_read_is_counted_and_stops_nobody() -> None:
    found = heard((b"X", b"{"), event_of(SS), (b"\xff", b"what"))
    assert ([one.element_id for one in found.elements()], found.unreadable) == (["SS"], 2)
