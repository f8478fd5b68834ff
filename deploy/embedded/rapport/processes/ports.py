"""Ports on the loopback interface: everything of the embedded stack listens there and nowhere else."""

import socket

from rapport.errors import PortTaken

HOST = "127.0.0.1"


def bind_port(port: int) -> socket.socket:
    """A socket that holds the port (0: any) and does not listen yet."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((HOST, port))
    except OSError:
        holder.close()
        raise
    return holder


def is_port_free(port: int) -> bool:
    try:
        with bind_port(port) as holder:
            holder.listen()
    except OSError:
        return False
    return True


def find_free_port() -> int:
    holder = bind_port(0)
    with holder:
        return int(holder.getsockname()[1])


def open_listener(port: int, what: str, option: str) -> socket.socket:
    """A socket that listens from now on: who comes too early waits a moment instead of being refused."""
    try:
        listener = bind_port(port)
        listener.listen(128)
    except OSError:
        raise PortTaken(port, what, option) from None
    return listener


def choose_port(wanted: int | None, usual: int, what: str, option: str) -> int:
    """The port asked for, or an error that names it; if none was asked for, the usual one or else any free one."""
    if wanted is None:
        return usual if is_port_free(usual) else find_free_port()
    if wanted and not is_port_free(wanted):
        raise PortTaken(wanted, what, option)
    return wanted or find_free_port()
