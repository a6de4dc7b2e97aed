"""A line that nobody knows is answered with a warning; while nobody could know any, nothing is strange."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.contracts import customers, network
from schemas.contracts.customers import Supply
from schemas.contracts.network import ElementKind
from services.gateway.dispatch.answers import Result
from services.gateway.dispatch.known_lines import KnownLines, warned
from services.kernel.model import Record
from tests.kits.deciders.notifier import customer
from tests.kits.network.models import element
from tests.kits.place_pairs import ONE, TWO

WHEN = datetime(2026, 3, 5, tzinfo=UTC)
UPSERTED = {"ce_type": b"customer.upserted.v1"}


def told(name: str, *lines: str) -> Record:
    body = msgspec.json.encode(customer(name, lines=lines, areas=("A",)))
    return Record(customers.TOPIC, 0, 0, name.encode(), body, UPSERTED, WHEN)


def gone(name: str) -> Record:
    return Record(customers.TOPIC, 0, 1, name.encode(), None, {}, WHEN)


def known(*records: Record) -> KnownLines:
    made = KnownLines()
    for record in records:
        made.hear(record)
    made.whole()
    return made


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_customers_line_is_known_however_it_is_written(one: str, other: str) -> None:
    assert known(told("H1", one)).strange([other]) == ()


@pytest.mark.parametrize(("one", "other"), TWO)
def test_another_line_is_strange_and_named_as_it_was_written(one: str, other: str) -> None:
    assert known(told("H1", one)).strange([other]) == (other,)


def test_a_line_is_known_as_long_as_one_customer_has_it() -> None:
    lines = known(told("H1", "城东线"), told("M1", "城东线", "城西线"), told("M1", "城西线"), told("M1", "城西线"))
    assert lines.strange(["城东线", "城西线"]) == ()
    lines.hear(gone("H1"))
    assert lines.strange(["城东线", "城西线"]) == ("城东线",)


def test_the_line_of_a_supply_is_known() -> None:
    works = customer(
        "works", lines=(), supplies=(Supply(id="1", role="main", line="城东线"), Supply(id="2", role="standby"))
    )
    record = Record(
        customers.TOPIC, 0, 0, b"works", msgspec.json.encode(works), {"ce_type": b"customer.upserted.v2"}, WHEN
    )
    assert known(record).strange(["城东线", "城西线"]) == ("城西线",)


def drawn(element_id: str, kind: ElementKind = "line", **more: Any) -> Record:
    body = msgspec.json.encode(element(element_id, kind, **more))
    return Record(network.TOPIC, 0, 0, element_id.encode(), body, {"ce_type": b"network.element.v1"}, WHEN)


def test_a_line_of_the_network_model_is_known_by_id_and_by_every_name() -> None:
    lines = known(
        drawn("L1", name="10千伏城东线", names={"en": "East line"}), drawn("T1", "transformer", name="一号公变")
    )
    assert lines.strange(["l1", "10kV城东线", "EAST LINE", "一号公变"]) == ("一号公变",)
    removed = Record(network.TOPIC, 0, 1, b"L1", b"{}", {"ce_type": b"network.element-removed.v1"}, WHEN)
    lines.hear(told("H1", "城西线"))
    lines.hear(removed)
    assert lines.strange(["L1", "城西线"]) == ("L1",)


def test_a_customer_and_an_element_of_one_key_are_two() -> None:
    lines = known(told("L1", "城西线"), drawn("L1", name="城东线"))
    assert lines.strange(["城西线", "城东线"]) == ()


def test_nothing_is_strange_while_lines_are_still_read_or_there_are_none() -> None:
    assert known().strange(["城东线"]) == ()
    reading = KnownLines()
    reading.hear(told("H1", "城西线"))
    assert reading.strange(["城东线"]) == ()
    reading.whole()
    assert reading.strange(["城东线", "城 西线"]) == ("城东线",)


@pytest.mark.parametrize("value", [b"", b"no json", b"[]", b'{"lines": 3}', b"\xff", b"[" * 100_000])
def test_a_record_that_cannot_be_read_changes_nothing(value: bytes) -> None:
    lines = known(told("H1", "城东线"))
    lines.hear(Record(customers.TOPIC, 0, 2, b"H1", value, UPSERTED, WHEN))
    lines.hear(Record(customers.TOPIC, 0, 3, None, value, UPSERTED, WHEN))
    assert lines.strange(["城东线"]) == ()


def test_only_what_was_taken_is_warned_of() -> None:
    taken, refused = Result(outcome="taken"), Result(outcome="refused")
    assert "knows line 城车线" in str(warned(taken, ("城车线",)).warning)
    assert warned(refused, ("城车线",)) is refused
    assert warned(taken, ()) is taken
