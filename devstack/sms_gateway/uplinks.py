"""Texts that handsets send to the simulated gateway: kept until they are fetched, or pushed, and acknowledged."""

import asyncio
import json
import secrets
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.kept import GatewayStore, GatewayUplink
from devstack.sms_gateway.signing import signature_of
from services.kernel.clock import Clock

HTTP_OK = 200
MOST_PUSHED = 100


class Uplinks:
    """Those of one account. Pushed where the settings name an address, each batch until it is taken; else they wait."""

    def __init__(self, book: GatewayStore, clock: Clock, settings: GatewaySimulatorSettings) -> None:
        self._book, self._clock, self._settings = book, clock, settings
        self._pushing: asyncio.Task[None] | None = None
        self.refused = 0
        """How many pushes were not answered with code 0."""

    def waiting(self) -> list[GatewayUplink]:
        """Those that nobody has acknowledged, oldest first."""
        return [one for one in self._book.uplinks() if not one.acked]

    def receive(self, mobile: str, content: str, mo_id: str | None = None) -> GatewayUplink:
        """A handset sends a text. `mo_id`: its id, where it is to have a certain one; one that is known is given once more."""
        wall, number = self._clock.wall(), len(self._book.uplinks()) + 1
        known = next((one for one in self._book.uplinks() if one.mo_id == mo_id), None)
        name = mo_id or f"mo{wall:%y%m%d%H%M%S%f}{number:04d}"
        uplink = known or GatewayUplink(mo_id=name, mobile=mobile, content=content, received=self._clock.now())
        uplink.acked, uplink.batch = False, None
        self._book.put_uplink(uplink)
        self.resume()
        return uplink

    def batch(self, limit: int, ack: str | None) -> tuple[str, list[GatewayUplink], bool]:
        """Takes an acknowledgement and gives the next batch: its name, its texts, whether more wait."""
        if ack is not None:
            for one in self.waiting():
                if one.batch == ack:
                    one.acked = True
                    self._book.put_uplink(one)
        waiting = self.waiting()
        given = waiting[:limit]
        if not given:
            return "", [], False
        name = f"u{given[0].mo_id}-{given[-1].mo_id}-{len(given)}"
        for one in given:
            if one.batch != name:
                one.batch = name
                self._book.put_uplink(one)
        return name, given, len(waiting) > limit

    def resume(self) -> None:
        """Pushes what waits, where there is somewhere to push it to."""
        if self._settings.uplink_url is not None and (self._pushing is None or self._pushing.done()):
            self._pushing = asyncio.get_running_loop().create_task(self._push(), name="push uplinks")

    async def _push(self) -> None:
        async with aiohttp.ClientSession() as session:
            while (given := self.waiting()[:MOST_PUSHED]) and (url := self._settings.uplink_url) is not None:
                if await self._is_taken(session, url, given):
                    for one in given:
                        one.acked = True
                        self._book.put_uplink(one)
                else:
                    self.refused += 1
                    await asyncio.sleep(self._settings.push_again_seconds)

    async def _is_taken(self, session: aiohttp.ClientSession, url: str, given: list[GatewayUplink]) -> bool:
        body = json.dumps({"uplinks": [shown(one) for one in given]}, ensure_ascii=False).encode()
        timestamp, nonce = str(int(self._clock.wall().timestamp() * 1000)), secrets.token_hex(16)
        signature = signature_of(self._settings.secret, urlsplit(url).path, timestamp, nonce, body)
        headers = {
            "Content-Type": "application/json",
            "X-Account": self._settings.account,
            "X-Timestamp": timestamp,
            "X-Nonce": nonce,
            "X-Signature": signature,
        }
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status == HTTP_OK and (await answer.json()).get("code") == 0
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def settled(self) -> None:
        """Waits until nothing is being pushed."""
        if self._pushing is not None:
            await asyncio.wait([self._pushing])

    async def stop(self) -> None:
        """Stops pushing."""
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.gather(self._pushing, return_exceptions=True)


def shown(uplink: GatewayUplink) -> dict[str, Any]:
    """A text as the contract has it."""
    at = uplink.received.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"moId": uplink.mo_id, "mobile": uplink.mobile, "content": uplink.content, "receivedAt": at}
