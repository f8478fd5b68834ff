"""uvicorn inside our own event loop: signals belong to us, and stopping means finishing what was begun."""

import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 15
"""How long requests in flight may take once we stop."""


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handlers of uvicorn's own would raise the signal again before our databases are stopped."""
        yield


def server_for(app: ASGIApp) -> Server:
    return Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=30,
        )
    )
