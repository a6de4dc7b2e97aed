"""Supplies, names, life support and who is on duty, as clerks write them in a file."""

import io
from datetime import UTC, datetime

import pytest

from connectors.registry.customers import customers_in
from connectors.registry.one_file import parse_registry
from connectors.table import CsvTable, Errors, FileProblem
from schemas.contracts.customers import CustomerUpserted, Device, Supply

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = (
    "customer_id,name,importance,areas,lines,supply1_role,supply1_line,supply1_transformer,supply1_usage_point,"
    "supply2_id,supply2_role,supply2_line,supply3_role\n"
)
WORKS = "W1,东江电子厂,first,工业大道一带,,主供,10千伏工业线,电子厂专变,UP-10206,东线,备用,10千伏城东线,自备\n"


def read(rows: str, header: str = HEADER) -> tuple[list[CustomerUpserted], list[str]]:
    errors = Errors()
    found = list(customers_in(CsvTable(io.StringIO(header + rows, newline="")), errors, NOW))
    return found, [str(error) for error in errors.kept]


def test_numbered_columns_make_supplies_and_empty_ones_make_none() -> None:
    (works, plain), problems = read(WORKS + "P1,Plastics,first,工业大道一带,10千伏工业线,,,,,,,,\n")
    assert problems == []
    assert works.supplies == (
        Supply(id="1", role="main", line="10千伏工业线", transformer="电子厂专变", usage_point="UP-10206"),
        Supply(id="东线", role="standby", line="10千伏城东线"),
        Supply(id="3", role="own-generation"),
    )
    assert (works.lines, works.areas) == ((), ("工业大道一带",))
    assert (plain.supplies, plain.lines) == ((), ("10千伏工业线",))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("W1,Works,first,,,,L1,,,,standby,L2,\n", "supply1_role is empty: write main, standby or own-generation"),
        ("W1,Works,first,,,first,L1,,,,standby,L2,\n", "supply1_role must be main, standby or own-generation"),
        ("W1,Works,first,,,standby,L1,,,,standby,L2,\n", "none of the supplies is main"),
        ("W1,Works,first,,,main,L1,,,1,standby,L2,\n", "two supplies have the id 1"),
        ("W1,Works,first,,L1,main,L1,,,,standby,L2,\n", "lines stands beside supplies"),
        ("W1,Works,first,,,main,,,,,standby,,\n", "no outage can be matched"),
    ],
)
def test_a_supply_that_cannot_be_is_named_with_what_to_do(row: str, says: str) -> None:
    found, (problem,) = read(row)
    assert found == []
    assert "line 2 (customer W1)" in problem
    assert says in problem


def test_a_column_that_is_not_known_is_answered_with_the_numbered_ones_once() -> None:
    with pytest.raises(FileProblem, match=r"'supply9_line' are not known: .*supplyN_id, supplyN_role, supplyN_line"):
        read("", HEADER.replace("supply3_role", "supply9_line"))


HOME = "customer_id,name,name_en,importance,premises,life_support,device,battery_minutes,on_duty,transformers\n"


def test_a_home_with_a_ventilator_is_carried_with_its_battery_and_who_is_on_duty() -> None:
    (one,), problems = read("L1,李秀英,Li Xiuying,second,居民,是,呼吸机,240,全天,中山路2号公变\n", HOME)
    assert problems == []
    assert (one.premises, one.on_duty, one.names) == ("home", "always", {"en": "Li Xiuying"})
    assert one.device == Device(what="呼吸机", battery_minutes=240)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("L1,A,,second,villa,yes,,,,T\n", "premises must be site or home (or 单位, 居民, 家庭)"),
        ("L1,A,,second,home,yes,,,nights,T\n", "on_duty must be hours or always (or 工作时间, 全天)"),
        ("L1,A,,second,home,no,ventilator,60,,T\n", "then life_support is yes"),
        ("L1,A,,second,home,yes,,60,,T\n", "battery_minutes is of a device, and device is empty"),
        ("L1,A,,second,home,yes,ventilator,4 hours,,T\n", "battery_minutes must be whole minutes"),
    ],
)
def test_a_cell_that_says_none_of_it_is_named_with_its_words(row: str, says: str) -> None:
    found, (problem,) = read(row, HOME)
    assert found == []
    assert says in problem


def test_rows_of_contacts_repeat_the_supplies_or_leave_them_empty() -> None:
    header = HEADER.replace("\n", ",contact_id,phone\n")
    second = "W1,,,,,,,,,,,,,W1-night,+44 7700 900102\n"
    first = WORKS.replace("\n", ",W1-shift,+44 7700 900101\n")
    registry = parse_registry(header + first + second, updated_at=NOW)
    assert registry.errors == ()
    assert len(registry.entries[0].customer.supplies) == 3
    other = second.replace("W1,,,,,,", "W1,,,,,,10千伏江滨线", 1)
    (problem,) = parse_registry(header + first + other, updated_at=NOW).errors
    assert "supply1_line differs from line 2" in str(problem)
