"""A TCP gate before the broker: shut, it refuses; open, it passes bytes both ways; shutting it drops everybody."""

import asyncio
import errno

from rapport.processes.ports import HOST


class ProxyConnection(asyncio.Protocol):
    """One side of a connection: what it receives leaves by the other side, and a slow reader holds up the writer."""

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
    """The client's side: what it says before the broker's side stands is kept for it."""

    def __init__(self, gate: "TcpProxy") -> None:
        self._gate = gate
        self._early: list[bytes] = []
        self._joining: asyncio.Task[None] | None = None
        self.peer = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._gate.clients.add(self)
        self._joining = asyncio.get_running_loop().create_task(self._join())

    def data_received(self, data: bytes) -> None:
        if self.peer is self:
            self._early.append(data)
        else:
            super().data_received(data)

    async def _join(self) -> None:
        try:
            _, inner = await asyncio.get_running_loop().create_connection(ProxyConnection, HOST, self._gate.upstream)
        except OSError:
            self.transport.abort()
            return
        inner.peer, self.peer = self, inner
        inner.transport.writelines(self._early)
        if self.transport.is_closing():
            inner.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gate.clients.discard(self)
        super().connection_lost(exc)

    def drop(self) -> None:
        if self._joining:
            self._joining.cancel()
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
        """Let visitors through to `upstream`; a port of ours that somebody grabbed meanwhile is waited for a little."""
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
        """Refuse newcomers and drop everybody inside."""
        if self._server:
            self._server.close()
            self._server = None
        for visitor in list(self.clients):
            visitor.drop()
