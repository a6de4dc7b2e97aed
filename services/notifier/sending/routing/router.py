"""Give each text to a provider before it is claimed, by the rules of its country, and to another while that one is at fault.

Only texts in state `ready` are given to anybody: nothing was sent of them, and that is known. One of which it is unknown stays with
the provider that may have it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.notifier.domain.provider.circuit import ProviderFault
from services.notifier.domain.provider.countries import Countries
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.domain.provider.routing import (
    Carrier,
    Route,
    RoutedText,
    SentText,
    asks_for_an_answer,
    choose,
    may_carry,
)
from services.notifier.sending.recorder import Recorder
from services.notifier.tables.vault import Vault, VaultError, country_in_vault

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "routing.sql")
BLOCK: Final = 200
DAY: Final = timedelta(hours=24)
LOOK_SECONDS: Final = 1.0
MOVING: Final = advisory_key("notifier", "carriers")
# Pods that are started anew with other settings may differ for so long.
STRANDED: Final = timedelta(seconds=60)
# Whoever was just given a text gets so long to claim it, also as the probe of an open circuit, before it is given to another.
STAYS: Final = timedelta(seconds=3)


class Router:
    """Chooses for all senders of this process. `providers`: those that are set up."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        recorder: Recorder,
        providers: Sequence[SmsProvider],
        countries: Countries,
        vault: Vault,
    ) -> None:
        self._vault = vault
        self._pool, self._clock, self._recorder, self._countries = pool, clock, recorder, countries
        self._strands_at = 0.0
        self._senders = {one.name: one.sender for one in providers}
        self._carriers = [Carrier(one.name, one.signature) for one in providers]

    async def route(self, connection: Any, wall: datetime) -> None:
        """Choose for texts that are due, within the transaction that claims."""
        rows = await connection.fetch(SQL["unrouted"], self._clock.now(), wall, BLOCK)
        if not rows:
            return
        faults = await self._faults(connection)
        countries = {row["message_id"]: await self._country(connection, row) for row in rows}
        sent = await self._sent(connection, rows, countries, wall)
        routes: dict[str, Route] = {}
        for row in rows:
            theirs = sent[row["blind_index"]]
            route = self._choose(row, countries[row["message_id"]], theirs, faults)
            if route is None:
                continue
            routes[row["message_id"]] = route
            if route.provider is not None:
                theirs[row["message_id"], route.provider] = row["body"]
        await self._put(connection, routes, wall)

    async def run(self) -> None:
        """Tell conversations what nobody may carry, and move texts away from providers at fault, until cancelled."""
        put_down = False

        async def turn() -> None:
            nonlocal put_down
            if not put_down:
                await self._pool.execute(SQL["set_up"], sorted(self._senders), self._clock.wall())
                put_down = True
            await self._turn()

        await every(LOOK_SECONDS, turn, cures=DATABASE, waits="texts wait for the choice of a provider")

    async def _turn(self) -> None:
        for row in await self._pool.fetch(SQL["barred"]):
            await self._recorder.barred(row["message_id"], row["customer_id"], row["attempts"] + 1, row["barred"])
        await self._strand()
        if len(self._carriers) > 1 and (rows := await self._pool.fetch(SQL["open_faults"])):
            # Each text that waits is looked at: one process of all does it.
            async with self._pool.acquire() as connection, alone(connection, MOVING) as lock:
                if lock.stands:
                    await self._move(rows)

    async def _strand(self) -> None:
        """Now and then: what was given to a provider whose settings are gone."""
        if self._clock.monotonic() < self._strands_at:
            return
        self._strands_at = self._clock.monotonic() + STRANDED.total_seconds()
        stranded = await self._pool.fetch(SQL["release_stranded"], sorted(self._senders), self._clock.wall() - STRANDED)
        if stranded:
            log.warning("texts waited for a provider that is not set up any more", texts=len(stranded))

    async def _move(self, rows: Sequence[Any]) -> None:
        """From providers at fault to others; and one text back, where a circuit has nothing to be probed with."""
        wall, faults = self._clock.wall(), self._of(rows)
        for row in await self._pool.fetch(SQL["by_carrier"], self._clock.now()):
            carrier, country = row["carrier"], row["country"]
            if self._stops(faults, carrier, country) and self._another(faults, carrier, country):
                moved = await self._pool.fetch(SQL["release"], carrier, country, wall - STAYS)
                if moved:
                    reach("released")
                    log.warning("texts go over to another provider", from_=carrier, country=country, texts=len(moved))
        for row in rows:
            mine = row["scope"] != "sender" or row["subject"] == self._senders.get(row["provider"])
            if row["provider"] in self._senders and mine and row["next_probe_at"] <= wall:
                await self._lend(row["provider"], row["subject"] if row["scope"] == "region" else None, wall)

    async def _lend(self, name: str, country: str | None, wall: datetime) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            for row in await connection.fetch(SQL["may_lend"], name, self._clock.now(), wall, country):
                if may_carry(self._countries.of(row["country"]), name):
                    asks = self._countries.of(row["country"]).invites_answers(name)
                    await connection.execute(SQL["route"], [row["message_id"]], [name], wall, [asks])
                    log.info("a text probes a provider at fault", provider=name, message_id=row["message_id"])
                    return

    async def may_go_on(self, provider: str, country: str | None) -> bool:
        """Whether another provider than this could carry a text to there now."""
        return self._another(self._of(await self._pool.fetch(SQL["open_faults"])), provider, country)

    async def _country(self, connection: Any, row: Any) -> str | None:
        """Of its number, which says who may carry it; a version before left it open until the number was first used."""
        if row["country"] is not None or row["blind_index"] is None:
            known: str | None = row["country"]
            return known
        try:
            return await country_in_vault(connection, self._vault, row["contact_id"])
        except VaultError as error:
            # Whoever claims it says so, and gives it up.
            log.error(
                "a number cannot be read; nobody knows its country", message_id=row["message_id"], error=str(error)
            )
            return None

    def _choose(
        self, row: Any, country: str | None, sent: Mapping[tuple[str, str], str], faults: "Faults"
    ) -> Route | None:
        """None: whoever may have it already is the only one who could carry it. It waits for that one's word."""
        stopped = [one.name for one in self._carriers if self._stops(faults, one.name, country)]
        text = RoutedText(
            message_id=row["message_id"],
            body=row["body"],
            trigger=row["trigger"],
            country=country,
            expires_at=row["expires_at"],
            sent=[SentText(by, body) for (other, by), body in sent.items() if other != row["message_id"]],
        )
        others = [one for one in self._carriers if one.name not in row["perhaps_with"]]
        route = choose(text, self._countries, others, stopped, self._clock.now())
        takes = route.provider is None or self._countries.of(country).takes_answers(route.provider)
        if not takes and asks_for_an_answer(row["body"]):
            log.warning("a text asks for an answer where it cannot be answered", message_id=row["message_id"])
        return None if route.provider is None and row["perhaps_with"] else route

    async def _put(self, connection: Any, routes: Mapping[str, Route], wall: datetime) -> None:
        chosen = {name: one.provider for name, one in routes.items() if one.provider is not None}
        waits = {name: one.waits_until for name, one in routes.items() if one.waits_until is not None}
        barred = {name: one.reason for name, one in routes.items() if one.provider is None and name not in waits}
        if chosen:
            invites = [routes[name].invites for name in chosen]
            await connection.execute(SQL["route"], list(chosen), list(chosen.values()), wall, invites)
        if waits:
            await connection.execute(SQL["put_off"], list(waits), list(waits.values()))
        if barred:
            await connection.execute(SQL["bar"], list(barred), list(barred.values()))
        for name, reason in barred.items():
            log.error("nobody may carry a text to its country", message_id=name, reason=reason)

    async def _sent(
        self, connection: Any, rows: Sequence[Any], countries: Mapping[str, str | None], wall: datetime
    ) -> Mapping[str | None, dict[tuple[str, str], str]]:
        """By number: who carried, or is to carry, which words. Asked for where a rule counts them."""
        found: defaultdict[str | None, dict[tuple[str, str], str]] = defaultdict(dict)
        theirs = {row["blind_index"] for row in rows if self._counts(countries[row["message_id"]])}
        counted = sorted(theirs - {None})
        if counted:
            for row in await connection.fetch(SQL["sent_to"], counted, wall - DAY):
                found[row["blind_index"]][row["message_id"], row["provider"]] = row["body"]
        return found

    def _counts(self, country: str | None) -> bool:
        rules = self._countries.of(country).providers.values()
        return any(rule.per_day is not None or rule.identical_per_day is not None for rule in rules)

    async def _faults(self, connection: Any) -> "Faults":
        return self._of(await connection.fetch(SQL["open_faults"])) if len(self._carriers) > 1 else {}

    @staticmethod
    def _of(rows: Sequence[Any]) -> "Faults":
        faults: defaultdict[str, list[ProviderFault]] = defaultdict(list)
        for row in rows:
            faults[row["provider"]].append(ProviderFault(row["scope"], row["subject"]))
        return faults

    def _stops(self, faults: "Faults", name: str, country: str | None) -> bool:
        return any(fault.stops(self._senders.get(name, ""), country) for fault in faults.get(name, ()))

    def _another(self, faults: "Faults", name: str, country: str | None) -> bool:
        """Whether another provider that carries to there is not at fault."""
        rules = self._countries.of(country)
        return any(
            one.name != name and may_carry(rules, one.name) and not self._stops(faults, one.name, country)
            for one in self._carriers
        )


Faults = Mapping[str, Sequence[ProviderFault]]
"""Open circuits by provider."""
