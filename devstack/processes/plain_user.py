"""Run a program as an ordinary account when we are root: PostgreSQL refuses to run as root.

Called as ``python plain_user.py ACCOUNT DEATH_SIGNAL PROGRAM ARGS…`` by a supervisor that is root, as in most
containers. The account needs no home and no shell, and where it can reach the program and the working folder by ordinary
rights it keeps no capability at all. Below a closed folder such as root's own 0700 home it keeps one, CAP_DAC_READ_SEARCH,
to get there without opening that home to everyone (which is what the wheel's own start-up does): it may look, and write
nowhere. Only the standard library is used, so that it starts at once.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2  # linux/prctl.h
_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_CAP_DAC_READ_SEARCH = 2


def _keep_only(libc: ctypes.CDLL, mask: int) -> None:
    """Give up every capability but those of `mask` (bits); what is kept outlives exec."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable; then the upper halves
    if libc.capset(header, sets) == 0 and mask:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)


def become(account: str, death_signal: int, *needs: str) -> None:
    """Drop from root to `account` for good; `needs` are the paths that it must be able to read.

    The kernel will send `death_signal` when the parent dies; it forgets such a wish at setuid, so it is made again.
    """
    entry = pwd.getpwnam(account)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    # From root to another account the effective capabilities are gone: this asks by ordinary rights.
    reached = all(os.access(path, os.R_OK, effective_ids=True) for path in needs)
    _keep_only(libc, 0 if reached else 1 << _CAP_DAC_READ_SEARCH)
    libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)


if __name__ == "__main__":
    named = [Path(word.rpartition("=")[2]) for word in sys.argv[3:]]
    reach = [str(path) for path in (Path.cwd(), *named) if path.is_absolute() and path.exists()]
    become(sys.argv[1], int(sys.argv[2]), *reach)
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606  the argument list is the supervisor's own, no shell is wanted
