"""Connect hosts without a socket: who listens under which name, who calls, and what lies between any two."""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from random import Random
from socket import EAI_NONAME, gaierror
from typing import Any

from tests.sim.engine.loop import SimLoop
from tests.sim.net.stream import Connection, End
from tests.sim.net.way import Way

Factory = Callable[[], Any]
Address = tuple[str, int]

SECONDS = (0.0003, 0.003)
"""The least and the most that a byte is under way, where a way is not told otherwise."""
FIRST_PORT = 40_000


@dataclass(eq=False)
class Listener:
    """One host that answers at an address; `context` is that of the code that does."""

    host: "Host"
    factory: Factory
    context: Context


class Network:
    """Made within the running loop, outside any node: it goes on carrying, whoever dies.

    Args:
        chance: how long each piece is under way.
        say: told of everything that passes, as one line without its content.

    """

    def __init__(self, chance: Random, *, say: Callable[[str], None] = lambda _: None) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        self.loop = loop
        self.context = copy_context()
        self._say = say
        self._chance = chance
        self._hosts: dict[str, Host] = {}
        self._ways: dict[tuple[str, str], Way] = {}
        self._listeners: dict[Address, list[Listener]] = {}
        self._numbers = 0

    def say(self, what: str) -> None:
        """Tell of what passes, while the run lasts: afterwards connections are thrown away in any order."""
        if not self.loop.over:
            self._say(what)

    def host(self, name: str) -> "Host":
        """One process; after the death of the one of that name, the one that takes its place."""
        known = self._hosts.get(name)
        if known is None or not known.alive:
            known = self._hosts[name] = Host(self, name)
        return known

    def way(self, caller: str, called: str) -> Way:
        """What lies between two hosts, as far as the first calls the second; the other direction is another."""
        if (caller, called) not in self._ways:
            self._ways[caller, called] = Way(
                self._chance, SECONDS, lambda what: self.say(f"{caller} to {called}: {what}")
            )
        return self._ways[caller, called]

    def killed(self, name: str) -> None:
        """The process of that name was killed; nobody needs to have one."""
        if name in self._hosts:
            self._hosts[name].die()

    # What hosts ask.

    def listen(self, address: Address, listener: Listener) -> None:
        """Have it answer there, beside those that do already: each connection goes to one of them."""
        self._listeners.setdefault(address, []).append(listener)

    def leave(self, host: "Host") -> None:
        """Have a host answer nowhere any more."""
        for listeners in self._listeners.values():
            listeners[:] = [one for one in listeners if one.host is not host]

    def find(self, address: Address) -> "Listener | None":
        """Who answers a connection to an address; None: nobody does at present.

        Raises:
            gaierror: nobody ever had that name.

        """
        if not any(name == address[0] for name, _ in self._listeners):
            raise gaierror(EAI_NONAME, "Name or service not known")
        listeners = self._listeners.get(address, [])
        return self._chance.choice(listeners) if listeners else None

    def answers(self, address: Address, listener: Listener) -> bool:
        """Whether it still does."""
        return listener in self._listeners[address]

    def number(self) -> int:
        """Of the next connection."""
        self._numbers += 1
        return self._numbers


class Host:
    """One process's place in the network."""

    def __init__(self, network: Network, name: str) -> None:
        self.network, self.name = network, name
        self.alive = True
        self.ends: dict[End, None] = {}

    def listen(self, name: str, port: int, factory: Factory) -> None:
        """Answer connections to `name` and `port`; the protocols of `factory` run as the code that calls this."""
        self.network.listen((name, port), Listener(self, factory, copy_context()))

    def stop_listening(self) -> None:
        """Refuse new connections; those that are open stay."""
        self.network.leave(self)

    async def connect(self, factory: Factory, address: Address) -> tuple[End, Any]:
        """As `loop.create_connection`.

        Raises:
            gaierror: the name is unknown.
            ConnectionRefusedError: nobody listens there, or the way is cut.

        """
        found = self.network.find(address)
        await self.network.way(self.name, found.host.name if found else address[0]).shake_hands()
        if found is None or not self.network.answers(address, found):  # perhaps it has gone meanwhile
            raise ConnectionRefusedError(111, "Connect call failed")
        return self._connect(factory, address, found)

    def _connect(self, factory: Factory, address: Address, listener: Listener) -> tuple[End, Any]:
        number = self.network.number()
        own = (self.name, FIRST_PORT + number)
        mine = End(self, copy_context(), own, address)
        theirs = End(listener.host, listener.context.copy(), address, own)
        way = self.network.way(self.name, listener.host.name)
        Connection(self.network, way, number, mine, theirs)
        for end in (mine, theirs):
            end.host.ends[end] = None
        self.network.say(f"#{number} from {self.name} to {listener.host.name}")
        theirs.begin(listener.factory)
        protocol = factory()
        mine.set_protocol(protocol)
        protocol.connection_made(mine)
        return mine, protocol

    def die(self) -> None:
        """As SIGKILL: the operating system ends its connections, and nobody listens there."""
        self.alive = False
        self.stop_listening()
        for end in list(self.ends):
            end.die()
