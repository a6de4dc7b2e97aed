"""Run the provider and the gateway of a simulated city as nodes: texts go out and receipts come back by HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace as changed

from devstack.twilio.account import Account
from devstack.twilio.carrier.delivery import callback_fields
from devstack.twilio.config import SAMPLE_SENDER, SimulatorSettings
from devstack.twilio.faults import STAGES, Fault, Kind
from devstack.twilio.kept.messages import TwilioMessage
from devstack.twilio.kept.phones import Received
from devstack.twilio.simulator import TwilioSimulator
from services.gateway.app import Gateway
from services.gateway.dispatch.tokens import ANY, Token, digest_of, entry
from services.gateway.settings import GatewaySettings
from services.notifier.domain.provider.port import SendOutcome, SendRequest
from services.notifier.sending.providers.twilio import TwilioProvider
from tests.sim.city.machine import START, Machine
from tests.sim.engine.clock import SimClock
from tests.sim.engine.loop import SimLoop
from tests.sim.net.connector import HostConnector
from tests.sim.net.served import gateway_on, on_host

TWILIO: Final = "twilio"
GATEWAY: Final = "gateway"
TOKEN: Final = "outage_simulated-token"
"""What dispatch shows at the gateway."""
PROVIDER_URL: Final = f"http://{TWILIO}"
PUBLIC_URL: Final = f"http://{GATEWAY}"


AMISS: Final[tuple[Kind, ...]] = (
    "hang", "drop", "5xx", "throttle", "created-hang", "created-drop", "created-5xx", "created-cut", "created-garbage",
    "created-late", "cancel-5xx", "canceled-drop", "list-5xx", "list-throttle", "list-hang", "list-drop", "callback-lost",
    "callback-doubled", "callback-reordered",
)  # fmt: skip
"""What may go wrong with any request without anybody being at fault for long."""


FAILED: Final = frozenset(("failed", "undelivered"))
NOT_GONE: Final = frozenset(("scheduled", "canceled"))
"""What waits for its time, and what was taken back before."""


@dataclass(frozen=True, slots=True)
class Created:
    """A message that the provider made and that went. `written`: when the sender wrote its request; `failed`: it was not delivered.

    `body`: what it says; `waited`: until when it was held with the provider, if it was.
    """

    message_id: str
    to: str
    written: datetime
    failed: bool
    body: str
    waited: datetime | None = None

    @property
    def went(self) -> datetime:
        """When it left for its handset."""
        return max(self.written, self.waited) if self.waited is not None else self.written


class Provider:
    """Twilio, whose journals in `folder` outlive its process."""

    names: tuple[str, ...] = (TWILIO,)
    """Of those who carry texts, as the product calls them."""

    def __init__(self, loop: SimLoop, folder: Path) -> None:
        self._loop, self._folder = loop, folder
        self.settings = SimulatorSettings(seed=loop.seed, list_lag_seconds=loop.seed % 3 / 2)
        self.faults: list[Fault] = []
        """What goes wrong, in whichever process of it."""
        self.sim: TwilioSimulator | None = None
        """Its present process, once one has begun."""
        self.written: dict[tuple[str, int], datetime] = {}
        """When a sender wrote the request for a text and attempt: what holds it up on its way is not the sender's doing."""

    async def run(self, machine: Machine) -> None:
        """Serve until killed."""
        sim = TwilioSimulator(
            self._folder,
            SimClock(self._loop, machine.node, START),
            settings=self.settings,
            listen=on_host(machine.host),
            connector=lambda: HostConnector(machine.host),
        )
        async with sim:
            self.sim, self._node = sim, machine.node
            sim.account.faults.rules = self.faults
            machine.health = tuple
            await asyncio.Event().wait()

    def goes_wrong(self, share: float) -> None:
        """Of the requests of each kind, so many go wrong from now on."""
        self.faults[:] = [
            Fault(kind=kind, rate=share / sum(other in STAGES[stage] for other in AMISS), status=503, seconds=1)
            for stage in STAGES
            for kind in AMISS
            if share and kind in STAGES[stage]
        ]

    def stray_receipt(self, how: str, number: int) -> None:
        """Say something of a text that nobody asked for, to whoever listens; nothing where there is no such text yet."""
        account, sid = self._account(), f"SM{number:032x}"
        nobodys = TwilioMessage(
            sid=sid, to="+447700900999", sender=SAMPLE_SENDER, body="", status="delivered", created=START, updated=START
        )
        url = f"{PUBLIC_URL}/twilio/status{{}}#rc=5&rp=all"
        if how == "of nobody's text":
            self._say(account, nobodys, url.format(f"?n=nobodys-{number}&a=1"))
        elif how == "of a text without a name":
            self._say(account, nobodys, url.format(""))
        elif on_their_way := [one for one in account.book.all() if one.sent is not None and one.status_callback]:
            one = on_their_way[number % len(on_their_way)]
            self._say(account, changed(one, status="sent", error_code=None), one.status_callback or "")

    def _say(self, account: Account, message: TwilioMessage, url: str) -> None:
        fields = callback_fields(message, self.settings.account_sid)
        self._loop.spawn(self._node, account.webhooks.call(url, fields))

    def note(self, request: SendRequest, now: datetime) -> None:
        """A sender writes this request."""
        self.written[request.message_id, request.attempt] = now

    def created(self) -> Iterator[Created]:
        """Every message that it made of a request of ours and that went, in their order."""
        for one in self._account().book.all():
            if one.message_id is not None and one.status not in NOT_GONE:
                written = self.written[one.message_id, one.attempt or 0]
                yield Created(one.message_id, one.to, written, one.status in FAILED, one.body, one.send_at)

    def waiting(self) -> list[TwilioMessage]:
        """Every message that it was to hold for a while, whatever became of it, in their order."""
        return [one for one in self._account().book.all() if one.send_at is not None]

    def failed(self) -> set[str]:
        """Our ids of texts that it refused once, or did not deliver."""
        book = self._account().book
        refused = {post.message_id for post in book.posts if post.answer in ("refuse", "refused")}
        lost = {one.message_id for one in book.all() if one.status in FAILED}
        return {message_id for message_id in refused | lost if message_id is not None}

    @property
    def by_gateway(self) -> int:
        """How many messages a second provider made of requests of ours."""
        return 0

    @property
    def busy(self) -> bool:
        """Whether a message or a receipt is under way; one that waits for its time is not."""
        account = self._account()
        waits = sum(one.status == "scheduled" for one in account.book.unfinished())
        return account.delivery.under_way > waits or account.webhooks.under_way > 0

    def _account(self) -> Account:
        assert self.sim is not None
        return self.sim.account

    def phones(self) -> list[Received]:
        """What came to the handsets."""
        return self._account().handsets.texts()


