"""Run a program as an ordinary account when we are root: PostgreSQL refuses to run as root.

Called as ``python plain_user.py ACCOUNT DEATH_SIGNAL PROGRAM ARGS…`` by a supervisor that is root, as in most
containers. The account needs no home, no shell and no right to any folder: the program keeps one capability,
CAP_DAC_OVERRIDE, so that a virtualenv or a data folder below root's own 0700 home works without opening that home to
everyone (which is what the wheel's own start-up does). Only the standard library is used, so that it starts at once.
"""

import ctypes
import os
import pwd
import sys

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2  # linux/prctl.h
_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_CAP_DAC_OVERRIDE = 1


def _keep_file_access(libc: ctypes.CDLL) -> None:
    """Raise CAP_DAC_OVERRIDE so that it outlives exec; where the container forbids it, ordinary file rights must do."""
    mask = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable; then the upper halves
    if libc.capset(header, sets) == 0:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def become(account: str, death_signal: int) -> None:
    """Drop from root to `account` for good.

    The kernel will send `death_signal` when the parent dies; it forgets such a wish at setuid, so it is made again.
    """
    entry = pwd.getpwnam(account)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    _keep_file_access(libc)
    libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)


if __name__ == "__main__":
    become(sys.argv[1], int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606  the argument list is the supervisor's own, no shell is wanted
