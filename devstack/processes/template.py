"""Fork a Python program off a process that has imported its modules already: what an import costs is paid once.

`python -m devstack.processes.template SOCKET MODULES…`, started by a warden that was told to (devstack/processes/warden.py).
It imports the modules, says ``ready``, and then for every order on the socket (SOCK_SEQPACKET: one JSON object a packet,
with the log and a pipe's end to wait on) answers with the pid of a new process in which `python -m MODULE WORDS…` runs
as the ordinary start would have it run: session, signals, environment, output, exit code.

multiprocessing.forkserver does the same but for one thing: its children are its own, so that only it learns how one
ended. Here the process between a child and the template ends at once, and the kernel gives the child to the nearest
subreaper above, the warden, which then waits for it, signals it and is its death's cause like any other child's.
(The forked processes share one seed of hashes, which matters to nobody who was promised an order of sets.)
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
LARGEST_ORDER = 2**20  # bytes; the environment is the most of it


def serve(line: socket.socket, modules: Sequence[str]) -> list[str]:
    """Import `modules`, then fork until the warden is gone. Returns in every child alone: the module to run, its words."""
    warden = os.getppid()
    gc.disable()  # what is imported stays: to look for garbage among it is a third of what it costs
    for name in modules:
        importlib.import_module(name)
    gc.enable()
    if threads := sum(1 for _ in Path("/proc/self/task").iterdir()) - 1:
        # Only the thread that forks lives on in a child; whatever lock another one held is held for ever.
        sys.exit(f"{threads} threads were started by importing {', '.join(modules)}: nothing can be forked from here")
    gc.freeze()  # the collector would write to, and so copy, every page of what is shared
    line.send(b"ready")
    while True:
        text, handles, *_ = socket.recv_fds(line, LARGEST_ORDER, 2)
        if not text:
            os._exit(0)
        log, known = handles
        if _forked(line):
            line.close()
            return _become(json.loads(text), log, known, warden)
        os.close(log)
        os.close(known)


def _forked(line: socket.socket) -> bool:
    """Make a process that is the warden's child and tell the warden its pid; whether this is that process."""
    told, tell = os.pipe()
    between = os.fork()
    if between == 0:
        if child := os.fork():
            os.write(tell, b"%d" % child)
            os._exit(0)
        os.close(told)
        os.close(tell)
        return True
    os.close(tell)
    os.waitpid(between, 0)  # from here on the child is the warden's
    line.send(os.read(told, 32))
    os.close(told)
    return False


def _become(order: dict[str, Any], log: int, known: int, warden: int) -> list[str]:
    """Be in every respect what the warden would have started by exec, but do not run it yet."""
    os.setsid()
    if not os.read(known, 1):
        os._exit(1)  # the warden has given this start up, or is gone
    os.close(known)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, order["death_signal"], 0, 0, 0)
    if os.getppid() != warden:
        os._exit(1)  # the warden died between its word and prctl
    for standard in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(log, standard)
    os.close(log)
    os.environ.clear()
    os.environ.update(order["env"])
    return list(order["words"])


if __name__ == "__main__":
    module, *words = serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
    sys.argv = [module, *words]
    # Nothing around it: how it ends is the interpreter's own matter, as it is after `python -m`.
    runpy.run_module(module, run_name="__main__", alter_sys=True)
