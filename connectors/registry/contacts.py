"""Read contacts and their numbers: one row per contact, streamed. Numbers are for the notifier's vault only."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.registry.phone import DEFAULT_REGION, Number, NumbersInFile, number_of
from connectors.registry.rows import contact_of, customer_id_of
from connectors.table import CsvRow, CsvTable, Errors, RowError, RowProblem
from schemas.contracts.customers import Contact

REQUIRED = ("customer_id", "contact_id", "number")
OPTIONAL = ("rank", "role", "can_reply")


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact of a customer; the number is left out of every repr."""

    line: int
    customer_id: str
    contact: Contact
    number: Number = field(repr=False)
    shared: str | None = None
    """Which other customer has this handset, in words."""


def contacts_in(table: CsvTable, errors: Errors, region: str = DEFAULT_REGION) -> Iterator[ContactRow]:
    """The contacts of a table, in its order; numbers without country code are those of `region`.

    A contact without rank comes after those of the same customer that stand before it. One bad row keeps its customer out
    whole (`errors.subjects`): an import replaces all contacts of a customer.

    Raises:
        FileProblem: the table cannot be read.

    """
    table.check(REQUIRED, OPTIONAL)
    seen = _Seen()
    for row in table.rows(errors):
        try:
            customer_id = customer_id_of(row)
            contact = contact_of(row, seen.rank(row, customer_id), role="role")
            number = number_of(row, region)
            seen.check(row.line, customer_id, contact.contact_id, number.e164)
        except RowProblem as error:
            errors.add(RowError(row.line, str(error), row.get("customer_id") or None, error.column))
        else:
            shared = seen.handsets.shared(number, customer_id, row.line)
            yield ContactRow(row.line, customer_id, contact, number, shared)


@dataclass(slots=True)
class _Seen:
    """What rows so far said, as far as later ones can contradict it."""

    ranks: dict[str, int] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict, repr=False)
    handsets: NumbersInFile = field(default_factory=NumbersInFile)

    def rank(self, row: CsvRow, customer_id: str) -> int:
        last = self.ranks.get(customer_id, 0)
        rank = _rank(row, last + 1)
        self.ranks[customer_id] = max(rank, last)
        return rank

    def check(self, line: int, customer_id: str, contact_id: str, number: str) -> None:
        before = self.lines.setdefault((customer_id, contact_id), line)
        if before != line:
            raise RowProblem(f"contact {contact_id} stands in line {before} already: remove one row", "contact_id")
        other, where = self.numbers.setdefault(contact_id, (number, line))
        if other != number:
            problem = f"contact {contact_id} has another number in line {where}: correct one of them"
            raise RowProblem(problem, "number")


def _rank(row: CsvRow, otherwise: int) -> int:
    written = row.get("rank")
    if not written:
        return otherwise
    if not written.isdecimal() or len(written) > 2 or int(written) < 1:  # noqa: PLR2004 - nobody has a hundred contacts
        raise RowProblem("rank must be a whole number from 1 (told first) to 99", "rank")
    return int(written)
