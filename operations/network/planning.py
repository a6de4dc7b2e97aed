"""Compare an edition of a network model with what the topic holds of it, and say what has to be told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from operations.errors import Refused
from operations.network.on_topic import HeardNetwork
from operations.times import Times
from schemas.cloudevent import CloudEvent, KafkaMessage, content_hash, to_kafka
from schemas.contracts.all_types import TYPE_OF, key_of
from schemas.contracts.base import encode
from schemas.contracts.network import TOPIC, ModelRef, NetworkElement, NetworkElementRemoved, NetworkModelImported
from schemas.element_digest import digest_of_bytes, edition, element_bytes, element_digest, summed
from schemas.errors import in_words

SOURCE = "/outage/network-import"
PRUNE_SHARE = 20
"""One in so many may be pruned without being asked twice."""
LONGEST_KEY = 100
Word = NetworkElement | NetworkElementRemoved | NetworkModelImported

_DECODER = msgspec.json.Decoder(NetworkElement)


@dataclass(slots=True)
class NetworkPlan:
    """What an import comes to."""

    edition: ModelRef
    elements: int = 0
    """Elements that the file names well."""
    total: int = 0
    """The sum of what their digests count (schemas/element_digest.py)."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_over: int = 0
    """Of those changed, those that were another model's until now."""
    known: int = 0
    """Elements of the model that the topic had."""
    missing: tuple[str, ...] = ()
    """Those of them that are not in the file."""
    prune: bool = False
    refused: bool = False
    sent: int = 0
    """Words on elements that Kafka took."""
    whole: bool = False
    """The topic has the edition whole, and says so."""
    said_whole: bool = False
    """It was this import that said so."""

    @property
    def complete(self) -> bool:
        """Whether the topic, once all is told, has the elements of the file and no other of this model."""
        return not self.missing or self.prune

    @property
    def pruned(self) -> tuple[str, ...]:
        """The elements that are removed from the topic."""
        return self.missing if self.prune else ()

    @property
    def due(self) -> int:
        """Words on elements that have to be told."""
        return self.new + self.changed + len(self.pruned)


def digest_of(element: NetworkElement) -> bytes:
    """A digest of all that is said of an element, whichever edition of which model says so.

    Raises:
        Refused: no such element can travel.

    """
    raw = element_bytes(element)
    try:
        _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(f"the element {element.element_id} cannot be told: it {in_words(str(error))}") from None
    return digest_of_bytes(raw)


def compared(
    held: HeardNetwork[bytes], elements: Iterable[NetworkElement], edition: ModelRef, *, prune: bool
) -> NetworkPlan:
    """What the topic, which holds these digests, lacks of an edition.

    Raises:
        Refused: an element cannot travel, or has the id of the model.

    """
    known = held.of(edition.model_id)
    plan, missing = NetworkPlan(edition, known=len(known), prune=prune), set(known)
    for element in elements:
        plan.elements += 1
        missing.discard(element.element_id)
        if edition.model_id in _keys(element):
            raise Refused(
                f"{edition.model_id} is the id of an element or a switch: give the model another one (--model)"
            )
        before, now = known.get(element.element_id), digest_of(element)
        plan.total += summed(now)
        if before == now:
            plan.unchanged += 1
        elif before is not None:
            plan.changed += 1
        elif held.owner(element.element_id) is not None:
            plan.changed += 1
            plan.taken_over += 1
        else:
            plan.new += 1
    plan.missing = tuple(sorted(missing))
    return plan


def _keys(element: NetworkElement) -> Iterator[str]:
    yield element.element_id
    for feed in element.fed_from:
        yield from (way.switch for way in feed.through)


def changes(held: HeardNetwork[bytes], elements: Iterable[NetworkElement], plan: NetworkPlan) -> Iterator[Word]:
    """The words on elements that are due, of the same elements in the same order as `compared` saw."""
    known = held.of(plan.edition.model_id)
    yield from (element for element in elements if known.get(element.element_id) != element_digest(element))
    yield from (NetworkElementRemoved(element_id=one, model=plan.edition) for one in plan.pruned)


def edition_word(
    held: HeardNetwork[bytes], plan: NetworkPlan, now: datetime, by: str | None = None
) -> NetworkModelImported | None:
    """That the edition is there whole, and by whom; for after all other words. None where it will not be, or it is said already."""
    said = held.whole.get(plan.edition.model_id)
    said_before = said is not None and said.date == plan.edition.date and not plan.due
    if said_before or not plan.complete:
        return None
    return edition(plan.edition, plan.elements, [plan.total], now, by)


def too_old(held: HeardNetwork[bytes], edition: ModelRef, times: Times) -> str | None:
    """Why an edition cannot follow what the topic has, and the way on."""
    newest = held.newest.get(edition.model_id)
    if newest is None or newest <= edition.date:
        return None
    return (
        f"the topic has an edition of {edition.model_id} of {times.at(newest)}, and this one is of {times.at(edition.date)}, "
        f"so it is older ({times.note.removesuffix('.')}). If it is the right one all the same, save it again: its date is "
        "when the file was written. If it is another network, give it a name of its own: --model ID"
    )


def objection(held: HeardNetwork[bytes], plan: NetworkPlan, *, yes: bool) -> str | None:
    """Why a plan must not be carried out as it is, and the way on."""
    said = held.whole.get(plan.edition.model_id)
    if said is not None and said.date == plan.edition.date and plan.new + plan.changed:
        return (
            f"the topic has the edition of this date whole, and this file says otherwise of {plan.new + plan.changed:,} "
            "elements: one edition says one thing. Save the file again, so that it has a date of its own"
        )
    if len(plan.pruned) * PRUNE_SHARE > plan.known and not yes:
        return (
            f"{len(plan.pruned):,} of {plan.known:,} elements of {plan.edition.model_id} are not in the file, more than one in "
            f"{PRUNE_SHARE}: is it the whole network? If they are to go, add --yes"
        )
    return None


def event_of(word: Word) -> KafkaMessage:
    """A word as it travels. Its id is that of the content: the same element in the same edition is taken once."""
    key = key_of(TOPIC, word) or ""
    event = CloudEvent(
        source=SOURCE,
        id=f"{key[:LONGEST_KEY]}/{content_hash(encode(word)).hex()[:32]}",
        type=TYPE_OF[type(word)],
        time=word.imported_at if isinstance(word, NetworkModelImported) else word.model.date,
        data=word,
    )
    return to_kafka(event)
