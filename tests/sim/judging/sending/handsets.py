"""What came to a telephone that several customers have: for whom each text speaks, and how many there were in an hour.

For whom is read from the words: a text that names other sites, and says what theirs would have said, is their text as well.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from tests.sim.judging.storms import short

if TYPE_CHECKING:
    from tests.sim.city.provider import Created
    from tests.sim.city.stage import Stage

WITHIN: Final = timedelta(hours=1)
UNDER_WAY: Final = timedelta(seconds=15)
"""So long after its claim a text may be handed over."""
LAST_PLACE: Final = frozenset({"restored", "part-restored", "reopened", "correction"})
"""Kinds for which the last place of an hour is kept, and templates of other kinds that say the same."""
LAST_WORDS: Final = frozenset({"corrected", "reclassified"})
_FRAMES: Final = """
select m.data ->> 'messageId' as message_id, r.data ->> 'customerId' as customer_id, r.data ->> 'contactId' as contact_id,
  r.data ->> 'body' as body, m.data -> 'frame' as frame, (r.data ->> 'requestedAt')::timestamptz as asked_at
from event m join event r on r.type = 'message.requested.v1' and r.data ->> 'messageId' = m.data ->> 'messageId'
where m.type = 'text.meant.v1' and m.data ->> 'frame' is not null
order by r.position
"""


@dataclass(frozen=True, slots=True)
class FramedText:
    """A text that was asked for and may be said together with others. `words`: what it says but for site and code."""

    message_id: str
    customer_id: str
    contact_id: str
    body: str
    words: str
    site: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class HandsetText:
    """A message that a telephone got: when it was handed over, what about and in which words."""

    at: datetime
    trigger: str
    template: str

    @property
    def keeps_last(self) -> bool:
        """Whether the last place of an hour is kept for such words."""
        return self.trigger in LAST_PLACE or self.template.rpartition("/")[2] in LAST_WORDS


async def framed(stage: "Stage") -> dict[str, FramedText]:
    """All that may be said together with others, by id."""
    found = {}
    for row in await stage.city.logs["notifier"].fetch(_FRAMES):
        frame = msgspec.json.decode(row["frame"])
        found[row["message_id"]] = FramedText(
            row["message_id"],
            row["customer_id"],
            row["contact_id"],
            row["body"],
            f"{frame['language']} {frame['words']}",
            frame["site"],
            row["asked_at"],
        )
    return found


def spoken_for(
    made: "Created", frames: Mapping[str, FramedText], numbers_of: Mapping[str, Collection[str]]
) -> list[str]:
    """The texts to other customers that a message says, too: the last of each that was asked for by then."""
    own = frames.get(made.message_id)
    if own is None or own.body in made.body:
        return []
    found: dict[str, str] = {}
    for one in frames.values():
        is_theirs = made.to in numbers_of.get(one.contact_id, ()) and one.asked_at <= made.written
        if is_theirs and one.customer_id != own.customer_id and one.words == own.words and one.site in made.body:
            found[one.customer_id] = one.message_id
    return [*found.values()]


def crowded(texts: Iterable[HandsetText], most: int) -> Iterator[str]:
    """Texts for which one telephone had no room: more than `most` in an hour, or in the last place another word than it is for."""
    ordered = sorted(texts, key=lambda text: text.at)
    for number, text in enumerate(ordered):
        before = sum(text.at - one.at < WITHIN - UNDER_WAY for one in ordered[:number])
        if before >= most or (before == most - 1 and not text.keeps_last):
            yield f"{text.trigger} at {short(text.at)} is text {before + 1} of its hour, and {most} have room"


def turned_away(refused: Iterable[tuple[datetime, str]], claimed: Sequence[datetime], most: int) -> Iterator[str]:
    """Texts (when, why) that were turned away though there was room. `claimed`: when texts to the telephone were."""
    for at, why in refused:
        before = sum(at - WITHIN - UNDER_WAY < one <= at for one in claimed)
        if before < (most if why == "handset-spent" else most - 1):
            yield f"turned away at {short(at)} as {why}, and the hour had {before} texts"
