"""Registry files as clerks save them: encodings, delimiters, one row per customer, one per contact."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.registry.contacts import ContactRow, contacts_in
from connectors.registry.customers import customers_in
from connectors.registry.one_file import read_registry
from connectors.table import KEPT_ERRORS, CsvTable, Errors, FileProblem, opened
from schemas.contracts.customers import CustomerUpserted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parents[4] / "connectors" / "samples"
CUSTOMERS = "customer_id,name,importance,areas\n"
CONTACTS = "customer_id,contact_id,number,rank,role,can_reply\n"
HOSPITAL = "H1,东江市人民医院,special,中山路一带\n"


def customers(text: str) -> tuple[list[CustomerUpserted], Errors]:
    errors = Errors()
    return list(customers_in(CsvTable(io.StringIO(text, newline="")), errors, NOW)), errors


def contacts(rows: str, region: str = "CN") -> tuple[list[ContactRow], Errors]:
    errors = Errors()
    return list(contacts_in(CsvTable(io.StringIO(CONTACTS + rows, newline="")), errors, region)), errors


def names(path: Path) -> list[str]:
    with opened(path) as source:
        return [one.name for one in customers_in(source.table, Errors(), NOW)]


# --- the file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_in_every_encoding_that_spreadsheets_save(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes((CUSTOMERS + HOSPITAL).replace("\n", end).encode(encoding))
    assert names(path) == ["东江市人民医院"]


def test_a_file_that_was_guessed_to_be_chinese_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes((CUSTOMERS + HOSPITAL).encode("gbk"))
    with opened(path) as source:
        assert source.note is not None
        assert "look at the names" in source.note
    path.write_text(CUSTOMERS + HOSPITAL, encoding="utf-8")
    with opened(path) as source:
        assert source.note is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("H1,Hôpital général à Évreux,special,A\n".encode("latin-1"), "neither UTF-8 nor GB18030"),
        (b"PK\x03\x04 and more", "this is a spreadsheet, not CSV"),
        (b"H1,\xff\xff,special,A\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_file_that_would_be_read_wrongly_is_refused_with_what_to_do(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(raw if raw.startswith(b"PK") else CUSTOMERS.encode() + raw)
    with pytest.raises(FileProblem, match=says), opened(path):
        pass
    assert "save it as “CSV UTF-8”" in str(read_registry(path, updated_at=NOW).errors[0])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_part_cells_where_the_header_says_so(delimiter: str) -> None:
    header = CUSTOMERS.replace(",", delimiter)
    (one,), errors = customers(header + delimiter.join(("H1", "Hospital, North", "special", '"A;B"')) + "\n")
    assert (one.name, one.areas, errors.count) == ("Hospital, North", ("A", "B"), 0)


def test_a_cell_too_many_names_the_delimiter_to_quote() -> None:
    _, errors = customers(CUSTOMERS.replace(",", ";") + "H1;Hospital;North;special;A\n")
    assert "put text that holds a semicolon in quotes" in str(errors.kept[0])


def test_of_many_errors_the_first_are_kept_and_all_are_counted() -> None:
    rows = "".join(f"C{number},Mill,grand,A\n" for number in range(KEPT_ERRORS + 500))
    good, errors = customers(CUSTOMERS + rows)
    assert (good, errors.count, len(errors.kept)) == ([], KEPT_ERRORS + 500, KEPT_ERRORS)
    assert (errors.kept[0].line, errors.kept[0].column) == (2, "importance")
    assert len(errors.subjects) == errors.count


# --- customers


def test_a_customer_needs_no_contact_to_be_in_the_file() -> None:
    (one,), errors = customers(CUSTOMERS + HOSPITAL)
    assert (one.customer_id, one.contacts, errors.count) == ("H1", (), 0)


def test_a_customer_who_stands_twice_is_named_with_both_lines() -> None:
    _, errors = customers(CUSTOMERS + HOSPITAL + "M1,Mill,first,A\n" + HOSPITAL)
    assert str(errors.kept[0]) == "line 4 (customer H1): customer H1 stands in line 2 already: remove one row"
    assert errors.subjects == {"H1"}, "so that neither row counts"


def test_the_sample_in_two_files_says_the_same_as_in_one() -> None:
    whole = read_registry(SAMPLES / "dongjiang-customers.csv", updated_at=NOW)
    errors = Errors()
    with opened(SAMPLES / "two-files-customers.csv") as source:
        alone = list(customers_in(source.table, errors, NOW))
    with opened(SAMPLES / "two-files-contacts.csv") as source:
        rows = list(contacts_in(source.table, errors))
    assert errors.count == 0
    for entry, customer in zip(whole.entries, alone, strict=True):
        mine = [row for row in rows if row.customer_id == customer.customer_id]
        assert {row.contact.contact_id: row.number.e164 for row in mine} == entry.numbers
        assert tuple(row.contact for row in mine) == entry.customer.contacts
        assert customer.areas == entry.customer.areas


# --- contacts


@pytest.mark.parametrize(
    ("written", "region", "kept"),
    [
        ("+86 138 0013 8000", "CN", "+8613800138000"),
        ("138-0013-8000", "CN", "+8613800138000"),
        ("0086 13800138000", "CN", "+8613800138000"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("'13800138000", "CN", "+8613800138000"),
        ("(604) 555-0101", "CA", "+16045550101"),
    ],
)
def test_numbers_are_kept_in_e164_however_they_are_written(written: str, region: str, kept: str) -> None:
    (row,), errors = contacts(f"H1,H1-duty,{written},,,\n", region)
    assert (row.number.e164, errors.count) == (kept, 0)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("H1,c,,,,", "number", "number is empty"),
        ("H1,c,1.38E+10,,,", "number", "turned into a figure by a spreadsheet"),
        ("H1,c,13800138000.0,,,", "number", "turned into a figure by a spreadsheet"),
        ("H1,c,+44 20 7946 0000,,,", "number", "is a landline, which texts do not reach"),
        ("H1,c,794 6000,,,", "number", "number is none of CN: give all its digits"),
        ("H1,c,call 13800138000 at night,,,", "number", "number holds words"),
        ("H1,c,+86 13800138000 ext. 5,,,", "number", "words or an extension"),
        ("H1,,+8613800138000,,,", "contact_id", "contact_id is empty"),
        (",c,+8613800138000,,,", "customer_id", "customer_id is empty"),
        ("H1,c,+8613800138000,0,,", "rank", "rank must be a whole number from 1"),
        ("H1,c,+8613800138000," + "9" * 5_000 + ",,", "rank", "rank must be a whole number from 1"),
        ("13800138000,c,,,,", "number", "number is empty"),
        ("H1,c,+8613800138000,,,maybe", "can_reply", "can_reply must be yes or no"),
    ],
)
def test_a_bad_contact_is_named_by_line_and_column_and_its_number_never(row: str, column: str, says: str) -> None:
    good, errors = contacts("M1,m,+447700900109,,,\n" + row + "\n")
    (error,) = errors.kept
    assert (error.line, error.column, len(good)) == (3, column, 1)
    assert says in error.problem
    assert "138" not in str(error)
    assert "794" not in str(error)


@pytest.mark.parametrize("cut", [-1, -3, 3])
def test_a_file_in_utf_16_that_breaks_off_is_refused_and_not_a_fault_of_ours(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "contacts.csv"
    file.write_bytes("customer_id,contact_id,number\nH1,c,+8613800138000\n".encode("utf-16")[:cut])
    with pytest.raises(FileProblem, match="UTF-16"), opened(file):
        pass


def test_a_number_of_no_known_network_is_taken_and_named() -> None:
    rows, errors = contacts("H1,a,+447700900101,,,\nH1,b,+8613800138000,,,\n")
    assert [row.number.doubt is not None for row in rows] == [True, False]
    assert errors.count == 0
    assert "7700" not in repr(rows[0])


def test_ranks_follow_the_file_where_none_are_written() -> None:
    rows, _ = contacts(
        "H1,a,+447700900101,,,\nM1,x,+447700900109,,,\nH1,b,+447700900102,,,\n"
        "H1,c,+447700900103,7,,\nH1,d,+447700900104,,,\n"
    )
    assert [(row.customer_id, row.contact.rank) for row in rows] == [
        ("H1", 1),
        ("M1", 1),
        ("H1", 2),
        ("H1", 7),
        ("H1", 8),
    ]


def test_rows_that_contradict_each_other_keep_their_customer_out() -> None:
    _, errors = contacts("H1,a,+447700900101,,,\nH1,a,+447700900101,,,\nM1,a,+447700900109,,,\n")
    assert [error.problem for error in errors.kept] == [
        "contact a stands in line 2 already: remove one row",
        "contact a has another number in line 2: correct one of them",
    ]
    assert errors.subjects == {"H1", "M1"}
