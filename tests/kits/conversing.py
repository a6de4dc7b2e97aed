"""A conversation beside a small model of what is so and what its customer holds: nothing twice, nothing false, no silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.messages import MessageRequested
from services.kernel.model import Decision
from services.notifier.domain.customer.conversation import RequestedText
from services.notifier.domain.events import AttemptAccepted, AttemptRefused, SendingExpired
from services.policy.model import Telling
from tests.kits.deciders.notifier import MINUTE, City

TELLING: Final = Telling()
MARK: Final = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{2}")
"""A text's code, with the mark that makes each text another one to the letter."""
SENDING: Final = 2 * MINUTE
"""Within this the sender has looked for what may go."""
DARK: Final = frozenset({"out", "part-restored"})


@dataclass
class SmallModel:
    """What the conversation was told is so: of each outage the word with the highest number. That is all of it."""

    words: dict[str, CustomerTouched] = field(default_factory=dict)
    off_since: datetime | None = None
    """Since when, as the conversation heard, power is off; None: it is not."""
    on_since: datetime | None = None
    moved: int = 0
    """How often that changed."""

    def hears(self, word: CustomerTouched, now: datetime) -> None:
        """One word came; an older one than was heard before says nothing."""
        known = self.words.get(word.mrid)
        if known is not None and known.outage_version >= word.outage_version:
            return
        self.words[word.mrid] = word
        if self.is_off != (self.off_since is not None):
            self.off_since, self.on_since = (now, None) if self.is_off else (None, now)
            self.moved += 1

    @property
    def is_off(self) -> bool:
        """Whether some outage holds the customer."""
        return any(one.touched and one.status in DARK for one in self.words.values())

    @property
    def is_unsure(self) -> bool:
        """Whether power is said to be back, or its list lacks an outage, and nothing proves it: then words wait."""
        return any(
            one.touched and (one.proof_pending or one.perhaps_restored is not None) for one in self.words.values()
        )

    def allows(self, text: RequestedText, template: str) -> bool:
        """Whether what a text says is so. That supply is unstable is said of both."""
        believes = text.meant.believes
        if template.endswith("/unstable"):
            return True
        if believes in ("back", "not-touched"):
            return not self.is_off
        return believes != "out" or self.is_off


@dataclass
class Posted:
    """A text on its way to the provider: nobody can take it back, and no answer came yet."""

    text: RequestedText
    attempt: int = 1


