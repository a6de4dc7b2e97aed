"""Test hooks that only a local stack may use: a clock that somebody else moves, and dying at a named step.

Both are for demo and tests. In production either would falsify every deadline or kill a service without a word, so a
process that finds one in its environment starts only where two things say that the stack is a local one: the mark that
the local stack sets for what it starts (OUTAGE_LOCAL_STACK), and servers on this machine's own addresses.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

MARK = "OUTAGE_LOCAL_STACK"
CLOCK_FILE, DIE_AT = "OUTAGE_CLOCK_FILE", "OUTAGE_DIE_AT"
HOOKS = (CLOCK_FILE, DIE_AT)
NOTHING: Mapping[str, str] = {}


def hooks(environment: Mapping[str, str]) -> list[str]:
    """The test hooks that are set, by their variables."""
    return [name for name in HOOKS if environment.get(name)]


def problem(environment: Mapping[str, str], servers: Iterable[str]) -> str | None:
    """Why the test hooks in `environment` are refused, as a sentence; None: there are none, or the stack is local.

    `servers`: every server the process is to use, as `host:port[,host:port…]` or as a database URL.
    """
    found = hooks(environment)
    if not found:
        return None
    far = elsewhere(servers, environment)
    reasons = [] if environment.get(MARK) == "1" else [f"{MARK}=1 is not set, which `outagectl up` and `demo` set"]
    reasons += [f"{', '.join(far)} is not this machine"] * bool(far)
    if not reasons:
        return None
    return (
        f"{' and '.join(found)} set: a test hook, refused because this is no local stack ({'; '.join(reasons)}); "
        f"unset {' and '.join(found)}"
    )


def elsewhere(servers: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """The hosts of `servers` that are not this machine."""
    return sorted({host for server in servers for host in hosts(server, environment) if not is_here(host)})


def hosts(server: str, environment: Mapping[str, str] = NOTHING) -> list[str]:
    """The hosts of `host:port[,host:port…]` or of a database URL; a path is a socket of this machine.

    A URL that names none is led by the driver to the host of PGHOST, one that names a service to whatever its file says.

    >>> hosts("postgresql:///outage", {"PGHOST": "db.internal"})
    ['db.internal']
    >>> hosts("kafka-0.internal:9092,kafka-1.internal:9092")
    ['kafka-0.internal', 'kafka-1.internal']
    >>> hosts("postgresql://app@/outage?host=/run/postgresql")
    ['/run/postgresql']
    """
    if "://" not in server:
        return [part.rpartition(":")[0].strip("[]") for part in server.split(",")]
    parts = urlsplit(server)
    # A driver takes either form, so both count.
    query = parse_qs(parts.query)
    named = [*parts.netloc.rpartition("@")[2].split(","), *",".join(query.get("host", [])).split(",")]
    found = [_host(unquote(part)) for part in named if part]
    # Where only a port is named ("@:5432") or nothing at all, the driver looks further.
    if not any(found):
        found = [f"service {name}" for name in query.get("service", [])]
        found = found or [_host(part) for part in environment.get("PGHOST", "").split(",") if part]
    return [host for host in found if host]


def _host(named: str) -> str:
    if named.startswith("/"):
        return named
    if named.startswith("["):
        return named[1:].partition("]")[0]
    return named.partition(":")[0]


def is_here(host: str) -> bool:
    """Whether a host is this machine, without asking anybody: loopback, localhost, or a socket's folder.

    >>> [is_here(host) for host in ("127.0.0.1", "::1", "localhost", "/tmp", "db.internal", "10.0.0.7")]
    [True, True, True, True, False, False]
    """
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
