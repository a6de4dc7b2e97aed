"""The provider beside a city in memory: it takes a text, refuses it, sends receipts, or the sender drops the text before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

import msgspec

from services.kernel.model import Decision
from services.notifier.domain.customer.conversation import RequestedText
from services.notifier.domain.events import AttemptAccepted, AttemptRefused, SendingExpired, SendingReceipt


class Provider(ABC):
    """What a city's provider does, in one line each; the city hears of it as the sender would report it."""

    now: datetime

    @abstractmethod
    def hears(self, data: msgspec.Struct) -> Decision:
        """A fact of any kind arrives."""

    @abstractmethod
    def texts(self, name: str = "hospital", *states: str) -> list[RequestedText]:
        """A customer's texts, in the order they were asked for."""

    def accepts(self, name: str = "hospital", text: RequestedText | None = None) -> Decision:
        """The provider takes the newest text under way (or `text`)."""
        chosen = text or self.texts(name, "requested")[-1]
        return self.hears(
            AttemptAccepted(
                message_id=chosen.message_id,
                customer_id=name,
                attempt=1,
                provider="twilio",
                provider_sid=f"SM{chosen.message_id}",
                at=self.now,
            )
        )

    def receipt(
        self, status: str, text: RequestedText, name: str = "hospital", sid: str | None = None, code: int | None = None
    ) -> Decision:
        return self.hears(
            SendingReceipt(
                message_id=text.message_id,
                customer_id=name,
                provider="twilio",
                provider_sid=sid or f"SM{text.message_id}",
                status=status,
                code=code,
                at=self.now,
            )
        )

    def refuses(
        self, reason: str = "bad-number", name: str = "hospital", *, permanent: bool = True, code: int | None = None
    ) -> Decision:
        text = self.texts(name, "requested")[-1]
        return self.hears(
            AttemptRefused(
                message_id=text.message_id,
                customer_id=name,
                attempt=1,
                reason=reason,
                code=code,
                permanent=permanent,
                at=self.now,
            )
        )

    def drops(self, name: str = "hospital") -> Decision:
        text = self.texts(name, "requested")[-1]
        return self.hears(SendingExpired(message_id=text.message_id, customer_id=name, at=self.now))
