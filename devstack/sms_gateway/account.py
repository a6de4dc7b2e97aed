"""The account behind the simulated gateway: takes texts, carries them to handsets, answers look-ups, hands out reports."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.kept import GatewayMessage, GatewayStore
from devstack.sms_gateway.uplinks import Uplinks
from devstack.twilio.faults import Fault, Faults
from devstack.twilio.kept.phones import Handsets, Received
from services.kernel.clock import Clock

SID_PREFIX = "gw:"
"""What the product puts before our message ids in its rows: handsets name them so, and an audit compares the two."""
FAILED = {"undelivered": ("UNDELIV", 4001), "failed": ("REJECTD", 4005)}


class GatewayRefusal(Exception):
    """A code of the contract: nothing was created."""

    def __init__(self, code: int, *, retry_after: int | None = None) -> None:
        super().__init__(str(code))
        self.code, self.retry_after = code, retry_after


class GatewayAccount:
    """State of one account in one folder."""

    def __init__(self, folder: Path, clock: Clock, settings: GatewaySimulatorSettings) -> None:
        self.clock, self.settings = clock, settings
        self.faults = Faults(settings.seed)
        self.book = GatewayStore(folder)
        self.handsets = Handsets(folder)
        self.uplinks = Uplinks(self.book, clock, settings)
        self._numbers = count(len(self.book.all()) + 1)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._fates: dict[str, Fault | None] = {}

    @property
    def under_way(self) -> int:
        """How many messages have steps still to come."""
        return len(self._tasks)

    def resume(self) -> None:
        """Sets messages on their way again that a kill stopped."""
        for message in self.book.unfinished():
            self._start(message)
        self.uplinks.resume()

    def create(self, cust_id: str, mobile: str, content: str, valid_seconds: int) -> GatewayMessage:
        """Makes a message and sets it on its way.

        :raises GatewayRefusal: signature, country, opt-out.
        """
        settings = self.settings
        if not any(content.startswith(f"【{name}】") for name in settings.signatures):
            raise GatewayRefusal(1101)
        if settings.countries and not mobile.startswith(tuple(settings.countries)):
            raise GatewayRefusal(1201)
        if mobile in settings.opted_out:
            raise GatewayRefusal(3002)
        wall = self.clock.wall()
        message = GatewayMessage(
            msg_id=f"{wall:%y%m%d}{next(self._numbers):08d}",
            cust_id=cust_id,
            mobile=mobile,
            content=content,
            created=wall,
            valid_seconds=valid_seconds,
        )
        self.book.put(message, visible_at=asyncio.get_running_loop().time() + settings.list_lag_seconds)
        self._start(message)
        return message

    def found(
        self, *, ids: Iterable[str] = (), names: Iterable[str] = (), since: datetime | None, mobile: str | None = None
    ) -> list[GatewayMessage]:
        """What `query` shows: by message ids, by the senders' ids, or all since then.

        :raises GatewayRefusal: 1301, `since` lies before what is kept.
        """
        kept_since = self.clock.wall() - timedelta(hours=self.settings.kept_hours)
        if since is not None and since < kept_since:
            raise GatewayRefusal(1301)
        by_id, by_name = frozenset(ids), frozenset(names)
        return [
            one
            for one in self.book.visible(asyncio.get_running_loop().time())
            if one.created >= max(since or kept_since, kept_since)
            and (not by_id or one.msg_id in by_id)
            and (not by_name or one.cust_id in by_name)
            and mobile in (None, one.mobile)
        ]

    def batch(self, limit: int, ack: str | None) -> tuple[str, list[GatewayMessage], bool]:
        """Takes an acknowledgement and gives the next batch: its name, its messages, whether more wait."""
        if ack is not None:
            for message in self.book.waiting():
                if message.batch == ack:
                    self._put(message, acked=True)
        waiting = [one for one in self.book.waiting() if self._fate("callback", one) != "callback-lost"]
        given = waiting[:limit]
        if not given:
            return "", [], False
        name = f"b{given[0].msg_id}-{given[-1].msg_id}-{len(given)}"
        for message in given:
            if message.batch != name:
                self._put(message, batch=name)
        return name, given, len(waiting) > limit

    def _fate(self, stage: str, message: GatewayMessage) -> str | None:
        """Drawn once for each message, whoever asks how often."""
        if message.msg_id not in self._fates:
            self._fates[message.msg_id] = self.faults.draw(stage, message.mobile, message.msg_id)
        fault = self._fates[message.msg_id]
        return fault.kind if fault is not None else None

    def _start(self, message: GatewayMessage) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(message), name=f"deliver {message.msg_id}")
        self._tasks[message.msg_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(message.msg_id, None))

    async def _carry(self, message: GatewayMessage) -> None:
        fate = self.faults.draw("deliver", message.mobile, message.content)
        if message.state == "WAITING":
            await asyncio.sleep(self.settings.send_seconds)
            message = self._put(message, state="SENT")
        await asyncio.sleep(self.settings.deliver_seconds)
        if fate is not None and fate.kind in FAILED:
            state, code = FAILED[fate.kind]
            self._put(message, state=state, err_code=fate.code or code, done=self.clock.wall())
            return
        named, _, attempt = message.cust_id.rpartition(".")
        self.handsets.receive(
            Received(
                to=message.mobile,
                sender=message.content[1:].partition("】")[0],
                body=message.content,
                sid=f"{SID_PREFIX}{message.msg_id}",
                at=self.clock.now(),
                wall=self.clock.wall(),
                message_id=named or None,
                attempt=int(attempt) if attempt.isdigit() else None,
            )
        )
        if fate is None or fate.kind != "stuck-sent":
            self._put(message, state="DELIVRD", done=self.clock.wall())

    def _put(self, message: GatewayMessage, **changes: Any) -> GatewayMessage:
        changed = msgspec.structs.replace(message, **changes)
        self.book.put(changed)
        return changed

    async def settled(self) -> None:
        """Waits until no message is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def reset(self) -> None:
        """Empty handsets, no messages, no faults."""
        await self._stop()
        self.faults.rules.clear()
        self._fates.clear()
        self.book.reset()
        self.handsets.reset()

    async def close(self) -> None:
        """Stops at once; what was answered is in the journals."""
        await self._stop()
        self.book.close()
        self.handsets.close()

    async def _stop(self) -> None:
        await self.uplinks.stop()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
