"""Every field in which a log holds what is personal is one that is forgotten, however deep it stands in its event."""

from collections.abc import Mapping

import asyncpg
import msgspec

from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.dispatch import FieldFact
from services.kernel.operating import STRUCTS as OPERATING
from services.kernel.operating import OperatorRequested
from services.kernel.operators.actions import actions_of
from services.merging.words import FactOfMerged
from services.plausibility import FactHeld
from tests.kits.forgetting.personal import WITHIN_LIST, Inner, PersonalField, personal_fields
from tests.kits.stack.databases import database

SERVICES = ("planner", "notifier", "restorer")
ASKED = "operator.requested.v1"
KEPT_BY: Mapping[str, frozenset[str]] = {
    "message.requested.v1": frozenset({"notifier"}),
    "message.accepted.v1": frozenset({"notifier"}),
    "text.meant.v1": frozenset({"notifier"}),
    "customer.upserted.v1": frozenset({"notifier"}),
    "customer.upserted.v2": frozenset({"notifier"}),
    "callback.answered.v1": frozenset({"notifier"}),
    "customer.called-back.v1": frozenset({"notifier"}),
    "reply.received.v1": frozenset({"notifier"}),
    "enquiry.received.v1": frozenset({"restorer"}),
    "enquiry.received.v2": frozenset({"restorer"}),
    "complaint.received.v1": frozenset({"restorer"}),
    "complaint.received.v2": frozenset({"restorer"}),
    "followup.done.v1": frozenset({"restorer"}),
    "fact.held.v1": frozenset({"restorer"}),
    "task.done.v1": frozenset(SERVICES),
    ASKED: frozenset({"notifier", "restorer"}),
    # Words between parts of a service, or on a topic, that no log keeps.
    "inbound.received.v1": frozenset(),
    "fact.of-merged.v1": frozenset(),
    "followup.recorded.v1": frozenset(),
    "operator.request.v1": frozenset(),
}
"""Whose log has events of this type with something personal in them."""
NOTED: Mapping[str, set[PersonalField]] = {ASKED: {PersonalField(("why",), "notes")}}
"""What `task done` notes stands where every request has its reason, so that no contract can say it."""


def _personal(service: str) -> dict[str, set[PersonalField]]:
    """By type, what events may hold that is personal, as the contracts say."""
    loaded = load(service, Where(postgres="postgresql://nowhere"))
    facts = tuple(one for one in STRUCTS.values() if issubclass(one, FieldFact))
    details = tuple(action.detail for action in actions_of(loaded).values())
    inner: Inner = {
        (FactHeld, "body"): facts,
        (FactOfMerged, "body"): facts,
        (OperatorRequested, "detail"): details,
    }
    found = {name: personal_fields(kind, inner) for name, kind in {**loaded.structs, **OPERATING}.items()}
    return {name: fields for name, fields in found.items() if fields}


async def _forgettable(connection: asyncpg.Connection) -> dict[str, set[PersonalField]]:
    found: dict[str, set[PersonalField]] = {}
    for row in await connection.fetch("select rule, type, coalesce(path, array[field]) as path from forgettable"):
        found.setdefault(row["type"], set()).add(PersonalField(tuple(row["path"]), row["rule"]))
    return found


async def test_whatever_is_personal_in_an_event_is_forgotten_in_every_log_that_keeps_it(postgres: str) -> None:
    for service in SERVICES:
        personal = _personal(service)
        unknown = personal.keys() - KEPT_BY.keys()
        assert not unknown, f"say above whose log has {unknown}, and have it forgotten there"
        async with database(postgres, service) as dsn:
            connection = await asyncpg.connect(dsn, server_settings={"search_path": service})
            try:
                forgettable = await _forgettable(connection)
            finally:
                await connection.close()
        for name, fields in personal.items():
            assert all(WITHIN_LIST not in one.path for one in fields), f"{name}: nothing is taken out of lists"
            if service in KEPT_BY[name]:
                wanted = fields | NOTED.get(name, set())
                assert wanted <= forgettable.get(name, set()), (service, name)


async def test_what_is_forgotten_is_what_a_contract_calls_personal(postgres: str) -> None:
    for service in SERVICES:
        personal = _personal(service)
        async with database(postgres, service) as dsn:
            connection = await asyncpg.connect(dsn, server_settings={"search_path": service})
            try:
                rows = await _forgettable(connection)
            finally:
                await connection.close()
        # Of the first texts and profiles a version before this contract wrote less; of requests every service has the rows.
        for name, fields in rows.items():
            known = personal.get(name, set()) | NOTED.get(name, set())
            if name in STRUCTS and name != "message.requested.v2":
                assert fields <= known, (service, name)


def test_a_field_deep_in_another_is_found_with_its_way() -> None:
    class Inside(msgspec.Struct):
        subject: str

    assert personal_fields(Inside, {}) == set()
    held = personal_fields(FactHeld, {(FactHeld, "body"): tuple(STRUCTS[n] for n in ("complaint.received.v1",))})
    assert held == {PersonalField(("body", "subject"), "words")}
