"""Hold a provider's list against our books: which of its messages are texts of ours, and where the two differ. Pure."""

import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, runtime_checkable

from services.notifier.domain.provider.port import LookupFailed
from services.notifier.domain.text_states import RECEIPT_EVENT, RowState, step
from services.notifier.domain.wording.likeness import differ_in_times_alone
from services.notifier.domain.wording.reference import MARK_LENGTH, REF_LENGTH, SPEAKABLE

DifferenceKind = Literal["message-not-in-our-books", "text-not-with-the-provider", "said-to-have-failed-after-all"]
THEIRS: Final[DifferenceKind] = "message-not-in-our-books"
OURS: Final[DifferenceKind] = "text-not-with-the-provider"
DENIED: Final[DifferenceKind] = "said-to-have-failed-after-all"

_CODE: Final = re.compile(
    rf"(?<![A-Za-z0-9])[{SPEAKABLE}]{{{REF_LENGTH}}}-[{SPEAKABLE}]{{{MARK_LENGTH},{2 * MARK_LENGTH}}}(?![A-Za-z0-9-])"
)
_OUT: Final[frozenset[RowState]] = frozenset({"sending", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """A message that went from the account, as the provider lists it."""

    sid: str
    status: str
    error_code: int | None
    created_at: datetime
    """As the provider dates it: whole seconds."""
    to: str = field(repr=False)
    """E.164. Kept out of `repr`, so that no log line can carry it by accident."""
    body: str = field(repr=False)
    message_id: str | None = None
    """Our id of the text, where the provider gives it back."""
    senders: frozenset[str]
    """Whom it came from, as far as the provider says: a number or name, a messaging service."""


@runtime_checkable
class MessageLister(Protocol):
    """A provider that shows what it has: what a reconciliation needs of it beside the port."""

    @property
    def sender(self) -> str:
        """Who our texts come from."""

    @property
    def keeps(self) -> timedelta | None:
        """For how long it surely knows its messages: what lacks of older ones says nothing. None: for as long as is asked for."""

    def listed(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[ListedMessage] | LookupFailed]:
        """Page after page what went from the account and was created in [since, until], newest first, whoever sent it.

        LookupFailed ends it: then the list was not seen whole, and says nothing of what it lacks.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedText:
    """A text of ours to the number that a message went to."""

    message_id: str
    customer_id: str
    body: str = field(repr=False)
    ref: str
    state: RowState
    attempts: int
    sid: str | None
    requested_at: datetime


def is_from(message: ListedMessage, sender: str) -> bool:
    """Whether a message came from our sender, and not from another system on the same account."""
    return sender in message.senders


def bears_a_code(body: str) -> bool:
    """Whether a text bears a code as ours do, a mark of its own behind it.

    >>> bears_a_code("Power is off. Ref K7M2X-3F"), bears_a_code("Your login code is 123456")
    (True, False)
    """
    return _CODE.search(body) is not None


def fitting(message: ListedMessage, texts: Iterable[BookedText]) -> BookedText | None:
    """The text that a message is: to the letter, else by its code where it differs in times alone; None where it is none.

    Of several that fit, one that has no id of the provider's yet; of those the one that was asked for first.
    """
    texts = tuple(texts)
    named = [text for text in texts if text.message_id == message.message_id]
    fit = named or [text for text in texts if message.body == text.body or _alike(message.body, text)]
    return min(fit, key=lambda text: (message.body != text.body, text.sid is not None, text.requested_at), default=None)


def _alike(body: str, text: BookedText) -> bool:
    return bool(text.ref) and text.ref in body and differ_in_times_alone(body, text.body)


def is_being_seen_to(text: BookedText) -> bool:
    """Whether an attempt at it is out: its own answer, or its look-up, says what became of it."""
    return text.state in _OUT


def settles(state: RowState, status: str) -> bool:
    """Whether the provider's word on a text takes its row further: a receipt that never came."""
    event = RECEIPT_EVENT.get(status)
    return event is not None and step(state, event) is not None


def denies(state: RowState, status: str) -> bool:
    """Whether the provider now says of a text that arrived by its own receipt that it did not; which is right nobody knows."""
    return state == "delivered" and RECEIPT_EVENT.get(status) == "receipt-undelivered"


def unknown_here(listed: Collection[ListedMessage], sender: str, known: Collection[str]) -> list[ListedMessage]:
    """Those of `listed` from our sender whose id is not among the `known` ones."""
    return [one for one in listed if is_from(one, sender) and one.sid not in known]
