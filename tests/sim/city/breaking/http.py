"""Break HTTP between notifier, provider, gateway and dispatch, and have the provider go wrong for a while."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, get_args

from msgspec.structs import replace

from devstack.twilio.faults import Fault
from tests.sim.city.provider import GATEWAY, TWILIO
from tests.sim.city.system import SimSystem
from tests.sim.net.way import How

HttpKind = Literal["way-cut", "way-frozen", "way-slow", "request-lost", "answer-lost", "provider", "receipt"]
HTTP_KINDS: Final[tuple[HttpKind, ...]] = get_args(HttpKind)
WAYS: Final = (f"notifier to {TWILIO}", f"{TWILIO} to {GATEWAY}", f"dispatch to {GATEWAY}")
SLOW: Final = (0.0, 1.0)
"""Seconds under way where it is slow; with a list that lags by one more they stay within the notifier's quiet time."""

TROUBLES: Final[Mapping[str, Fault]] = {
    "down": Fault(kind="5xx", status=503),
    "hanging": Fault(kind="hang"),
    "silent": Fault(kind="created-hang"),
    "too busy": Fault(kind="throttle", seconds=2),
    "refusing our login": Fault(kind="refuse", code=20003, status=401),
    "refusing a number": Fault(kind="refuse", code=21211, status=400, times=1),
    "not reaching a handset": Fault(kind="undelivered", times=1),
    "failing a text": Fault(kind="failed", times=2),
    "not listing": Fault(kind="list-5xx", status=503),
    "losing receipts": Fault(kind="callback-lost"),
    "doubling receipts": Fault(kind="callback-doubled"),
    # Half of them: were all late, they would come in their order.
    "disordering receipts": Fault(kind="callback-reordered", rate=1 / 2),
}
"""What the provider does to all requests of that kind for a while, or to the next ones (`times`)."""
STRAYS: Final = ("of nobody's text", "of a text without a name", "of an older state")
"""Receipts that it sends once more, or by mistake."""


HTTP_SUFFERS: Final[Sequence[tuple[HttpKind, Sequence[str]]]] = [
    *((kind, WAYS) for kind in HTTP_KINDS[:5]),
    *[("provider", tuple(TROUBLES))] * 5,
    ("receipt", STRAYS),
]
"""What may befall whom, as often as it stands here."""


def break_http(system: SimSystem, kind: str, target: str, number: int) -> Callable[[], None] | None:
    """Break it; what makes it whole again. `number`: after how many bytes, and by its parity how a connection ends."""
    if kind == "provider":
        return _trouble(system, target)
    if kind == "receipt":
        system.provider.stray_receipt(target, number)
        return None
    caller, _, called = target.partition(" to ")
    way, how = system.network.way(caller, called), _how(number)
    match kind:
        case "way-cut":
            way.cut(how)
            return way.heal
        case "way-frozen":
            way.freeze()
            return way.thaw
        case "way-slow":
            usual, way.seconds = way.seconds, SLOW
            return lambda: setattr(way, "seconds", usual)
        case "request-lost":
            way.lose("request", how, after=number)
        case "answer-lost":
            way.lose("answer", how, after=number)
    return None


def http_told(kind: str, target: str, number: int) -> str:
    """For a person."""
    how = "then it is reset" if number % 2 else "and nobody says so"
    match kind:
        case "provider":
            return f"the provider is {target}"
        case "receipt":
            return f"the provider sends a receipt {target}"
        case "way-cut":
            return f"the way from {target} is cut, {how}"
        case "way-frozen":
            return f"what goes from {target} stays on its way"
        case "way-slow":
            return f"the way from {target} is slow"
    what = "a request" if kind == "request-lost" else "the answer to a request"
    return f"{what} from {target} is lost after {number} bytes, {how}"


def _how(number: int) -> How:
    return "reset" if number % 2 else "silence"


def _trouble(system: SimSystem, target: str) -> Callable[[], None]:
    faults, fault = system.provider.faults, replace(TROUBLES[target])
    # First of all: where it does everything wrong, nothing else goes wrong besides.
    faults.insert(0, fault)

    def over() -> None:
        faults[:] = [one for one in faults if one is not fault]

    return over
