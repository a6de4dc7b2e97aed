"""Look at one customer's phone, and answer from it: `city.phone("hospital").receives("停电")`, `city.answers("没电")`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Literal, NamedTuple

import msgspec

from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Decision
from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.replies.addressing import HandsetContact, HandsetFacts, HeldText

_sids = count(1)


class Phone:
    """The words that one customer was sent, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def receives(self, *words: str) -> str:
        """The newest text, which must say each of `words`."""
        assert self.texts, f"nothing was sent, and it should say {words}"
        missing = [word for word in words if word not in self.texts[-1]]
        assert missing == [], self.texts[-1]
        return self.texts[-1]


class Handsets(ABC):
    """Telephones from which people answer; each contact has one of its own, named after it, unless `numbers` says which."""

    now: datetime
    states: Mapping[str, Any]
    numbers: Mapping[str, str] = {}

    @abstractmethod
    def tell(self, stream: str, data: msgspec.Struct, recorded: datetime | None = None) -> Decision:
        """A word to a stream."""

    def answers(
        self,
        body: str,
        contact: str = "hospital-duty",
        *,
        sid: str | None = None,
        opt_out: Literal["stop", "start", "help"] | None = None,
        when: datetime | None = None,
        recorded: datetime | None = None,
    ) -> Decision:
        """A text comes from a contact's telephone; `recorded`: when the broker had it, if that is not now."""
        number = self.numbers.get(contact, contact)
        text = InboundReceived(
            provider="twilio",
            provider_sid=sid or f"SM{next(_sids)}",
            from_index=number,
            body=body,
            received_at=when or self.now,
            opt_out=opt_out,
        )
        return self.tell(f"handset/{number}", text, recorded)

    def known_of(self, number: str) -> HandsetFacts:
        """Who has a number, and what went to it, as the tables would have it."""
        contacts: list[HandsetContact] = []
        texts: list[HeldText] = []
        for stream, state in sorted(self.states.items()):
            if not isinstance(state, Customer) or state.profile is None:
                continue
            theirs = [
                c.contact_id for c in state.profile.contacts if self.numbers.get(c.contact_id, c.contact_id) == number
            ]
            contacts += [HandsetContact(stream.partition("/")[2], one) for one in theirs]
            texts += [
                HeldText(state.customer_id, text.contact_id, text.ref, text.mrids, text.trigger, text.said_at)
                for text in state.texts.values()
                if text.contact_id in theirs and text.settled
            ]
        # Of one instant the one that was asked for later is the later one.
        order = {id(text): number for number, text in enumerate(texts)}
        texts.sort(key=lambda text: (text.at, order[id(text)]), reverse=True)
        return HandsetFacts(tuple(contacts), tuple(texts))


class Line(NamedTuple):
    """One text as its reader has it: when it came (day and local time), and words that it says."""

    at: str
    says: Sequence[str]


def line(at: str, *says: str) -> Line:
    """`line("5 02:40", "预计7时左右")`."""
    return Line(at, says)


class Diary:
    """All that one handset holds, in order, each with the local time at which it might go."""

    def __init__(self, texts: Sequence[tuple[datetime, str]]) -> None:
        self.texts = [(f"{at.day} {at:%H:%M}", body) for at, body in texts]

    def reads(self, *lines: Line) -> None:
        """Just these, and no other: a story is as much what is not said."""
        whole = "\n".join(f"{at}  {body}" for at, body in self.texts)
        assert [at for at, _ in self.texts] == [one.at for one in lines], whole
        for (at, body), one in zip(self.texts, lines, strict=True):
            missing = [words for words in one.says if words not in body]
            assert missing == [], f"{at} does not say {missing}:\n{whole}"

    def never_says(self, *words: str) -> None:
        """None of it, in any of them."""
        for at, body in self.texts:
            assert not [one for one in words if one in body], f"{at}  {body}"
