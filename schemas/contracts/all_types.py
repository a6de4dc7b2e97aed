"""Every contract there is: type name → struct, topics, key."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from schemas.contracts import (
    audience,
    customers,
    dispatch,
    messages,
    network,
    notices,
    quarantine,
    receipts,
    restorations,
)
from schemas.contracts.base import Wire
from schemas.contracts.duty import tasks
from schemas.contracts.evidence import meters, replies

MODULES: tuple[ModuleType, ...] = (
    dispatch,
    notices,
    restorations,
    audience,
    messages,
    network,
    meters,
    customers,
    receipts,
    replies,
    tasks,
    quarantine,
)
TOPICS: tuple[str, ...] = tuple(module.TOPIC for module in MODULES)
COMPACTED: frozenset[str] = frozenset({network.TOPIC, meters.TOPIC, customers.TOPIC})

# The field that is the Kafka key, by topic: of these names the first that the type has and that is said. Without any the key says
# nothing that the data could contradict.
_KEY_FIELDS: Mapping[str, tuple[str, ...]] = {
    dispatch.TOPIC: ("mrid", "complaint_id", "enquiry_id", "hotline"),
    notices.TOPIC: ("mrid",),
    restorations.TOPIC: ("mrid", "complaint_id", "enquiry_id"),
    audience.TOPIC: ("customer_id",),
    messages.TOPIC: ("customer_id",),
    network.TOPIC: ("element_id", "switch", "model_id"),
    meters.TOPIC: ("usage_point",),
    customers.TOPIC: ("customer_id",),
    receipts.TOPIC: ("provider_sid",),
    replies.TOPIC: ("mrid",),
    tasks.TOPIC: ("concern",),
    quarantine.TOPIC: (),
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One published type."""

    struct: type[Wire]
    type: str
    topics: frozenset[str]

    @property
    def name(self) -> str:
        """The type without its version: planned.requested."""
        return self.type.rpartition(".v")[0]

    @property
    def version(self) -> int:
        """The version: 1."""
        return int(self.type.rpartition(".v")[2])


def key_of(topic: str, data: object) -> str | None:
    """The Kafka key that `data` must travel under on `topic`; None where any key will do."""
    said = (getattr(data, name) for name in _key_fields(type(data), topic))
    return next((key for key in said if isinstance(key, str)), None)


def key_name(struct: type[Wire], topic: str) -> str | None:
    """The wire name of the field that is the key on `topic`; None where any key will do."""
    name = next(iter(_key_fields(struct, topic)), None)
    fields = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    return fields.get(name) if name else None


def _key_fields(kind: type, topic: str) -> tuple[str, ...]:
    fields = getattr(kind, "__struct_fields__", ())
    return tuple(name for name in _KEY_FIELDS.get(topic, ()) if name in fields)


def _collect() -> dict[str, Contract]:
    topics: dict[str, set[str]] = {}
    structs: dict[str, type[Wire]] = {}
    for module in MODULES:
        for type_name, struct in module.TYPES.items():
            topics.setdefault(type_name, set()).add(module.TOPIC)
            structs[type_name] = struct
    return {name: Contract(structs[name], name, frozenset(topics[name])) for name in structs}


REGISTRY: Mapping[str, Contract] = _collect()
STRUCTS: Mapping[str, type[Wire]] = {name: contract.struct for name, contract in REGISTRY.items()}
TYPE_OF: Mapping[type[Wire], str] = {contract.struct: name for name, contract in REGISTRY.items()}
"""The newest type of each struct; what is written goes under `type_of`."""


def type_of(data: Wire) -> str:
    """The type under which `data` is written: the oldest that says all of it, so that readers who are not there yet read on."""
    match data:
        case customers.CustomerUpserted():
            return customers.type_of(data)
        case dispatch.FaultReported():
            return dispatch.type_of(data)
        case _:
            return TYPE_OF[type(data)]
