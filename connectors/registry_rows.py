"""One row of a registry file → contact, phone, customer; what is wrong is said so that a clerk can put it right."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
import phonenumbers

from schemas.customers import Contact, CustomerUpserted

T = TypeVar("T", Contact, CustomerUpserted)
LISTS = ("usage_points", "lines", "transformers", "areas")
YES = frozenset({"yes", "y", "true", "1", "是"})
NO = frozenset({"", "no", "n", "false", "0", "否"})
# The grades of 重要电力用户 as Chinese registries write them.
IMPORTANCE = {"特级": "special", "一级": "first", "二级": "second", "临时": "temporary", "临时性": "temporary"}
GRADES = ("special", "first", "second", "temporary")
DEFAULT_LANGUAGE = "zh-CN"


class RowProblem(ValueError):
    """What is wrong in a row and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by column, trimmed, and the line on which the row begins."""

    line: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        """A cell; empty where the column is absent."""
        return self.cells.get(name, "")


def contact_of(row: Row, rank: int) -> Contact:
    """The contact of a row; the first row of a customer is told first.

    Raises:
        RowProblem: contact_id is empty or a cell cannot be used.

    """
    if not row.get("contact_id"):
        raise RowProblem("contact_id is empty: give each contact an id that stays the same")
    fields = {"contactId": row.get("contact_id"), "rank": rank, "canReply": _yes(row, "can_reply")}
    if row.get("contact_role"):
        fields["role"] = row.get("contact_role")
    return _converted(fields, Contact)


def phone_of(row: Row) -> str:
    """The phone in E.164; spaces, dots, dashes and brackets are taken out.

    Raises:
        RowProblem: it is empty, lacks the country code, or no such number can exist.

    """
    written = row.get("phone")
    if not written:
        raise RowProblem("phone is empty: a contact without a number cannot be told")
    if not written.startswith("+"):
        raise RowProblem("phone has no country code: write it as +86… (format the column as text in the spreadsheet)")
    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        raise RowProblem("phone is no phone number: check its digits") from None
    if number.extension or not phonenumbers.is_possible_number(number):
        raise RowProblem("phone has too few or too many digits for its country, or an extension: check it")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def customer_of(row: Row, contacts: tuple[Contact, ...], updated_at: datetime) -> CustomerUpserted:
    """The customer of its first row.

    Raises:
        RowProblem: a cell cannot be used, or nothing says which outages concern the customer.

    """
    grade = IMPORTANCE.get(row.get("importance"), row.get("importance"))
    if grade not in GRADES:
        raise RowProblem(f"importance must be one of {', '.join(GRADES)} (or 特级, 一级, 二级, 临时)")
    fields: dict[str, object] = {
        "customerId": row.get("customer_id"),
        "name": row.get("name"),
        "importance": grade,
        "lifeSupport": _yes(row, "life_support"),
        "language": row.get("language") or DEFAULT_LANGUAGE,
        "updatedAt": updated_at,
    }
    for name, wire_name in (("address", "address"), ("account_manager", "accountManager")):
        if row.get(name):
            fields[wire_name] = row.get(name)
    lists = {name: _list(row, name) for name in LISTS}
    if not any(lists.values()):
        raise RowProblem("no outage can be matched: fill at least one of usage_points, lines, transformers, areas")
    fields |= {"usagePoints" if name == "usage_points" else name: items for name, items in lists.items()}
    return msgspec.structs.replace(_converted(fields, CustomerUpserted), contacts=contacts)


def _list(row: Row, name: str) -> list[str]:
    """A cell's items between semicolons; the full-width ； serves too."""
    items = (item.strip() for item in row.get(name).replace("；", ";").split(";"))
    return list(dict.fromkeys(item for item in items if item))


def _yes(row: Row, name: str) -> bool:
    word = row.get(name).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowProblem(f"{name} must be yes or no (or empty for no)")


def _converted(fields: dict[str, object], struct: type[T]) -> T:
    try:
        return msgspec.convert(fields, struct)
    except msgspec.ValidationError as error:
        # msgspec names the wire's field (` - at `$.customerId``); the clerk knows the column.
        message, _, path = str(error).partition(" - at `$.")
        column = re.sub(r"([A-Z])", r"_\1", path.strip("`").partition("[")[0]).lower()
        raise RowProblem(f"{column or 'a cell'} cannot be used ({message}): correct it") from None
