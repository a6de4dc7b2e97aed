"""Key customers from a spreadsheet or made up: numbers apart from the customer, errors a clerk can act on."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import phonenumbers
import pytest

from connectors.registry.entry import RegistryEntry
from connectors.registry.one_file import RegistryFile, parse_registry, read_registry
from connectors.registry.sample import AREA_CODES, TooManyContactsError, fiction_numbers, sample_registry
from schemas.contracts.customers import CustomerUpserted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAMPLE = Path(__file__).parents[4] / "connectors" / "samples" / "dongjiang-customers.csv"
HEADER = "customer_id,name,importance,areas,contact_id,phone,can_reply,life_support\n"
HOSPITAL = "H1,Hospital,special,Old Town;Harbour,H1-duty,+44 7700 900101,yes,yes\n"


def parsed(rows: str, header: str = HEADER) -> RegistryFile:
    return parse_registry(header + rows, updated_at=NOW)


def errors(rows: str, header: str = HEADER) -> list[str]:
    return [str(error) for error in parsed(rows, header).errors]


def holds_contract(entry: RegistryEntry) -> bool:
    wire = msgspec.json.encode(entry.customer)
    whole = msgspec.json.decode(wire, type=CustomerUpserted) == entry.customer
    apart = not any(number.lstrip("+").encode() in wire for number in entry.numbers.values())
    return whole and apart and entry.numbers.keys() == {contact.contact_id for contact in entry.customer.contacts}


# --- the spreadsheet


def test_a_customer_too_large_for_kafka_is_named_with_what_to_do() -> None:
    points = ";".join(f"{number:05}-{'线' * 100}" for number in range(1_200))
    lists = [points.replace("线", sign) for sign in "线路杆"]
    header = HEADER.replace("areas", "areas,usage_points,lines")
    (problem,) = errors(f"H1,Hospital,special,{','.join(lists)},H1-duty,+44 7700 900101,yes,yes\n", header)
    assert "Kafka takes 900,000 at once: name fewer usage_points, or the line or area" in problem


def test_the_sample_city_is_read_whole() -> None:
    registry = read_registry(SAMPLE, updated_at=NOW)
    assert registry.errors == ()
    assert all(holds_contract(entry) for entry in registry.entries)
    hospital = registry.entries[0]
    assert hospital.customer.address == "中山路18号"
    assert hospital.customer.importance == "special"
    assert [contact.rank for contact in hospital.customer.contacts] == [1, 2]
    assert {entry.customer.language for entry in registry.entries} == {"zh-CN", "en"}
    assert sum(entry.customer.life_support for entry in registry.entries) == 2
    numbers = [number for entry in registry.entries for number in entry.numbers.values()]
    assert all(re.fullmatch(r"\+447700900\d{3}|\+120255501\d\d", number) for number in numbers)
    assert len(numbers) == len(set(numbers))


def test_several_rows_make_one_customer_with_contacts_in_the_files_order() -> None:
    registry = parsed(HOSPITAL + "H1,,,,H1-night,+44 7700 900102,,\n")
    (entry,) = registry.entries
    assert entry.customer.areas == ("Old Town", "Harbour")
    assert [(contact.contact_id, contact.rank, contact.can_reply) for contact in entry.customer.contacts] == [
        ("H1-duty", 1, True),
        ("H1-night", 2, False),
    ]
    assert entry.numbers == {"H1-duty": "+447700900101", "H1-night": "+447700900102"}
    assert entry.customer.updated_at == NOW


def test_chinese_grades_yes_and_full_width_semicolons_are_understood() -> None:
    (entry,) = parsed("H1,医院,特级,城东；城西,H1-duty,+44 7700 900101,是,否\n").entries
    assert entry.customer.importance == "special"
    assert entry.customer.areas == ("城东", "城西")
    assert entry.customer.contacts[0].can_reply
    assert not entry.customer.life_support


def test_numbers_do_not_show_when_an_entry_is_printed() -> None:
    (entry,) = parsed(HOSPITAL).entries
    assert "7700" not in repr(entry)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",Hospital,special,A,c,+447700900101,,\n", "customer_id is empty"),
        ("H 1,Hospital,special,A,c,+447700900101,,\n", "customer_id cannot be used"),
        ("H1,,special,A,c,+447700900101,,\n", "name cannot be used"),
        ("H1,Hospital,important,A,c,+447700900101,,\n", "importance must be one of special, first"),
        ("H1,Hospital,special,,c,+447700900101,,\n", "fill at least one of usage_points, lines, transformers, areas"),
        ("H1,Hospital,special,A,,+447700900101,,\n", "contact_id is empty"),
        ("H1,Hospital,special,A,c,,,\n", "phone is empty"),
        ("H1,Hospital,special,A,c,07700 900101,,\n", "phone is a landline, .*one of another country with its code"),
        ("H1,Hospital,special,A,c,+44 77,,\n", "phone has too few or too many digits"),
        ("H1,Hospital,special,A,c,+447700900101x5,,\n", "or an extension"),
        ("H1,Hospital,special,A,c,+999 1234567,,\n", "phone is no phone number"),
        ("H1,Hospital,special,A,c,+447700900101,maybe,\n", "can_reply must be yes or no"),
        ("H1,Hospital,special,A, B,c,+447700900101,,\n", "put text that holds a comma in quotes"),
    ],
)
def test_a_bad_row_is_named_by_line_with_what_to_do_and_its_customer_stays_out(row: str, says: str) -> None:
    good = "M1,Mill,first,A,M1-lead,+44 7700 900109,,\n"
    registry = parsed(good + row)
    (error,) = registry.errors
    assert error.line == 3
    assert re.search(says, str(error))
    assert [entry.customer.customer_id for entry in registry.entries] == ["M1"]


def test_one_bad_contact_keeps_the_whole_customer_out_so_that_nothing_is_half_replaced() -> None:
    registry = parsed(HOSPITAL + "H1,,,,H1-night,12345,,\n")
    assert registry.entries == ()
    assert registry.errors[0].subject == "H1"
    assert "12345" not in str(registry.errors[0]), "errors never repeat a number"


def test_rows_that_contradict_each_other_are_errors() -> None:
    assert "name differs from line 2" in errors(HOSPITAL + "H1,Clinic,,,H1-night,+447700900102,,\n")[0]
    assert "stands twice" in errors(HOSPITAL + "H1,,,,H1-duty,+447700900101,,\n")[0]
    other = "M1,Mill,first,A,H1-duty,+447700900109,,\n"
    assert "has another phone in line 2" in errors(HOSPITAL + other)[0]


def test_one_person_may_answer_for_two_customers() -> None:
    registry = parsed(HOSPITAL + "M1,Mill,first,A,H1-duty,+447700900101,,\n")
    assert len(registry.entries) == 2


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "the file is empty"),
        ("customer_id,name\n", "columns importance, contact_id, phone are missing"),
        (HEADER.replace("areas", "area"), "columns 'area' are not known"),
        (HEADER.replace("areas", "name"), "columns name stand twice"),
    ],
)
def test_a_header_that_does_not_fit_stops_the_file(header: str, says: str) -> None:
    registry = parsed("", header)
    assert registry.entries == ()
    assert says in str(registry.errors[0])


def test_a_quote_left_open_takes_nothing() -> None:
    registry = parsed(HOSPITAL + 'M1,"Mill,first,A,c,+447700900109,,\n')
    assert registry.entries == ()
    assert "not readable as CSV" in str(registry.errors[-1])


def test_a_quoted_cell_over_two_lines_does_not_shift_the_line_numbers() -> None:
    rows = 'H1,"Hospital\n",special,A,c,+447700900101,,\n\nM1,Mill,grand,A,d,+447700900109,,\n'
    assert errors(rows)[0].startswith("line 5 (customer M1): importance")


# --- the made-up registry

PLACES = ("Kamloops", "Fort St. John", "Fort St John", "百里屋", "Hope", "100 Mile House")


def test_every_municipality_has_a_hospital_on_life_support_and_a_first_grade_mill() -> None:
    entries = sample_registry(PLACES)
    for place in PLACES:
        there = [entry.customer for entry in entries if entry.customer.areas == (place,)]
        grades = {(customer.importance, customer.life_support) for customer in there}
        assert {("special", True), ("first", False)} <= grades
    assert all(holds_contract(entry) and entry.customer.language == "en" for entry in entries)


def test_the_made_up_registry_depends_only_on_names_and_seed() -> None:
    assert sample_registry(PLACES) == sample_registry([*reversed(PLACES), "Hope"])
    assert sample_registry(PLACES) != sample_registry(PLACES, seed=1)


def test_ids_and_numbers_are_all_different_and_from_the_fiction_block() -> None:
    entries = sample_registry([f"Place {number}" for number in range(300)])
    ids = [entry.customer.customer_id for entry in entries]
    numbers = [number for entry in entries for number in entry.numbers.values()]
    assert len(ids) == len(set(ids))
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number) for number in numbers)


def test_area_codes_are_listed_once_and_their_numbers_can_be_dialled() -> None:
    assert len(AREA_CODES) == len(set(AREA_CODES))
    for number in list(fiction_numbers())[::100]:
        assert phonenumbers.is_possible_number(phonenumbers.parse(number))


def test_more_contacts_than_fiction_numbers_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(TooManyContactsError, match="name fewer municipalities"):
        sample_registry([f"Place {number}" for number in range(1500)])
