"""The whole of Rapport in one process: PostgreSQL and the broker as children, the services under one address."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from common.auth.development_issuer import development_issuer, development_settings, load_or_create_key
from common.events.sent_records import SentRecords
from rapport.data_dir import DataDirectory, OnReady, RunningInstance
from rapport.embedded import logs, services
from rapport.embedded.backing_services import run_backing_services
from rapport.embedded.broker import Broker
from rapport.embedded.gateway import Gateway, ServiceLifespans
from rapport.embedded.options import StackOptions
from rapport.embedded.server import GatewayServer
from rapport.postgres.server import Postgres
from rapport.postgres.setup import prepare_database, service_url
from rapport.processes import ports
from rapport.processes.signals import handle_stop_signals
from rapport.processes.supervisor import keep_running
from rapport.service_names import ServiceName

DATABASE_NAME = "rapport"


class Stack:
    """Runs everything once. `say` gets lines for people; `ready` runs once everything answers."""

    def __init__(self, options: StackOptions, say: Callable[[str], None], ready: OnReady) -> None:
        self._options = options
        self._say = say
        self._ready = ready
        self._data_dir = DataDirectory(options.data)
        self._server: GatewayServer | None = None
        self._is_leaving = False
        self._run: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run until a stop signal. Raise CommandError for what the user must resolve."""
        with self._data_dir.lock(self._options.port), logs.log_to_file(self._data_dir.path / "rapport.log", self._say):
            self._run = asyncio.create_task(self._live())
            with handle_stop_signals(self._leave), suppress(asyncio.CancelledError):
                await self._run

    def _leave(self) -> None:
        """Stop after the requests in flight at the first signal, and at once at the second."""
        if self._server is None:
            self._say("Stopping")
            self._is_leaving = True
            if self._run:
                self._run.cancel()
        else:
            self._say(self._server.begin_stop())

    def _go_on_unless_leaving(self) -> None:
        """End the start if it was to stop: what it waited for may have swallowed the cancellation."""
        if self._is_leaving:
            raise asyncio.CancelledError

    async def _live(self) -> None:
        listener = ports.open_listener(self._options.port, "Rapport", "--port")
        with listener:
            async with run_backing_services(self._data_dir, self._options, self._say) as (postgres, broker):
                running = RunningInstance(
                    pid=os.getpid(), port=self._options.port, postgres_port=postgres.port, broker_port=broker.port
                )
                self._data_dir.write_instance(running)
                self._go_on_unless_leaving()
                gateway = await self._build_gateway(postgres, broker, running.url)
                async with ServiceLifespans(gateway):
                    self._go_on_unless_leaving()
                    self._server = GatewayServer(gateway)
                    keepers = (
                        keep_running("PostgreSQL", postgres, self._say),
                        keep_running("The broker", broker, self._say),
                    )
                    await run_until_first_ends(self._server.serve([listener]), *keepers, beside=self._ready(running))

    async def _build_gateway(self, postgres: Postgres, broker: Broker, url: str) -> Gateway:
        passwords = {name.value: self._data_dir.get_or_create_secret(name) for name in ServiceName}
        admin = postgres.dsn(DATABASE_NAME)
        await prepare_database(admin, passwords)
        sent_records = SentRecords()
        apps = {
            name: services.build_service_app(
                name, service_url(admin, name, password), broker.bootstrap, url, sent_records
            )
            for name, password in passwords.items()
        }
        key, hosts = load_or_create_key(self._data_dir.path), self._options.allowed_hosts
        issuer = development_issuer(key, development_settings(url), "embedded", hosts)
        secret = self._data_dir.get_or_create_secret("console")
        build_console = partial(services.build_console_app, url, secret, key, hosts)
        return Gateway(apps, issuer, build_console, services.LOCAL_ORIGINS)


async def run_until_first_ends(*runners: Coroutine[Any, Any, None], beside: Coroutine[Any, Any, None]) -> None:
    """Run until the first of `runners` ends; the others and `beside` are cancelled then."""
    tasks = [asyncio.create_task(runner) for runner in runners]
    companion = asyncio.create_task(beside)
    try:
        finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, companion):
            task.cancel()
        await asyncio.gather(*tasks, companion, return_exceptions=True)
    for task in finished:
        task.result()
