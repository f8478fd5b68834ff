"""Runs one service in a process of its own, as containers do: `python -m common.serve catalog`."""

import argparse
from importlib import import_module

import uvicorn

from common import logging
from common.app import create_app
from common.http.server import build_server_config
from common.settings import Settings

GRACE_SECONDS = 20
"""The seconds that requests in flight get when the container stops; less than Compose's stop_grace_period."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m common.serve", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - in a container; the gateway is what the world reaches
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    settings = Settings()
    logging.configure(settings.log_format, settings.log_level)
    config = build_server_config(
        create_app(import_module(f"{arguments.service}.main").service(), settings),
        host=arguments.host,
        port=arguments.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
