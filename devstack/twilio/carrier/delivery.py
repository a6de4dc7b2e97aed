"""Carry a message to its handset: the sender's queue, the carrier, the receipts."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime

from devstack.twilio.carrier.callbacks import Webhooks
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault, Faults
from devstack.twilio.kept.messages import Change, MessageStore, TwilioMessage
from devstack.twilio.kept.phones import Handsets, Received
from services.kernel.clock import Clock

LOOK_SECONDS = 0.2
"""How often the clock is asked whether a message's time has come: it may be put ahead."""
FAILURE_CODES = {"undelivered": 30003, "failed": 30008}


class Delivery:
    """Moves messages on in real time, each in a task of its own, paced per sender."""

    def __init__(
        self,
        *,
        settings: SimulatorSettings,
        faults: Faults,
        book: MessageStore,
        handsets: Handsets,
        webhooks: Webhooks,
        clock: Clock,
    ) -> None:
        self._settings, self._faults, self._book = settings, faults, book
        self._handsets, self._webhooks, self._clock = handsets, webhooks, clock
        self._free_at: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def under_way(self) -> int:
        """How many messages have steps still to come."""
        return len(self._tasks)

    def sender_for(self, to: str) -> str:
        """The number of the pool that always writes to this recipient (Twilio's sticky sender)."""
        pool = self._settings.pool
        return pool[hashlib.blake2b(to.encode(), digest_size=2).digest()[0] % len(pool)]

    def backlog_seconds(self, sender: str) -> float:
        """How long a new text would wait in this sender's queue."""
        return max(0.0, self._free_at.get(sender, 0.0) - asyncio.get_running_loop().time())

    def queue_is_full(self, sender: str) -> bool:
        """Whether Twilio would refuse (or fail) more work for this sender."""
        return self.backlog_seconds(sender) >= self._settings.queue_hours * 3600

    def start(self, message: TwilioMessage) -> None:
        """Sets a message on its way; returns at once."""
        task = asyncio.get_running_loop().create_task(self._run(message), name=f"deliver {message.sid}")
        self._tasks[message.sid] = task
        task.add_done_callback(lambda _: self._tasks.pop(message.sid, None))

    def cancel(self, message: TwilioMessage) -> None:
        """Takes a scheduled message back."""
        task = self._tasks.pop(message.sid, None)
        if task is not None:
            task.cancel()
        self._step(message, "canceled")

    async def _run(self, message: TwilioMessage) -> None:
        fate = self._faults.draw("deliver", message.to, message.body)
        if message.status == "scheduled" and message.send_at is not None:
            while (left := (message.send_at - self._clock.wall()).total_seconds()) > 0:
                await asyncio.sleep(min(left, LOOK_SECONDS))
            self._step(message, "accepted")
        sender = message.sender or self.sender_for(message.to)
        if message.status == "accepted":
            if self.queue_is_full(sender):
                self._step(message, "failed", code=30001, sender=sender)
                return
            self._step(message, "queued", sender=sender)
        if message.status == "queued" and not await self._wait_in_queue(message, sender, fate):
            return
        if message.status == "sending":
            await asyncio.sleep(self._settings.send_seconds)
            self._step(message, "sent", sent=self._clock.wall())
        await self._reach_handset(message, fate)

    async def _wait_in_queue(self, message: TwilioMessage, sender: str, fate: Fault | None) -> bool:
        loop_time = asyncio.get_running_loop().time
        backlog = self.backlog_seconds(sender)
        if backlog > message.validity_seconds:
            # It will never get its turn, so it takes no place in the queue either.
            await asyncio.sleep(message.validity_seconds)
            self._step(message, "failed", code=30036)
            return False
        self._free_at[sender] = loop_time() + backlog + message.segments / self._settings.segments_per_second
        await asyncio.sleep(backlog)
        if fate is not None and fate.kind == "failed":
            self._step(message, "failed", code=fate.code or FAILURE_CODES["failed"])
            return False
        self._step(message, "sending")
        return True

    async def _reach_handset(self, message: TwilioMessage, fate: Fault | None) -> None:
        await asyncio.sleep(self._settings.deliver_seconds)
        if fate is not None and fate.kind == "undelivered":
            self._step(message, "undelivered", code=fate.code or FAILURE_CODES["undelivered"])
            return
        self._handsets.receive(
            Received(
                to=message.to,
                sender=message.sender or "",
                body=message.body,
                sid=message.sid,
                at=self._clock.now(),
                wall=self._clock.wall(),
                message_id=message.message_id,
                attempt=message.attempt,
            )
        )
        if fate is None or fate.kind != "stuck-sent":
            self._step(message, "delivered")

    def _step(
        self,
        message: TwilioMessage,
        status: str,
        *,
        code: int | None = None,
        sender: str | None = None,
        sent: datetime | None = None,
    ) -> None:
        wall = self._clock.wall()
        self._book.change(
            Change(sid=message.sid, status=status, updated=wall, error_code=code, sender=sender, sent=sent)
        )
        if message.status_callback:
            fields = callback_fields(message, self._settings.account_sid)
            self._webhooks.status(sid=message.sid, number=message.to, url=message.status_callback, fields=fields)

    async def close(self) -> None:
        """Stops every message where it stands; the journal knows where that is."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Waits until no message is under way (scheduled ones included)."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))


def callback_fields(message: TwilioMessage, account_sid: str) -> Mapping[str, str]:
    """The form of a status callback (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender or "",
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.messaging_service_sid:
        fields["MessagingServiceSid"] = message.messaging_service_sid
    if message.error_code is not None:
        fields["ErrorCode"] = str(message.error_code)
    return fields
