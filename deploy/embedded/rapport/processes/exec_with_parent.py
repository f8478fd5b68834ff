"""Executes a program that dies with its parent: `python -I -S exec_with_parent.py SIGNAL PARENT UID GID PROGRAM`.

This is a program of its own, as nothing between fork and exec may depend on the threads of the parent.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def exec_with_parent(signal: int, parent: int, uid: int, gid: int, argv: list[str]) -> None:
    # A session of its own: Ctrl-C reaches the parent alone, which then stops its children in order.
    os.setsid()
    if os.geteuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        sys.exit("the parent died first")
    os.execv(argv[0], argv)  # noqa: S606 - argv is ours


if __name__ == "__main__":
    signal, parent, uid, gid = map(int, sys.argv[1:5])
    exec_with_parent(signal, parent, uid, gid, sys.argv[5:])
