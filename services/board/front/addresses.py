"""Tell who asks, behind proxies or not, and limit how often one address may.

X-Forwarded-For is believed only from proxies that the settings name, and read from its end: what a caller writes into it himself
stands before what the proxies add.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from services.kernel.clock import Clock

MOST_ADDRESSES: Final = 10_000
MOST_HOPS: Final = 8
UNKNOWN: Final = "unknown"
_SUBSCRIBER_BITS: Final = 64
"""Of an IPv6 address: who has one of those that begin alike has them all."""

Trusted = Sequence[IPv4Network | IPv6Network]


def caller(peer: str, forwarded: str, trusted: Trusted) -> str:
    """The address that is counted: the last one that is no proxy of ours. `forwarded`: all of X-Forwarded-For."""
    found = _address(peer)
    if found is None:
        return UNKNOWN
    for hop in reversed(forwarded.rsplit(",", MOST_HOPS)[-MOST_HOPS:] if forwarded else ()):
        if not any(found in network for network in trusted):
            break
        before = _address(hop.strip())
        if before is None:
            break
        found = before
    return _counted(found)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.removeprefix("[").partition("]")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _SUBSCRIBER_BITS), strict=False))
    return str(address)


class AddressLimit:
    """So many questions a minute for each address, a minute's worth at once. The least recent addresses are forgotten."""

    def __init__(self, per_minute: float, clock: Clock, most: int = MOST_ADDRESSES) -> None:
        self._most_left, self._clock, self._most = float(per_minute), clock, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Address → questions left at an instant, and the instant. The least recent first."""

    def __len__(self) -> int:
        return len(self._left)

    def takes(self, address: str) -> bool:
        """Whether one more question is answered; it is counted if so."""
        now = self._clock.monotonic()
        left, at = self._left.pop(address, (self._most_left, now))
        left = min(self._most_left, left + (now - at) * self._most_left / 60)
        taken = left >= 1
        self._left[address] = (left - 1 if taken else left, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return taken
