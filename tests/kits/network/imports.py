"""Import networks on a topic in memory: what is planned, what is told, what the topic has then."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from operations.network.on_topic import HeardNetwork
from operations.network.planning import NetworkPlan, Word, changes, compared, digest_of, edition_word
from schemas.contracts.network import ModelRef, NetworkElement

DAY = datetime(2026, 3, 1, tzinfo=UTC)
NOW = DAY + timedelta(days=30)
FIRST = ModelRef(model_id="GIS", date=DAY)


def later(days: int, model: str = "GIS") -> ModelRef:
    return ModelRef(model_id=model, date=DAY + timedelta(days=days))


def of(edition: ModelRef, elements: Iterable[NetworkElement]) -> list[NetworkElement]:
    return [replace(one, model=edition) for one in elements]


def words(
    held: HeardNetwork[bytes], edition: ModelRef, elements: Sequence[NetworkElement], *, prune: bool = False
) -> list[Word]:
    """What an import of these elements tells, whole."""
    file = of(edition, elements)
    plan = compared(held, file, edition, prune=prune)
    told: list[Word] = list(changes(held, file, plan))
    assert len(told) == plan.due
    if word := edition_word(held, plan, NOW):
        told.append(word)
    return told


def topic(*said: Iterable[Word]) -> HeardNetwork[bytes]:
    """A topic on which this was said."""
    held = HeardNetwork(digest_of)
    for some in said:
        for word in some:
            held.take(word)
    return held


def imported(
    held: HeardNetwork[bytes], *files: tuple[ModelRef, Sequence[NetworkElement]], prune: bool = False
) -> list[Word]:
    """All that is told when these are imported one after the other; `held` hears it."""
    found: list[Word] = []
    for edition, elements in files:
        told = words(held, edition, elements, prune=prune)
        for word in told:
            held.take(word)
        found += told
    return found


def planned(
    held: HeardNetwork[bytes], edition: ModelRef, elements: Sequence[NetworkElement], *, prune: bool = False
) -> NetworkPlan:
    return compared(held, of(edition, elements), edition, prune=prune)
