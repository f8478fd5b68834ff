"""One replica of all services, as a process of its own that can be killed: `python replica.py PLAN`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import planted_bugs
import uvloop
from fastapi import FastAPI
from starlette.applications import Starlette

from common import logging
from common.app import create_app
from common.auth.development_issuer import development_issuer, development_settings, load_or_create_key
from common.auth.settings import AuthSettings
from common.settings import DatabaseSettings, KafkaSettings, Settings
from rapport.embedded import services
from rapport.embedded.gateway import Gateway, ServiceLifespans
from rapport.embedded.server import GatewayServer
from rapport.processes import ports
from rapport.processes.signals import handle_stop_signals


async def serve(plan: dict[str, Any]) -> None:
    """Until a signal to stop. Every replica knows the issuer's key, so that none depends on another."""
    auth = development_settings(plan["issuer"])
    auth.jwks_url = development_settings(f"http://{ports.HOST}:{plan['port']}").jwks_url
    apps = {name: application(name, url, plan["bootstrap"], auth) for name, url in plan["databases"].items()}
    issuer = development_issuer(load_or_create_key(Path(plan["keys"])), auth, "test")
    front = Gateway(apps, issuer, lambda _transport: Starlette())
    with ports.open_listener(plan["port"], "The replica", "--port") as listener:
        async with ServiceLifespans(front):
            server = GatewayServer(front)
            with handle_stop_signals(lambda: print(server.begin_stop())):  # noqa: T201 - its output is its log
                await server.serve([listener])


def application(name: str, url: str, bootstrap: str, auth: AuthSettings) -> FastAPI:
    settings = Settings(
        environment="test",
        database=DatabaseSettings(url=url, pool_size=3, pool_overflow=7),
        kafka=KafkaSettings(bootstrap=bootstrap),
        auth=auth,
    )
    return create_app(services.load_service(name), settings)


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    logging.configure("json", "INFO")
    planted_bugs.plant(plan["bug"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(plan))


if __name__ == "__main__":
    main()
