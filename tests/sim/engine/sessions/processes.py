"""Hold a process of the server still while it waits, and let it go on in its turn."""

import contextlib

import psutil


class ServerProcess:
    """One process of the server, where it runs on this machine: else it cannot be held still, and nothing is done."""

    def __init__(self, pid: int, client: str) -> None:
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            # Its title names its client: a server in a container has the number of some other process here.
            if client in " ".join(process.cmdline()):
                self._process = process

    def stay_beside(self) -> None:
        """Run on the cores on which this process runs, where the system lets it.

        The two take turns: on one core the answer is there at once, while another core has to be woken first.
        """
        if self._process is not None:
            with contextlib.suppress(psutil.Error, AttributeError):
                self._process.cpu_affinity(psutil.Process().cpu_affinity())

    def hold_still(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.suspend()

    def go_on(self) -> None:
        """Let it run again."""
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.resume()
