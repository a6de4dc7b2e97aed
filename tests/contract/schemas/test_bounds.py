"""Every number, text and list of every contract has bounds, and no column, index or machine is smaller than they are."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from schemas.bounds import (
    BODY_BYTES,
    ENTRIES,
    INT4,
    LIST,
    NAME_BYTES,
    REAL,
    TEXT,
    check_bounds,
    check_size,
    whole_range,
)
from schemas.cloudevent import CloudEvent, ContractError, from_kafka, parse_structured, to_kafka
from schemas.contracts.all_types import REGISTRY, STRUCTS
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import CurtailmentOrdered, OutageStarted
from schemas.contracts.notices import NoticeBreached, NoticePublished
from schemas.errors import bare_type
from schemas.keys import LONGEST

SERVICES = Path(__file__).parents[3] / "services"
START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
INT8 = (-(2**63), 2**63 - 1)
INDEX_BYTES = 2_704
"""What a row of a b-tree index holds (a third of a page)."""


@dataclass(frozen=True)
class Leaf:
    """One place in a contract that holds a value."""

    where: str
    name: str
    kind: Any


def leaves(struct: type[msgspec.Struct]) -> Iterator[Leaf]:
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    yield from _leaves(struct.__name__, "", found)


def _leaves(where: str, name: str, kind: Any) -> Iterator[Leaf]:
    kind = bare_type(kind)
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from _leaves(f"{where}.{field.encode_name}", field.encode_name, field.type)
    elif isinstance(kind, inspect.VarTupleType):
        yield Leaf(where, name, kind)
        yield from _leaves(f"{where}[]", name, kind.item_type)
    elif isinstance(kind, inspect.DictType):
        yield Leaf(where, name, kind)
        yield from _leaves(f"{where}{{}}", name, kind.value_type)
    else:
        yield Leaf(where, name, kind)


ALL = [leaf for struct in STRUCTS.values() for leaf in leaves(struct)]
KNOWN = (
    inspect.IntType,
    inspect.FloatType,
    inspect.StrType,
    inspect.BoolType,
    inspect.DateTimeType,
    inspect.LiteralType,
    inspect.VarTupleType,
    inspect.DictType,
    inspect.TupleType,  # a point of a shape, which schemas/shapes.py holds to the earth
)

# What of the contracts, or of our own making, ends in each number column of the tables. A new column fails until it is here.
COUNTED = "counted by us, from nought"
FED_BY: dict[str, str] = {
    "consumer_offset.partition": COUNTED,
    "skipped.partition": COUNTED,
    "inbox.partition": COUNTED,
    "inbox.events": COUNTED,
    "stream.partition": COUNTED,
    "timer.partition": COUNTED,
    "quarantine.partition": COUNTED,
    "pruned.partition": COUNTED,
    "projection.version": COUNTED,
    "projection.build": COUNTED,
    "notification.lane_rank": COUNTED,
    "notification.attempts": COUNTED,
    "notification.carried_n": COUNTED,
    "attempt.n": COUNTED,
    "attempt.http_status": "three digits of HTTP",
    "attempt.provider_code": "ReceiptReceived.errorCode",
    "attempt.failed_code": "ReceiptReceived.errorCode",
    "circuit.code": "ReceiptReceived.errorCode",
    "circuit.http_status": "three digits of HTTP",
    "circuit.probes": COUNTED,
    "number_pace.refused": COUNTED,
    "curtailment_step.step": "CurtailmentOrdered.schemeStep",
    "fanout_job.version": "CustomerTouched.outageVersion",
    "fanout_job.told_version": "CustomerTouched.outageVersion",
    "fanout_job.chunks": COUNTED,
    "fanout_job.said": COUNTED,
    "audience_member.truth_version": "CustomerTouched.outageVersion",
}
_TABLE = re.compile(r"create table (?:if not exists )?(\w+) \((.*?)\n\);", re.DOTALL)
_ADDED = re.compile(r"alter table (\w+) add column (?:if not exists )?(\w+) (\w+)")
_COLUMN = re.compile(r"^\s+(\w+) (int|smallint|integer|real)\b", re.MULTILINE)


def number_columns() -> set[str]:
    """table.column of every column that holds less than 64 bits, over all migrations, as they were applied."""
    found: set[str] = set()
    for path in SERVICES.glob("*/sql/migrations/*.sql"):
        sql = path.read_text().partition("-- migrate: rollback")[0]
        for table, body in _TABLE.findall(sql):
            found |= {f"{table}.{column}" for column, _ in _COLUMN.findall(body)}
        found |= {
            f"{table}.{column}" for table, column, kind in _ADDED.findall(sql) if kind in ("int", "smallint", "integer")
        }
    return found


def test_every_place_of_every_contract_is_of_a_kind_that_has_bounds() -> None:
    assert [leaf.where for leaf in ALL if not isinstance(leaf.kind, KNOWN)] == []
    assert {type(leaf.kind) for leaf in ALL} >= {inspect.IntType, inspect.StrType, inspect.VarTupleType}


def test_every_whole_number_fits_a_column_of_int_but_those_that_stand_in_none() -> None:
    wide = {
        leaf.where
        for leaf in ALL
        if isinstance(leaf.kind, inspect.IntType)
        and not (INT4.least <= (held := whole_range(leaf.name, leaf.kind)).least and held.most <= INT4.most)
    }
    assert {where.rpartition(".")[2] for where in wide} == {"revisionNumber", "marginSeconds", "offset"}
    assert not {fed.rpartition(".")[2] for fed in FED_BY.values()} & {"revisionNumber", "marginSeconds", "offset"}


def test_no_whole_number_is_wider_than_a_bigint() -> None:
    for leaf in ALL:
        if isinstance(leaf.kind, inspect.IntType):
            held = whole_range(leaf.name, leaf.kind)
            assert INT8[0] <= held.least <= held.most <= INT8[1], leaf.where


def test_it_is_said_of_every_number_column_what_ends_in_it() -> None:
    assert number_columns() <= set(FED_BY)
    named = {leaf.where for leaf in ALL}
    assert {fed for fed in FED_BY.values() if "." in fed} <= named


def test_no_name_is_larger_than_an_index_row_takes_even_beside_another_key() -> None:
    names = [leaf.kind.max_length for leaf in ALL if isinstance(leaf.kind, inspect.StrType) and leaf.kind.max_length]
    names = [length for length in names if length <= LONGEST]
    assert max(names) == LONGEST
    beside = 100  # an mRID, of ASCII
    assert NAME_BYTES + beside + 64 <= INDEX_BYTES
    assert 4 * LONGEST + 4 * LONGEST + 64 <= INDEX_BYTES, "two names as they were written"


def test_the_longest_growth_of_a_character_in_its_normal_form_is_known() -> None:
    """Names shorter than 41 characters are not measured: they cannot come to NAME_BYTES."""
    most = max(
        len(unicodedata.normalize("NFKC", chr(n)).casefold().encode("utf-8", "replace")) for n in range(0x110000)
    )
    assert most * 40 <= NAME_BYTES


CURTAILMENT = {
    "mRID": "C-1",
    "orderedAt": "2026-03-05T01:00:00Z",
    "plannedPeriod": {"start": "2026-03-05T02:00:00Z", "end": "2026-03-05T04:00:00Z"},
    "extent": {"lines": ["10千伏城东线"]},
}


def body(**changes: Any) -> bytes:
    return msgspec.json.encode(CURTAILMENT | changes)


HEADERS = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"/dispatch/east",
    "ce_type": b"curtailment.ordered.v1",
    "ce_time": b"2026-03-05T01:00:00Z",
}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"schemeStep": 3_000_000_000}, "schemeStep", "3000000000 is out of bounds; write 1 to 10000"),
        ({"extent": {"customersAffected": 10**30}}, "extent.customersAffected", "1e+30 is out of bounds"),
        ({"extent": {"lines": ["线"] * (LIST + 1)}}, "extent.lines", "has 50,001 items"),
        ({"extent": {"areas": ["ok", "\ufdfa" * 200]}}, "extent.areas[1]", "bytes in its normal form"),
    ],
)
def test_what_is_out_of_bounds_is_refused_at_both_doors_with_field_value_and_what_is_allowed(
    changes: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(ContractError) as kafka:
        from_kafka("outage.dispatch", b"C-1", HEADERS, body(**changes))
    envelope = {name.removeprefix("ce_"): value.decode() for name, value in HEADERS.items()}
    with pytest.raises(ContractError) as http:
        parse_structured(envelope | {"data": CURTAILMENT | changes})
    for caught in (kafka, http):
        assert (caught.value.reason, caught.value.field) == ("out-of-bounds", field)
        assert said in str(caught.value)


def test_what_is_in_the_log_is_read_whatever_its_size() -> None:
    read = msgspec.json.decode(body(schemeStep=3_000_000_000), type=CurtailmentOrdered)
    assert read.scheme_step == 3_000_000_000


def test_what_lies_at_a_bound_is_taken() -> None:
    extent = {
        "lines": ["线" * 200],
        "usagePoints": ["u"] * LIST,
        "customersAffected": 100_000_000,
        "nominalVoltage": 2000,
    }
    for step in (1, 10_000):
        read = from_kafka("outage.dispatch", b"C-1", HEADERS, body(schemeStep=step, extent=extent))
        assert isinstance(read.data, CurtailmentOrdered)


def test_a_body_larger_than_any_record_is_refused_before_it_is_read() -> None:
    check_size(b" " * BODY_BYTES)
    with pytest.raises(ContractError, match=r"send at most 1,048,576"):
        check_size(b" " * (BODY_BYTES + 1))


def test_maps_and_prose_have_bounds_too() -> None:
    notice = NoticePublished(
        mrid="P-1", notice_id="P-1/1", revision_number=2**53 - 1, version=1, outage_class="planned", published_at=START,
        planned_period=Period(start=START, end=START.replace(hour=9)), extent=Extent(), text={"zh-CN": "停" * TEXT},
    )  # fmt: skip
    check_bounds(notice)
    for text in ({"zh-CN": "停" * (TEXT + 1)}, {str(n): "x" for n in range(ENTRIES + 1)}):
        with pytest.raises(ContractError, match="text"):
            check_bounds(msgspec.structs.replace(notice, text=text))


def test_margins_over_all_years_that_an_instant_may_lie_in_are_within_bounds() -> None:
    assert (datetime(2200, 1, 1, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() < 10**10


@given(st.floats(), st.integers())
def test_a_number_is_taken_exactly_where_it_is_within(real: float, whole: int) -> None:
    extent = Extent(nominal_voltage=real, customers_affected=whole)
    data = OutageStarted(mrid="F-1", outage_class="fault", started_at=START, extent=extent)
    within = REAL.least <= real <= REAL.most and 0 <= whole <= 100_000_000
    try:
        check_bounds(data)
    except ContractError as error:
        assert (within, error.reason) == (False, "out-of-bounds")  # noqa: PT017 - whether it raises is what is drawn
    else:
        assert within


@pytest.mark.parametrize(
    ("topic", "source", "taken"),
    [
        ("outage.notices", "/outage/planner", True),
        ("outage.notices", "/outage/planner/timer", False),
        ("outage.notices", "/outage", False),
        ("outage.notices", "/dispatch/east", True),
    ],
)
def test_no_record_speaks_for_what_a_service_says_to_itself(topic: str, source: str, taken: bool) -> None:
    data = NoticeBreached(mrid="P-1", kind="overran", at=START)
    sent = to_kafka(CloudEvent(source=source, id="1", type="notice.breached.v1", time=START, data=data), topic)
    try:
        from_kafka(*sent)
    except ContractError as error:
        assert (taken, error.reason) == (False, "reserved-source")  # noqa: PT017 - whether it raises is the parameter
    else:
        assert taken


def test_on_the_topic_of_dispatch_nobody_speaks_for_our_services() -> None:
    for source in ("/outage/planner", "/outage/restorer/timer", "/outage", "//outage/x"):
        with pytest.raises(ContractError, match="reserved"):
            from_kafka("outage.dispatch", b"C-1", HEADERS | {"ce_source": source.encode()}, body())


def test_all_golden_examples_are_within_bounds() -> None:
    folder = Path(__file__).parents[3] / "schemas" / "examples"
    for name, contract in REGISTRY.items():
        example = msgspec.json.decode((folder / f"{name}.json").read_bytes())
        check_bounds(msgspec.convert(example["data"], contract.struct))
