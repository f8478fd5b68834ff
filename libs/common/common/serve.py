"""Runs one service as a process of its own, as containers do: `python -m common.serve catalog`."""

import argparse
from importlib import import_module

import uvicorn

from common import logging
from common.app import create_app
from common.settings import Settings

GRACE_SECONDS = 20
"""For requests in flight when the container is stopped; shorter than Compose's stop_grace_period."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m common.serve", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - in a container; the gateway is what the world reaches
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    settings = Settings()
    logging.configure(settings.log_format, settings.log_level)
    uvicorn.run(
        create_app(import_module(f"{asked.service}.main").service(), settings),
        host=asked.host,
        port=asked.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
