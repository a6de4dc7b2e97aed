"""Both forms of the registry's files take and refuse the same, in the same words; what a clerk cannot see does no harm."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.registry.contacts import contacts_in
from connectors.registry.customers import customers_in
from connectors.registry.one_file import parse_registry
from connectors.registry.rows import SPOKEN
from connectors.table import CsvTable, Errors, FileProblem, opened
from services.notifier.domain.wording.templates import books
from tests.kits.place_pairs import ONE

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE_FILE = "customer_id,name,importance,areas,contact_id,phone\n"
CONTACTS = "customer_id,contact_id,number\n"
CUSTOMERS = "customer_id,name,importance,language,usage_points,lines,areas\n"
Said = tuple[str | None, str | None]


def in_one_file(written: str) -> Said:
    """E.164 that is taken, or what is wrong."""
    registry = parse_registry(f'{ONE_FILE}H1,Hospital,special,A,c,"{written}"\n', updated_at=NOW)
    if registry.errors:
        return None, registry.errors[0].problem.replace("phone", "number", 1)
    return registry.entries[0].numbers["c"], None


def in_two_files(written: str) -> Said:
    errors = Errors()
    rows = list(contacts_in(CsvTable(io.StringIO(f'{CONTACTS}H1,c,"{written}"\n', newline="")), errors))
    return (None, errors.kept[0].problem) if errors.kept else (rows[0].number.e164, None)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("\u202a+1 555 010 0103\u202c", "+15550100103"),
        ("\u200b+44 7700 900101\ufeff", "+447700900101"),
        ("+44\u00a07700\u00a0900101", "+447700900101"),
        ("＋44 7700 900101", "+447700900101"),
        ("0044 7700 900101", "+447700900101"),
        ("００４４ ７７００ ９００１０１", "+447700900101"),
        ("'+44 7700 900101", "+447700900101"),
        ("13800138000", "+8613800138000"),
        ("\u202d138 0013 8000\u202c", "+8613800138000"),
    ],
)
def test_a_number_is_taken_by_both_forms_however_it_was_copied(written: str, taken: str) -> None:
    assert in_one_file(written) == in_two_files(written) == (taken, None)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("+44 20 7946 0000", "is a landline"),
        ("794 6000", "is none of CN"),
        ("021 6234 5678", "is a landline"),
        ("02", "too few or too many digits"),
        ("", "is empty"),
        ("\u200b", "is empty"),
        ("1.38E+10", "turned into a figure"),
        ("+447700900101 ext. 5", "an extension"),
    ],
)
def test_a_number_is_refused_by_both_forms_in_the_same_words(written: str, says: str) -> None:
    assert in_one_file(written) == in_two_files(written)
    assert says in str(in_one_file(written)[1])


def test_two_customers_on_one_handset_are_named_by_both_forms_and_taken() -> None:
    rows = [("H1", "a", "+44 7700 900101"), ("M1", "b", "0044 7700 900101"), ("M1", "c", "+447700900102")]
    registry = parse_registry(
        ONE_FILE + "".join(f"{who},X,special,A,{contact},{number}\n" for who, contact, number in rows), updated_at=NOW
    )
    (hint,) = [doubt for doubt in registry.doubts if "handset" in doubt.problem]
    assert (hint.line, hint.subject, len(registry.entries)) == (3, "M1", 2)
    assert "the same handset as customer H1 in line 2" in hint.problem
    assert "7700" not in str(hint)
    text = CONTACTS + "".join(f"{who},{contact},{number}\n" for who, contact, number in rows)
    two = list(contacts_in(CsvTable(io.StringIO(text, newline="")), Errors()))
    assert [row.shared for row in two] == [None, hint.problem.removeprefix("phone: "), None]


# --- names, headers, languages


def customers(rows: str, header: str = CUSTOMERS) -> tuple[list[object], Errors]:
    errors = Errors()
    return list(customers_in(CsvTable(io.StringIO(header + rows, newline="")), errors, NOW)), errors


@pytest.mark.parametrize("between", [";", "；", "、", "，", " ; ", ";;"])
def test_names_in_a_cell_stand_apart_however_they_are_parted(between: str) -> None:
    (one,), _ = customers(f"H1,Hospital,special,,,城东线{between}城西线,\n")
    assert one.lines == ("城东线", "城西线")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("one", "other"), [pair for pair in ONE if not set("".join(pair)) & set('"、，;\n\x00')])
def test_a_place_that_stands_twice_in_a_cell_is_one(one: str, other: str) -> None:
    (found,), _ = customers(f"H1,Hospital,special,,,{one};{other},\n")
    assert len(found.lines) == 1  # type: ignore[attr-defined]


def test_what_nobody_sees_and_line_breaks_in_a_cell_are_not_kept() -> None:
    (one,), _ = customers('H1,"Block A\nWest\u00a0Gate\u200b",special,,UP-Z1\u200b,,零宽一带\ufeff\n')
    assert (one.name, one.usage_points, one.areas) == ("Block A West Gate", ("UP-Z1",), ("零宽一带",))  # type: ignore[attr-defined]


def test_a_header_is_read_whatever_its_case_and_what_is_hidden_in_it() -> None:
    rows, errors = customers("H1,Hospital,special,A\n", "\ufeffCustomer_ID, name\u200b,IMPORTANCE,areas\n")
    assert (len(rows), errors.count) == (1, 0)


def test_a_header_that_lacks_columns_is_told_with_what_was_read() -> None:
    with pytest.raises(FileProblem, match=r"name, importance are missing: .* it reads 'customer_id', 'Kundenname'"):
        customers("H1,X\n", "customer_id,Kundenname\n")


def test_a_language_that_has_no_texts_is_refused_and_not_told_in_chinese() -> None:
    _, errors = customers("H1,Hôpital,special,fr,,,A\n")
    assert errors.kept[0].problem == "there are no texts in language 'fr': write zh-CN or en"
    assert {tag.partition("-")[0] for tag in books()} == set(SPOKEN)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("H 1,Hospital,special,,,,A\n", "may hold letters, digits and . _ : - alone"),
        ("H1," + "x" * 201 + ",special,,,,A\n", "is longer than 200 characters"),
        ("H1,,special,,,,A\n", "name cannot be used (it is empty)"),
        ("H1,Hospital,special,en-gbr,,,A\n", "is no language tag such as zh-CN or en"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_in_words_and_not_in_patterns(rows: str, says: str) -> None:
    _, errors = customers(rows)
    assert says in errors.kept[0].problem
    assert not set("^$[]`") & set(errors.kept[0].problem)


# --- encodings


@pytest.mark.parametrize("names", [("赟昇电子有限公司",), ("赟华",), ("东江医院", "㛃华")])
def test_a_nearly_english_file_of_chinese_windows_is_read_though_a_name_has_a_rare_character(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    path = tmp_path / "customers.csv"
    rows = "".join(f"H{n},{name},special,,,FEEDER-7,\n" for n, name in enumerate(names))
    path.write_bytes((CUSTOMERS + rows).encode("gb18030"))
    with opened(path) as source:
        assert [one.name for one in customers_in(source.table, Errors(), NOW)] == list(names)
        assert source.note is not None


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hôpital général à Évreux", "latin-1"),
        ("Krankenhaus Süd, Straße", "latin-1"),
        ("Café", "latin-1"),
        ("東江醫院變電站", "big5"),
    ],
)
def test_a_file_of_another_encoding_is_still_no_chinese_one(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes((CUSTOMERS + f"H1,{text} 1,special,,,F,\n").encode(encoding))
    with pytest.raises(FileProblem, match="neither UTF-8 nor GB18030"), opened(path):
        pass
