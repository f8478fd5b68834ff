"""uvicorn inside our own event loop: signals belong to us, and stopping means finishing what was begun."""

import contextlib
from collections.abc import Iterator

import uvicorn

from common.http.server import build_server_config
from rapport.embedded.gateway import Gateway

GRACE_SECONDS = 15
"""How long requests in flight may take once we stop."""


class GatewayServer(uvicorn.Server):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(
            build_server_config(gateway, lifespan="off", timeout_graceful_shutdown=GRACE_SECONDS, timeout_keep_alive=30)
        )
        self._gateway = gateway

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again before the databases are stopped."""
        yield

    def begin_stop(self) -> str:
        """Stop after the requests in flight, or at once when called again; return a message for people."""
        self._gateway.is_stopping = True
        self.force_exit = self.should_exit
        self.should_exit = True
        return "Stopping at once" if self.force_exit else "Stopping; requests in flight are finished first"
