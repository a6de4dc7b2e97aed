"""Read key customers without their contacts: one row each, streamed."""

from collections.abc import Iterator
from datetime import datetime

from connectors.registry.rows import OPTIONAL, customer_id_of, customer_of
from connectors.table import CsvTable, Errors, RowError, RowProblem
from schemas.contracts.customers import CustomerUpserted

REQUIRED = ("customer_id", "name", "importance")


def customers_in(table: CsvTable, errors: Errors, updated_at: datetime) -> Iterator[CustomerUpserted]:
    """The customers of a table, in its order, each once; `updated_at` (aware) goes into each.

    Of a customer that stands twice neither row counts: which one is right nobody knows, and `errors.subjects` names it.

    Raises:
        FileProblem: the table cannot be read.

    """
    table.check(REQUIRED, OPTIONAL)
    seen: dict[str, int] = {}
    for row in table.rows(errors):
        try:
            _once(customer_id_of(row), row.line, seen)
            yield customer_of(row, (), updated_at)
        except RowProblem as error:
            errors.add(RowError(row.line, str(error), row.get("customer_id") or None, error.column))


def _once(customer_id: str, line: int, seen: dict[str, int]) -> None:
    before = seen.setdefault(customer_id, line)
    if before != line:
        raise RowProblem(f"customer {customer_id} stands in line {before} already: remove one row", "customer_id")
