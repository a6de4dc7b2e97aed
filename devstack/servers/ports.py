"""Choose free ports on loopback, once per folder, and keep them as long as nobody else has taken them."""

import json
import secrets
import socket
from collections.abc import Container
from pathlib import Path

from devstack.private import put

LOOPBACK = "127.0.0.1"
# Below the kernel's usual range for outgoing connections (32768 on Linux, 49152 elsewhere), so that a port stays ours
# between runs.
_LOWEST, _COUNT = 20_000, 12_000


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now; connections of a past run that still linger do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(besides: Container[int] = ()) -> int:
    """A random free port not in `besides`: random, so that two stacks starting at the same moment rarely meet."""
    while True:
        port = _LOWEST + secrets.randbelow(_COUNT)
        if port not in besides and is_free(port):
            return port


class PortBook:
    """The ports of one stack's folder by name, in `ports.json`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ports.json"

    def _read(self) -> dict[str, int]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def take(self, name: str) -> int:
        """The port kept for `name`, or another one when it is taken or was never chosen."""
        port = self._read().get(name)
        return port if port is not None and is_free(port) else self.change(name)

    def change(self, name: str) -> int:
        """A new port for `name`, because the one it had turned out to be taken."""
        ports = self._read()
        ports[name] = free_port(besides=set(ports.values()))
        put(self._file, json.dumps(ports, indent=1))
        return ports[name]