class Conversation(City):
    """A city with one customer, whose sender and provider do what a test says, and whose every step is held to the model."""

    def __init__(self, now: datetime, customer: Any) -> None:
        self.model = SmallModel()
        self.posted: dict[str, Posted] = {}
        self.handset: list[tuple[datetime, RequestedText, str]] = []
        """What reached the provider, with its words, in order."""
        self.name = customer.customer_id
        self.asks_again = False
        """The customer has answered since: who asks how it stands is told once more."""
        super().__init__(now, customer, accept=False, telling=TELLING)

    def tell(self, stream: str, data: msgspec.Struct, recorded: datetime | None = None) -> Decision:
        """Whatever the conversation hears the model hears too."""
        if isinstance(data, CustomerTouched):
            self.model.hears(data, self.now)
        return super().tell(stream, data, recorded)

    # What the sender does

    def ready(self) -> list[RequestedText]:
        """Texts that may go now and are not on their way."""
        return [
            text
            for text in self.texts(self.name, "requested")
            if text.message_id not in self.posted and (text.not_before or self.now) <= self.now < text.expires_at
        ]

    def posts(self) -> bool:
        """The sender posts the first that may go; what it says must be so at this moment."""
        for text in self.ready()[:1]:
            assert self.model.allows(text, self.words(text).template_id), (
                f"known to be false when it goes: {self.body(text)}"
            )
            self.posted[text.message_id] = Posted(text)
            return True
        return False

    def answered(self, what: str) -> None:
        """The provider's answer to the oldest that is on its way, or what was found out about it."""
        if not self.posted:
            return
        posted = self.posted.pop(next(iter(self.posted)))
        text = posted.text
        if what == "accepted":
            self._takes(text)
            self.hears(
                AttemptAccepted(
                    message_id=text.message_id,
                    customer_id=self.name,
                    attempt=posted.attempt,
                    provider="twilio",
                    provider_sid=f"SM{text.message_id}",
                    at=self.now,
                )
            )
        else:
            self.hears(
                AttemptRefused(
                    message_id=text.message_id,
                    customer_id=self.name,
                    attempt=posted.attempt,
                    reason="bad-number" if what == "bad-number" else "provider-busy",
                    permanent=what == "bad-number",
                    at=self.now,
                )
            )

    def _takes(self, text: RequestedText) -> None:
        body = self.body(text)
        if self.handset:
            _, before, words = self.handset[-1]
            held = self.of(self.name).texts.get(before.message_id)
            same = MARK.sub("", words) == MARK.sub("", body)
            arrived = held is None or held.state in ("accepted", "delivered")
            again = same and arrived and before.contact_id == text.contact_id
            assert self.asks_again or not again, f"said twice: {body}"
        self.asks_again = False
        assert all(one.message_id != text.message_id for _, one, _ in self.handset), f"posted twice: {body}"
        self.handset.append((self.now, text, body))

    def expires(self) -> None:
        """The sender drops what is of no use any more."""
        for text in self.texts(self.name, "requested"):
            if text.expires_at <= self.now and text.message_id not in self.posted:
                self.hears(SendingExpired(message_id=text.message_id, customer_id=self.name, at=self.now))

    def receipts(self, status: str) -> None:
        """A receipt for the last text that was taken."""
        taken = self.texts(self.name, "accepted")
        if taken:
            self.receipt(status, taken[-1], self.name)

    def words(self, text: RequestedText) -> MessageRequested:
        """What was asked for with a text."""
        return next(one for one in self.asked if one.message_id == text.message_id)

    def body(self, text: RequestedText) -> str:
        """What its reader reads."""
        return self.words(text).body

    @property
    def asked(self) -> Sequence[MessageRequested]:
        """All that was asked for."""
        return self.requests(self.name)

    # What may die

    def dies(self) -> None:
        """The notifier is killed and reads its log again; what was on its way stays on its way."""
        for stream, state in self.states.items():
            decider = self.deciders[stream.partition("/")[0]]
            again = decider.initial(stream)
            for event in self.log.get(stream, ()):
                again = decider.evolve(again, event)
            assert decider.view(again) == decider.view(state), f"{stream} is another after a restart"
            self.states[stream] = again

    def a_quiet_while(self, minutes: float) -> None:
        """Time passes, and the sender and its provider do their work: every text goes as soon as it may."""
        end = self.now + timedelta(minutes=minutes)
        while self.now < end:
            self.moves_to(min(end, self.now + MINUTE))
            self.works()

    def works(self) -> None:
        """All that may go goes, and arrives."""
        self.expires()
        while self.posted:
            self.answered("accepted")
        while self.posts():
            self.answered("accepted")

    # What must hold

    def holds(self) -> None:
        """No text that may still go says what is known not to be so."""
        for text in self.texts(self.name, "requested"):
            on_its_way = text.message_id in self.posted
            assert on_its_way or self.model.allows(text, self.words(text).template_id), (
                f"may still go and is false: {self.body(text)}"
            )

    def breaks_silence(self) -> None:
        """After a while in which texts went: whoever is off knows so, and by when they hear more; whoever is not knows that."""
        state = self.of(self.name)
        if state.alarms or state.unsayable or state.hushed or self.model.is_unsure or self.held:
            return
        heard = [one for one in state.thread("supply") if one.settled]
        last = heard[-1].meant if heard else None
        if self.model.is_off:
            assert last is not None, "off, and told nothing"
            assert last.believes == "out", f"off, and told {last.believes}"
            until = last.next_word_by or (last.ert and last.ert + TELLING.about)
            assert until is not None, "off, and no next word promised"
            assert until + SENDING >= self.now, f"silent since {until}"
        elif last is not None and last.believes == "out":
            assert self.model.on_since is None, "power is back, and they take it to be off"
