"""Key customers from a spreadsheet saved as CSV (UTF-8): one row per contact, several rows for one customer.

A customer with a bad row is left out whole, because an upsert replaces what the registry had. Errors name the line and
what to do, and never repeat a phone number.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.registry import RegistryEntry
from connectors.registry_rows import LISTS, Row, RowProblem, contact_of, customer_of, phone_of

REQUIRED = ("customer_id", "name", "importance", "contact_id", "phone")
OPTIONAL = ("address", "life_support", "language", *LISTS, "contact_role", "can_reply", "account_manager")
CUSTOMER_COLUMNS = ("name", "address", "importance", "life_support", "language", *LISTS, "account_manager")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in a line of the file and what to do about it. Line 1 is the header."""

    line: int
    problem: str
    customer_id: str | None = None

    def __str__(self) -> str:
        who = f" (customer {self.customer_id})" if self.customer_id else ""
        return f"line {self.line}{who}: {self.problem}"


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """What a file holds: whole customers in the file's order, and the errors that kept others out."""

    entries: tuple[RegistryEntry, ...]
    errors: tuple[RowError, ...]


def read_registry(path: Path, *, updated_at: datetime) -> RegistryFile:
    """The key customers of a CSV file; `updated_at` (aware) goes into each.

    Raises:
        OSError: the file cannot be opened.

    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return RegistryFile((), (RowError(1, "the file is not UTF-8: save it as “CSV UTF-8” in the spreadsheet"),))
    return parse_registry(text, updated_at=updated_at)


def parse_registry(text: str, *, updated_at: datetime) -> RegistryFile:
    """The key customers of a CSV text."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    errors: list[RowError] = []
    header: list[str] | None = None
    try:
        begins = 1
        for cells in reader:
            line, begins = begins, reader.line_num + 1  # a quoted cell may span lines
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                problem = _header_problem(header)
                if problem:
                    return RegistryFile((), (RowError(line, problem),))
            elif len(cells) != len(header):
                problem = f"{len(cells)} cells under {len(header)} columns: put text that holds a comma in quotes"
                errors.append(RowError(line, problem, cells[0].strip() or None if header[0] == "customer_id" else None))
            else:
                rows.append(Row(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        # From here on nothing can be told apart; customers before it may lack their later rows.
        problem = f"not readable as CSV ({error}): check the quotes in this line; nothing was taken"
        return RegistryFile((), (*errors, RowError(reader.line_num, problem)))
    if header is None:
        return RegistryFile((), (RowError(1, f"the file is empty: the first line names {', '.join(REQUIRED)}"),))
    return _gathered(rows, errors, updated_at)


def _header_problem(header: list[str]) -> str | None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if missing:
        return f"columns {', '.join(missing)} are missing: the first line names the columns"
    if unknown:
        known = ", ".join(REQUIRED + OPTIONAL)
        return f"columns {', '.join(repr(name) for name in unknown)} are not known: the columns are {known}"
    return f"columns {', '.join(twice)} stand twice: leave one of each" if twice else None


def _gathered(rows: list[Row], errors: list[RowError], updated_at: datetime) -> RegistryFile:
    by_customer: dict[str, list[Row]] = {}
    bad = {error.customer_id for error in errors if error.customer_id}
    for row in rows:
        customer_id = row.cells["customer_id"]
        if customer_id:
            by_customer.setdefault(customer_id, []).append(row)
        else:
            errors.append(RowError(row.line, "customer_id is empty: give the registry's id of the customer"))
    phones: dict[str, tuple[str, int]] = {}
    entries: list[RegistryEntry] = []
    for customer_id, group in by_customer.items():
        problems: list[RowError] = []
        entry = _entry(group, phones, problems, updated_at)
        errors.extend(RowError(error.line, error.problem, customer_id) for error in problems)
        if entry is not None and not problems and customer_id not in bad:
            entries.append(entry)
    return RegistryFile(tuple(entries), tuple(sorted(errors, key=lambda error: error.line)))


def _entry(
    group: list[Row], phones: dict[str, tuple[str, int]], problems: list[RowError], updated_at: datetime
) -> RegistryEntry | None:
    """One customer of its rows. The first row gives the customer; later ones repeat it or leave cells empty."""
    first = group[0]
    numbers: dict[str, str] = {}
    contacts = []
    for rank, row in enumerate(group, start=1):
        for name in CUSTOMER_COLUMNS:
            if row.get(name) and row.get(name) != first.get(name):
                problem = f"{name} differs from line {first.line}: write the same or leave it empty"
                problems.append(RowError(row.line, problem))
        try:
            contact = contact_of(row, rank)
            number = phone_of(row)
        except RowProblem as error:
            problems.append(RowError(row.line, str(error)))
            continue
        other, line = phones.setdefault(contact.contact_id, (number, row.line))
        if contact.contact_id in numbers:
            problems.append(RowError(row.line, f"contact {contact.contact_id} stands twice: remove one row"))
        elif other != number:
            problem = f"contact {contact.contact_id} has another phone in line {line}: correct one of them"
            problems.append(RowError(row.line, problem))
        numbers[contact.contact_id] = number
        contacts.append(contact)
    try:
        customer = customer_of(first, tuple(contacts), updated_at)
    except RowProblem as error:
        problems.append(RowError(first.line, str(error)))
        return None
    return RegistryEntry(customer, numbers)
