"""Customers answer our texts: the provider brings what they write to the gateway, until that has taken it."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

import aiohttp

from devstack.twilio.carrier.signing import sign
from devstack.twilio.config import SAMPLE_SENDER, SAMPLE_TOKEN
from services.kernel.adapters.away import AWAY
from tests.chaos.truth import number_of
from tests.sim.city.plan.asking import tables_of
from tests.sim.city.provider import PUBLIC_URL
from tests.sim.city.second_provider import BothProviders
from tests.sim.city.stage import Answer, Stage

URL: Final = f"{PUBLIC_URL}/twilio/inbound"
BY_CODE: Final = "(the code of the last text)"
"""What stands for it until it is known."""
_CODE: Final = "select ref from notification where message_id = $1"


@dataclass(frozen=True, slots=True)
class Answered:
    """A text from a handset, brought by the provider until the gateway has taken it."""

    at: float
    about: str
    name: str
    number: str
    body: str
    denies: bool = False
    """It says that power is off."""

    async def do(self, stage: Stage) -> None:
        """See Act. Who is to answer by a code and has none says nothing. Of two providers every other text comes by the second."""
        body = await _code(stage, self.number) if self.body == BY_CODE else self.body
        if body is None:
            return
        sent, both = stage.system.now(), stage.system.provider
        if self.denies:
            stage.city.denied.append((number_of(self.about), sent))
        if isinstance(both, BothProviders) and sum(self.name.encode()) % 2:
            stage.answers.setdefault(self.name, Answer(self.number, body, sent, None))
            await _by_second(both, self, body)
            return
        form = {"MessageSid": self.name, "From": self.number, "To": SAMPLE_SENDER, "Body": body}
        headers = {"X-Twilio-Signature": sign(SAMPLE_TOKEN, URL, form)}
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with stage.city.http.post(URL, data=form, headers=headers) as answer:
                    await answer.read()
                    if answer.status == 204:
                        stage.answers.setdefault(self.name, Answer(self.number, body, sent, stage.system.now()))
                        return
            await asyncio.sleep(0.5)

    def __str__(self) -> str:
        """For a person."""
        return f"{self.about} answers “{self.body}” ({self.name})"


async def _by_second(both: BothProviders, said: Answered, body: str) -> None:
    """While it is down nobody can send by it."""
    while True:
        with contextlib.suppress(ValueError):
            both.answer(said.number, body, said.name)
            return
        await asyncio.sleep(0.5)


async def _code(stage: Stage, number: str) -> str | None:
    """The code in the last text that went to a number; None where none did."""
    went = [made for made in stage.system.provider.created() if made.to == number and not made.failed]
    while went:
        with contextlib.suppress(*AWAY):
            async with tables_of(stage, "notifier") as tables:
                code: str | None = await tables.fetchval(_CODE, went[-1].message_id)
                return code
        await asyncio.sleep(0.5)
    return None
