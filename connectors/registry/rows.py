"""Turn one row of a registry file into a contact or a customer; problems are worded so that a clerk can put them right."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from connectors.cells import converted, parts, position, yes
from connectors.registry.supplies import DEVICE, SUPPLIES, device_of, supplies_of
from connectors.table import CsvRow, RowProblem
from schemas.contracts.customers import Contact, CustomerUpserted
from services.kernel.bounds import PAYLOAD_BYTES
from services.places import distinct

LISTS = ("usage_points", "lines", "transformers", "areas")
NAMES = {"name_zh": "zh", "name_en": "en"}
"""What the customer is called in other languages, by column."""
OPTIONAL = (
    *(
        "address",
        "latitude",
        "longitude",
        "premises",
        "life_support",
        *DEVICE,
        "on_duty",
        "language",
        *NAMES,
        *LISTS,
        *SUPPLIES,
    ),
    "account_manager",
)
"""What a file may say of a customer beside who it is."""
PREMISES = {"单位": "site", "居民": "home", "家庭": "home", "site": "site", "home": "home"}
ON_DUTY = {"工作时间": "hours", "全天": "always", "hours": "hours", "always": "always"}
# The grades of 重要电力用户 as Chinese registries write them.
IMPORTANCE = {"特级": "special", "一级": "first", "二级": "second", "临时": "temporary", "临时性": "temporary"}
GRADES = ("special", "first", "second", "temporary")
DEFAULT_LANGUAGE = "zh-CN"
SPOKEN = ("zh", "en")
"""Languages that there are texts in (services/notifier/templates); each serves its regions."""


def customer_id_of(row: CsvRow) -> str:
    """The customer that a row is about.

    Raises:
        RowProblem: the cell is empty.

    """
    customer_id = row.get("customer_id")
    if not customer_id:
        raise RowProblem("customer_id is empty: give the registry's id of the customer", "customer_id")
    return customer_id


def contact_of(row: CsvRow, rank: int, *, role: str = "contact_role") -> Contact:
    """The contact of a row. `rank`: 1 is told first; `role`: the column that holds it.

    Raises:
        RowProblem: contact_id is empty or a cell cannot be used.

    """
    if not row.get("contact_id"):
        raise RowProblem("contact_id is empty: give each contact an id that stays the same", "contact_id")
    fields = {"contactId": row.get("contact_id"), "rank": rank, "canReply": yes(row, "can_reply")}
    if row.get(role):
        fields["role"] = row.get(role)
    return converted(fields, Contact)


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
        "names": {tag: row.get(column) for column, tag in NAMES.items() if row.get(column)},
        "importance": grade,
        "lifeSupport": yes(row, "life_support"),
        "language": language,
        "updatedAt": updated_at,
    }
    for name, wire_name in (("address", "address"), ("account_manager", "accountManager")):
        if row.get(name):
            fields[wire_name] = row.get(name)
    for name, wire_name, choices in (("premises", "premises", PREMISES), ("on_duty", "onDuty", ON_DUTY)):
        if row.get(name):
            fields[wire_name] = _chosen(row, name, choices)
    if (place := position(row)) is not None:
        fields["position"] = place
    if (device := device_of(row)) is not None:
        if not fields["lifeSupport"]:
            raise RowProblem("device is what keeps somebody alive: then life_support is yes", "life_support")
        fields["device"] = device
    lists = {name: list(distinct(parts(row, name))) for name in LISTS}
    supplies = supplies_of(row)
    if not any(lists.values()) and place is None and not any(len(one) > len(("id", "role")) for one in supplies):
        problem = (
            "no outage can be matched: fill at least one of usage_points, lines, transformers, areas, or supply1_line;"
            " or latitude and longitude, for outages that give a shape"
        )
        raise RowProblem(problem, "usage_points")
    fields |= {"usagePoints" if name == "usage_points" else name: items for name, items in lists.items()}
    fields["supplies"] = supplies
    customer = converted(fields, CustomerUpserted)
    customer = msgspec.structs.replace(customer, contacts=contacts) if contacts else customer
    if (size := len(msgspec.json.encode(customer))) > PAYLOAD_BYTES:
        longest = max(LISTS, key=lambda name: sum(map(len, lists[name])))
        problem = (
            f"this customer takes {size:,} bytes, and Kafka takes {PAYLOAD_BYTES:,} at once:"
            f" name fewer {longest}, or the line or area that they hang on"
        )
        raise RowProblem(problem, longest)
    return customer


def _chosen(row: CsvRow, name: str, choices: Mapping[str, str]) -> str:
    found = choices.get(row.get(name).lower())
    if found is None:
        words = [word for word in choices if word.isascii()]
        chinese = [word for word in choices if not word.isascii()]
        raise RowProblem(f"{name} must be {' or '.join(words)} (or {', '.join(chinese)})", name)
    return found
