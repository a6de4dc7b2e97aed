"""Read old data as new: one pure function per superseded version, chained until the newest.

A published version never changes (python -m schemas.tools.compat holds us to it), and the log keeps every version for ever.
To publish ert.changed.v2: add its struct beside v1, register it, and put here the function from v1 data to v2.
"""

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Upcaster = Callable[[Data], tuple[str, Data]]


def _customer_v2(data: Data) -> tuple[str, Data]:
    """The first version says nothing of supplies: its places are the customer's, whichever supply they are."""
    return "customer.upserted.v2", data


def _report_v2(data: Data) -> tuple[str, Data]:
    """The first version cannot leave its territory unsaid: what it leaves out is urban."""
    return "fault.reported.v2", {"territory": "urban", **data}


# Type name → (its successor's type name, the data in the successor's form). Pure: no clock, no look-up, no I/O.
UPCASTERS: Mapping[str, Upcaster] = {
    "customer.upserted.v1": _customer_v2,
    "fault.reported.v1": _report_v2,
}


def upcast(type_name: str, data: Data, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> tuple[str, Data]:
    """The newest type and form of `data` (wire names, as JSON objects); unchanged where nothing supersedes the type.

    Raises:
        LookupError: the upcasters lead in a circle.

    """
    seen = {type_name}
    while (upcaster := upcasters.get(type_name)) is not None:
        type_name, data = upcaster(data)
        if type_name in seen:
            raise LookupError(f"upcasters lead back to {type_name}: each must name a newer version")
        seen.add(type_name)
    return type_name, data
