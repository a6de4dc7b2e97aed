"""Run the HTTP gateway for texts beside Twilio as a node of a simulated city, and count both as one provider."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from devstack.sms_gateway.account import GatewayAccount
from devstack.sms_gateway.config import SAMPLE_ACCOUNT, SAMPLE_SECRET, SAMPLE_SIGNATURE, GatewaySimulatorSettings
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import STAGES, Fault
from devstack.twilio.kept.phones import Received
from services.notifier.domain.provider.port import SendOutcome, SendRequest
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from tests.sim.city.machine import START, Machine
from tests.sim.city.provider import AMISS, TWILIO, Created, Provider
from tests.sim.engine.clock import SimClock
from tests.sim.engine.loop import SimLoop
from tests.sim.net.served import on_host

SMS_GATEWAY: Final = "sms-gateway"
FAILED: Final = frozenset(("UNDELIV", "EXPIRED", "REJECTD", "UNKNOWN"))
ANSWERED: Final = frozenset({SMS_GATEWAY})
"""Who brings answers to us, so that a text may ask for one."""
COUNTRIES: Final = "[default.providers.twilio]\n[default.providers.sms-gateway]\ntwo_way = true\n"
"""Half of the texts by each."""


class BothProviders(Provider):
    """Twilio and the gateway, whose journals in `folder` outlive their processes."""

    names = (TWILIO, SMS_GATEWAY)

    def __init__(self, loop: SimLoop, folder: Path) -> None:
        super().__init__(loop, folder / "twilio")
        self._second_folder, self._countries = folder / SMS_GATEWAY, folder / "countries.toml"
        self._countries.parent.mkdir(parents=True, exist_ok=True)
        self._countries.write_text(COUNTRIES)
        # Its lists are as late as Twilio's; no clock of a city is so wrong that it would say so.
        self._settings = GatewaySimulatorSettings(
            seed=loop.seed, list_lag_seconds=loop.seed % 3 / 2, clock_seconds=10 * 86_400.0
        )
        self._second_faults: list[Fault] = []
        self._second: SmsGatewaySimulator | None = None

    def values(self) -> dict[str, Any]:
        """What the notifier is set up with besides."""
        return {
            "sms_gateway_url": f"http://{SMS_GATEWAY}",
            "sms_gateway_account": SAMPLE_ACCOUNT,
            "sms_gateway_secret": SAMPLE_SECRET,
            "sms_gateway_signature": SAMPLE_SIGNATURE,
            "sms_gateway_per_second": 200,
            "sms_gateway_report_seconds": 0.5,
            "sms_gateway_uplink_seconds": 0.5,
            "sms_gateway_lag_seconds": 1,
            "sms_countries": self._countries,
        }

    async def run_second(self, machine: Machine) -> None:
        """Serve the gateway until killed."""
        clock = SimClock(self._loop, machine.node, START)
        async with SmsGatewaySimulator(
            self._second_folder, clock, settings=self._settings, listen=on_host(machine.host)
        ) as sim:
            self._second = sim
            sim.account.faults.rules = self._second_faults
            machine.health = tuple
            await asyncio.Event().wait()

    def goes_wrong(self, share: float) -> None:
        """See Provider; of each as much."""
        super().goes_wrong(share)
        # It calls nobody back: a report is given until it is heard.
        kinds = [kind for kind in AMISS if kind not in STAGES["callback"]]
        self._second_faults[:] = [
            Fault(kind=kind, rate=share / sum(other in STAGES[stage] for other in kinds), status=503, seconds=1)
            for stage in STAGES
            for kind in kinds
            if share and kind in STAGES[stage]
        ]

    def created(self) -> Iterator[Created]:
        """See Provider."""
        yield from super().created()
        for one in self._gateway().book.all():
            name, _, attempt = one.cust_id.rpartition(".")
            yield Created(name, one.mobile, self.written[name, int(attempt)], one.state in FAILED, one.content)

    def failed(self) -> set[str]:
        """See Provider."""
        book = self._gateway().book
        refused = {post.message_id for post in book.posts if post.answer in ("refuse", "refused")}
        lost = {one.cust_id.rpartition(".")[0] for one in book.all() if one.state in FAILED}
        return super().failed() | {name for name in refused | lost if name is not None}

    @property
    def by_gateway(self) -> int:
        """See Provider."""
        return len(self._gateway().book.all())

    @property
    def busy(self) -> bool:
        """See Provider; a report that waits is under way, and so is a text that nobody has fetched."""
        account = self._gateway()
        waits = account.book.waiting() or account.uplinks.waiting()
        return super().busy or account.under_way > 0 or bool(waits)

    def answer(self, number: str, body: str, name: str) -> None:
        """A handset sends us a text by the gateway, which gives it this id; once more: it gives it once more."""
        self._gateway().uplinks.receive(number, body, name)

    def phones(self) -> list[Received]:
        """See Provider."""
        return [*super().phones(), *self._gateway().handsets.texts()]

    def _gateway(self) -> GatewayAccount:
        assert self._second is not None
        return self._second.account


class NotingGateway(SmsGatewayProvider):
    """The product's, and when it wrote each request. `note` is set before it sends."""

    note: Callable[[SendRequest, datetime], None]

    async def send(self, request: SendRequest) -> SendOutcome:
        """See SmsProvider."""
        before = request.before_write

        def before_write() -> None:
            if before is not None:
                before()
            self.note(request, self._wall())

        return await super().send(
            SendRequest(
                message_id=request.message_id,
                attempt=request.attempt,
                to=request.to,
                body=request.body,
                valid_seconds=request.valid_seconds,
                before_write=before_write,
            )
        )
