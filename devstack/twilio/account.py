"""The account behind the simulated API: creates, cancels and receives texts, and remembers who opted out."""

import asyncio
import uuid
from pathlib import Path

from aiohttp import TCPConnector

from devstack.twilio.api.errors import TwilioRefusal
from devstack.twilio.api.requests import Draft, our_marks
from devstack.twilio.carrier import segments
from devstack.twilio.carrier.callbacks import Connect, Webhooks
from devstack.twilio.carrier.delivery import Delivery
from devstack.twilio.config import SAMPLE_SENDER, SimulatorSettings
from devstack.twilio.faults import Faults
from devstack.twilio.kept.messages import MessageStore, TwilioMessage
from devstack.twilio.kept.phones import Handsets
from services.kernel.clock import Clock

STOP_WORDS = frozenset({"CANCEL", "END", "QUIT", "STOP", "STOPALL", "UNSUBSCRIBE"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
ONE_WAY = ("+86",)
"""Where Twilio says that texts cannot be answered (https://www.twilio.com/en/guidelines/cn/sms)."""


class OneWayCountryError(Exception):
    """A text from this country cannot reach a sender of ours; confirm by another channel."""


class Account:
    """State of one account in one folder."""

    def __init__(
        self, folder: Path, clock: Clock, settings: SimulatorSettings, connector: Connect = TCPConnector
    ) -> None:
        self.clock, self.settings = clock, settings
        self.faults = Faults(settings.seed)
        self.book = MessageStore(folder)
        self.handsets = Handsets(folder)
        self.webhooks = Webhooks(settings, self.faults, connector)
        self.delivery = Delivery(
            settings=settings,
            faults=self.faults,
            book=self.book,
            handsets=self.handsets,
            webhooks=self.webhooks,
            clock=clock,
        )
        self._opted_out: set[str] = set()
        for message in self.book.all():
            if message.direction == "inbound":
                self._hear_keyword(message.sender or "", message.body)

    def resume(self) -> None:
        """Sets messages on their way again that a kill stopped."""
        for message in self.book.unfinished():
            self.delivery.start(message)

    def create(self, draft: Draft) -> TwilioMessage:
        """Creates a message and sets it on its way.

        :raises TwilioRefusal: 21610 for somebody who opted out, 21611 when the sender's queue is full.
        """
        if draft.to in self._opted_out:
            raise TwilioRefusal(21610)
        if draft.sender is not None and self.delivery.queue_is_full(draft.sender):
            raise TwilioRefusal(21611)
        message_id, attempt = our_marks(draft.status_callback)
        wall = self.clock.wall()
        message = TwilioMessage(
            sid=f"SM{uuid.uuid4().hex}",
            to=draft.to,
            sender=draft.sender,
            messaging_service_sid=draft.messaging_service_sid,
            body=draft.body,
            status="scheduled" if draft.send_at else "queued" if draft.sender else "accepted",
            created=wall,
            updated=wall,
            segments=segments.count(draft.body),
            status_callback=draft.status_callback,
            validity_seconds=draft.validity_seconds,
            send_at=draft.send_at,
            message_id=message_id,
            attempt=attempt,
        )
        lag = self.settings.list_lag_seconds
        self.book.add(message, visible_at=asyncio.get_running_loop().time() + lag)
        self.delivery.start(message)
        return message

    def cancel(self, message: TwilioMessage) -> None:
        """Takes a scheduled message back.

        :raises TwilioRefusal: 30409 once it left that state.
        """
        if message.status != "scheduled":
            raise TwilioRefusal(30409)
        self.delivery.cancel(message)

    async def receive(self, sender: str, body: str, to: str | None = None) -> tuple[str, int | None]:
        """A text from a handset: kept, then reported to the inbound address.

        :returns: the sid and the webhook's last HTTP status (None: no address set, or nobody answered).
        :raises OneWayCountryError: texts from there cannot be sent to us.
        """
        if sender.startswith(ONE_WAY):
            raise OneWayCountryError(f"texts from {ONE_WAY[0]} numbers cannot be answered; use another channel")
        wall = self.clock.wall()
        to = to or next(iter(self.settings.pool), SAMPLE_SENDER)
        message = TwilioMessage(
            sid=f"SM{uuid.uuid4().hex}",
            to=to,
            sender=sender,
            body=body,
            status="received",
            direction="inbound",
            created=wall,
            updated=wall,
            sent=wall,
            segments=segments.count(body),
        )
        self.book.add(message, visible_at=0.0)
        self._hear_keyword(sender, body)
        if self.settings.inbound_url is None:
            return message.sid, None
        fields = {
            "AccountSid": self.settings.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": sender,
            "MessageSid": message.sid,
            "NumMedia": "0",
            "NumSegments": str(message.segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": to,
        }
        return message.sid, await self.webhooks.call(self.settings.inbound_url, fields)

    def _hear_keyword(self, sender: str, body: str) -> None:
        # Only a text of one word counts (Twilio's keyword rules).
        word = body.strip().upper()
        if word in STOP_WORDS:
            self._opted_out.add(sender)
        elif word in START_WORDS:
            self._opted_out.discard(sender)

    async def reset(self) -> None:
        """Empty handsets, no messages, no faults, nobody opted out."""
        await self.delivery.close()
        self.faults.rules.clear()
        self.book.reset()
        self.handsets.reset()
        self._opted_out.clear()

    async def close(self) -> None:
        """Stops at once; what was answered is in the journals."""
        await self.delivery.close()
        await self.webhooks.close()
        self.book.close()
        self.handsets.close()
