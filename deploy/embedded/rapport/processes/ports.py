"""Ports on the loopback interface, the only one that the embedded stack listens on."""

import socket

from rapport.errors import PortTaken

HOST = "127.0.0.1"


def bind_port(port: int) -> socket.socket:
    """Bind a socket to the port (0 means any) without listening."""
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
    """Open a socket that listens from now on: early clients wait a moment instead of being refused."""
    try:
        listener = bind_port(port)
        listener.listen(128)
    except OSError:
        raise PortTaken(port, what, option) from None
    return listener


def choose_port(requested: int | None, default: int, what: str, option: str) -> int:
    """Return the requested port, or raise if it is in use; without a request the default port or any free one."""
    if requested is None:
        return default if is_port_free(default) else find_free_port()
    if requested and not is_port_free(requested):
        raise PortTaken(requested, what, option)
    return requested or find_free_port()
