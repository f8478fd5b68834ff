"""Runs one service as a process of its own, as containers do: `python -m common.serve catalog`."""

import sys
from importlib import import_module

import uvicorn

from common import logging
from common.app import create_app
from common.settings import Settings

GRACE_SECONDS = 20
"""For requests in flight when the container is stopped; shorter than Compose's stop_grace_period."""


def main() -> None:
    settings = Settings()
    logging.configure(settings.log_format, settings.log_level)
    app = create_app(import_module(f"{sys.argv[1]}.main").service(), settings)
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104 - in a container; the gateway is what the world reaches
        port=8000,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