class NotingProvider:
    """services.notifier.domain.provider.port.SmsProvider: `real`, and when it wrote each request."""

    def __init__(self, real: TwilioProvider, note: Callable[[SendRequest], None]) -> None:
        self._real, self._note = real, note
        self.name, self.sender = real.name, real.sender
        self.signature, self.keeps = real.signature, real.keeps
        self.find, self.fetch, self.listed, self.close = real.find, real.fetch, real.listed, real.close

    async def send(self, request: SendRequest) -> SendOutcome:
        """See SmsProvider."""

        def before_write() -> None:
            if request.before_write is not None:
                request.before_write()
            # Asked twice; the second time is in the step that writes.
            self._note(request)

        return await self._real.send(replace(request, before_write=before_write))


class HoldingProvider(NotingProvider):
    """services.notifier.domain.provider.scheduling.SchedulingProvider, too: `real` sends by a messaging service."""

    def __init__(self, real: TwilioProvider, note: Callable[[SendRequest], None]) -> None:
        super().__init__(real, note)
        self.schedules, self.take_back = real.schedules, real.take_back


def noting(real: TwilioProvider, note: Callable[[SendRequest], None]) -> NotingProvider:
    """That provider, and when it wrote each request."""
    return HoldingProvider(real, note) if real.schedules else NotingProvider(real, note)


def token_file(folder: Path) -> Path:
    """A file by which dispatch may say everything with TOKEN."""
    file = folder / "tokens.toml"
    file.write_text(entry(Token("dispatch", digest_of(TOKEN), (ANY,), frozenset((ANY,)))))
    return file


async def run_gateway(machine: Machine, settings: GatewaySettings) -> None:
    """Serve until killed."""
    machine.begin(GATEWAY, settings, machine.clock(settings), lambda: None)
    gateway = Gateway(settings, world=machine)
    async with gateway_on(machine.host, gateway, GATEWAY):
        machine.health = gateway.health.ready
        await asyncio.Event().wait()
