"""Read key customers with their numbers from one CSV file: one row per contact, several rows for one customer.

For a small registry; a large one comes in two files (customers.py, contacts.py). A customer with a bad
row is left out whole, because an upsert replaces what the registry had. Errors name the line and what to do, and never
repeat a phone number.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from connectors.registry.entry import RegistryEntry
from connectors.registry.phone import DEFAULT_REGION, Number, NumbersInFile, number_of
from connectors.registry.rows import OPTIONAL, contact_of, customer_id_of, customer_of
from connectors.table import CsvRow, CsvTable, Errors, FileProblem, RowError, RowProblem, opened

REQUIRED = ("customer_id", "name", "importance", "contact_id", "phone")
OF_CONTACTS = ("contact_role", "can_reply")
CUSTOMER_COLUMNS = ("name", "importance", *OPTIONAL)


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """What a file holds: whole customers in the file's order, the errors that kept others out, and doubts that did not."""

    entries: tuple[RegistryEntry, ...]
    errors: tuple[RowError, ...]
    doubts: tuple[RowError, ...] = ()


def read_registry(path: Path, *, updated_at: datetime) -> RegistryFile:
    """The key customers of a CSV file; `updated_at` (aware) goes into each.

    Raises:
        OSError: the file cannot be opened.

    """
    try:
        with opened(path) as source:
            return registry_of(source.table, updated_at=updated_at)
    except FileProblem as problem:
        return RegistryFile((), (problem.error,))


def parse_registry(text: str, *, updated_at: datetime) -> RegistryFile:
    """The key customers of a CSV text."""
    try:
        return registry_of(CsvTable(io.StringIO(text, newline="")), updated_at=updated_at)
    except FileProblem as problem:
        return RegistryFile((), (problem.error,))


def registry_of(table: CsvTable, *, updated_at: datetime) -> RegistryFile:
    """The key customers of a table."""
    errors = Errors()
    try:
        table.check(REQUIRED, (*OPTIONAL, *OF_CONTACTS))
        rows = list(table.rows(errors))
    except FileProblem as problem:
        # Customers before the break may lack their later rows.
        return RegistryFile((), (*errors.kept, problem.error))
    return _gathered(rows, errors.kept, updated_at)


def _gathered(rows: list[CsvRow], errors: list[RowError], updated_at: datetime) -> RegistryFile:
    by_customer: dict[str, list[CsvRow]] = {}
    bad = {error.subject for error in errors if error.subject}
    for row in rows:
        try:
            by_customer.setdefault(customer_id_of(row), []).append(row)
        except RowProblem as error:
            errors.append(RowError(row.line, str(error), column=error.column))
    phones: dict[str, tuple[str, int]] = {}
    entries: list[RegistryEntry] = []
    doubts = _Doubts()
    for customer_id, group in by_customer.items():
        problems: list[RowError] = []
        entry = _entry(group, phones, problems, doubts, updated_at)
        errors.extend(RowError(error.line, error.problem, customer_id, error.column) for error in problems)
        if entry is not None and not problems and customer_id not in bad:
            entries.append(entry)
    return RegistryFile(tuple(entries), _by_line(errors), _by_line(doubts.found))


def _by_line(errors: Iterable[RowError]) -> tuple[RowError, ...]:
    return tuple(sorted(errors, key=lambda error: error.line))


@dataclass(slots=True)
class _Doubts:
    """Numbers that were taken and may be wrong, or that another customer has."""

    found: list[RowError] = field(default_factory=list)
    handsets: NumbersInFile = field(default_factory=NumbersInFile)

    def look(self, row: CsvRow, number: Number) -> None:
        customer_id = customer_id_of(row)
        for doubt in (number.doubt, self.handsets.shared(number, customer_id, row.line)):
            if doubt is not None:
                self.found.append(RowError(row.line, f"phone: {doubt}", customer_id, "phone"))


def _entry(
    group: list[CsvRow],
    phones: dict[str, tuple[str, int]],
    problems: list[RowError],
    doubts: _Doubts,
    updated_at: datetime,
) -> RegistryEntry | None:
    """One customer of its rows. The first row gives the customer; later ones repeat it or leave cells empty."""
    first = group[0]
    numbers: dict[str, str] = {}
    contacts = []
    for rank, row in enumerate(group, start=1):
        for name in CUSTOMER_COLUMNS:
            if row.get(name) and row.get(name) != first.get(name):
                problem = f"{name} differs from line {first.line}: write the same or leave it empty"
                problems.append(RowError(row.line, problem, column=name))
        try:
            contact = contact_of(row, rank)
            taken = number_of(row, DEFAULT_REGION, "phone")
        except RowProblem as error:
            problems.append(RowError(row.line, str(error), column=error.column))
            continue
        doubts.look(row, taken)
        number = taken.e164
        other, line = phones.setdefault(contact.contact_id, (number, row.line))
        if contact.contact_id in numbers:
            problem = f"contact {contact.contact_id} stands twice: remove one row"
            problems.append(RowError(row.line, problem, column="contact_id"))
        elif other != number:
            problem = f"contact {contact.contact_id} has another phone in line {line}: correct one of them"
            problems.append(RowError(row.line, problem, column="phone"))
        numbers[contact.contact_id] = number
        contacts.append(contact)
    try:
        customer = customer_of(first, tuple(contacts), updated_at)
    except RowProblem as error:
        problems.append(RowError(first.line, str(error), column=error.column))
        return None
    return RegistryEntry(customer, numbers)
