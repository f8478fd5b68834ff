"""A TCP proxy before the broker: open, it passes bytes both ways; closed, it refuses and drops connections."""

import asyncio
import errno

from rapport.processes.ports import HOST


class ProxyConnection(asyncio.Protocol):
    """One side of a connection: it writes what it receives to the other side, and a slow reader slows the writer."""

    transport: asyncio.Transport
    peer: "ProxyConnection"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # asyncio types the callback wider than TCP is

    def data_received(self, data: bytes) -> None:
        self.peer.transport.write(data)

    def pause_writing(self) -> None:
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        self.peer.transport.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self.peer.transport.close()


class ClientConnection(ProxyConnection):
    """The client's side: what it sends before the broker's side is connected is buffered."""

    def __init__(self, proxy: "TcpProxy") -> None:
        self._proxy = proxy
        self._early: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None
        self.peer = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._proxy.clients.add(self)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def data_received(self, data: bytes) -> None:
        if self.peer is self:
            self._early.append(data)
        else:
            super().data_received(data)

    async def _connect(self) -> None:
        try:
            _, inner = await asyncio.get_running_loop().create_connection(ProxyConnection, HOST, self._proxy.upstream)
        except OSError:
            self.transport.abort()
            return
        inner.peer, self.peer = self, inner
        inner.transport.writelines(self._early)
        if self.transport.is_closing():
            inner.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._proxy.clients.discard(self)
        super().connection_lost(exc)

    def drop(self) -> None:
        if self._connecting:
            self._connecting.cancel()
        self.peer.transport.abort()
        self.transport.abort()


class TcpProxy:
    """Listens on 127.0.0.1:`port` while open; port 0 takes a free one, and keeps it."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.upstream = 0
        self.clients: set[ClientConnection] = set()
        self._server: asyncio.Server | None = None

    async def open(self, upstream: int, patience: float = 1) -> None:
        """Open the way to `upstream`, waiting up to `patience` seconds if another program has taken the port."""
        self.upstream = upstream
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while self._server is None:
            try:
                self._server = await loop.create_server(
                    lambda: ClientConnection(self), HOST, self.port, reuse_address=True
                )
            except OSError as problem:
                if problem.errno != errno.EADDRINUSE or loop.time() > deadline:
                    raise
                await asyncio.sleep(0.1)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Refuse new connections and drop the open ones."""
        if self._server:
            self._server.close()
            self._server = None
        for client in list(self.clients):
            client.drop()
