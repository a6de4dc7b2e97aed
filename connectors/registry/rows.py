"""Turn one row of a registry file into a contact or a customer; problems are worded so that a clerk can put them right."""

import re
from datetime import datetime
from typing import TypeVar

import msgspec

from connectors.registry.table import CsvRow, RowProblem
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.errors import in_words
from services.kernel.bounds import PAYLOAD_BYTES
from services.places import distinct

T = TypeVar("T", Contact, CustomerUpserted)
LISTS = ("usage_points", "lines", "transformers", "areas")
YES = frozenset({"yes", "y", "true", "1", "是"})
NO = frozenset({"", "no", "n", "false", "0", "否"})
# The grades of 重要电力用户 as Chinese registries write them.
IMPORTANCE = {"特级": "special", "一级": "first", "二级": "second", "临时": "temporary", "临时性": "temporary"}
GRADES = ("special", "first", "second", "temporary")
DEFAULT_LANGUAGE = "zh-CN"
SPOKEN = ("zh", "en")
"""Languages that there are texts in (services/notifier/templates); each serves its regions."""
# What parts names in a cell. A comma of ASCII may stand within a name ("St Mary's, Gate 3"), so it parts nothing.
_PARTS = re.compile("[;；、，]")


def contact_of(row: CsvRow, rank: int, *, role: str = "contact_role") -> Contact:
    """The contact of a row. `rank`: 1 is told first; `role`: the column that holds it.

    Raises:
        RowProblem: contact_id is empty or a cell cannot be used.

    """
    if not row.get("contact_id"):
        raise RowProblem("contact_id is empty: give each contact an id that stays the same", "contact_id")
    fields = {"contactId": row.get("contact_id"), "rank": rank, "canReply": _yes(row, "can_reply")}
    if row.get(role):
        fields["role"] = row.get(role)
    return _converted(fields, Contact)


def customer_of(row: CsvRow, contacts: tuple[Contact, ...], updated_at: datetime) -> CustomerUpserted:
    """The customer of its first row.

    Raises:
        RowProblem: a cell cannot be used, or nothing says which outages concern the customer.

    """
    grade = IMPORTANCE.get(row.get("importance"), row.get("importance"))
    if grade not in GRADES:
        problem = f"importance must be one of {', '.join(GRADES)} (or 特级, 一级, 二级, 临时)"
        raise RowProblem(problem, "importance")
    language = row.get("language") or DEFAULT_LANGUAGE
    if language.partition("-")[0].lower() not in SPOKEN:
        problem = f"there are no texts in language {language!r}: write zh-CN or en"
        raise RowProblem(problem, "language")
    fields: dict[str, object] = {
        "customerId": row.get("customer_id"),
        "name": row.get("name"),
        "importance": grade,
        "lifeSupport": _yes(row, "life_support"),
        "language": language,
        "updatedAt": updated_at,
    }
    for name, wire_name in (("address", "address"), ("account_manager", "accountManager")):
        if row.get(name):
            fields[wire_name] = row.get(name)
    lists = {name: _list(row, name) for name in LISTS}
    if not any(lists.values()):
        problem = "no outage can be matched: fill at least one of usage_points, lines, transformers, areas"
        raise RowProblem(problem, "usage_points")
    fields |= {"usagePoints" if name == "usage_points" else name: items for name, items in lists.items()}
    customer = _converted(fields, CustomerUpserted)
    customer = msgspec.structs.replace(customer, contacts=contacts) if contacts else customer
    if (size := len(msgspec.json.encode(customer))) > PAYLOAD_BYTES:
        longest = max(LISTS, key=lambda name: sum(map(len, lists[name])))
        problem = (
            f"this customer takes {size:,} bytes, and Kafka takes {PAYLOAD_BYTES:,} at once:"
            f" name fewer {longest}, or the line or area that they hang on"
        )
        raise RowProblem(problem, longest)
    return customer


def _list(row: CsvRow, name: str) -> list[str]:
    """A cell's names between semicolons, of any width, or between 、 and ，: each place once."""
    return list(distinct(item.strip() for item in _PARTS.split(row.get(name))))


def _yes(row: CsvRow, name: str) -> bool:
    word = row.get(name).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowProblem(f"{name} must be yes or no (or empty for no)", name)


def _converted(fields: dict[str, object], struct: type[T]) -> T:
    try:
        return msgspec.convert(fields, struct)
    except msgspec.ValidationError as error:
        # msgspec names the wire's field (` - at `$.customerId``); the clerk knows the column.
        message, _, path = str(error).partition(" - at `$.")
        column = re.sub(r"([A-Z])", r"_\1", path.strip("`").partition("[")[0]).lower()
        problem = f"{column or 'a cell'} cannot be used (it {in_words(message)}): correct it"
        raise RowProblem(problem, column or None) from None
