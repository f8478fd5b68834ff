"""Runs one service, or the console, in a process of its own, as containers do: `python -m common.serve catalog`."""

import argparse
from importlib import import_module

import uvicorn
from starlette.types import ASGIApp

from common import logging
from common.app import create_app
from common.http.server import build_server_config
from common.settings import Settings

GRACE_SECONDS = 20
"""The seconds that requests in flight get when the container stops; less than Compose's stop_grace_period."""


def build_application(name: str, settings: Settings) -> ASGIApp:
    """Build the service of this name, or what its main.py builds itself because it has no database."""
    main_module = import_module(f"{name}.main")
    if hasattr(main_module, "application"):
        application: ASGIApp = main_module.application(settings)
        return application
    return create_app(main_module.service(), settings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m common.serve", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - in a container; the gateway is what the world reaches
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    settings = Settings()
    logging.configure(settings.log_format, settings.log_level)
    config = build_server_config(
        build_application(arguments.service, settings),
        host=arguments.host,
        port=arguments.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
