"""The whole of Rapport in one process: PostgreSQL and the broker as children, the services under one address."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from common.auth.development import development_issuer, development_settings, load_key
from rapport import logs, ports, services
from rapport.broker import Broker
from rapport.front import Front, Lifespans
from rapport.home import Home, Ready, Running
from rapport.names import Name
from rapport.options import Options
from rapport.parts import running_parts
from rapport.postgres import Postgres
from rapport.prepare import prepare, url_of
from rapport.server import Server
from rapport.signals import answered
from rapport.supervisor import keep

DATABASE = "rapport"


class Stack:
    """Runs once. `say` gets a line for whatever a person should know; `ready` runs beside, once everything answers."""

    def __init__(self, options: Options, say: Callable[[str], None], ready: Ready) -> None:
        self._options = options
        self._say = say
        self._ready = ready
        self._home = Home(options.data)
        self._server: Server | None = None
        self._run: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until a signal to stop. Raise Trouble for what a person must know or decide."""
        with self._home.locked(self._options.port), logs.into(self._home.path / "rapport.log", self._say):
            self._run = asyncio.create_task(self._live())
            with answered(self._leave), suppress(asyncio.CancelledError):
                await self._run

    def _leave(self) -> None:
        """At the first signal finish what was begun, then stop; at the second stop now."""
        if self._server is None:
            self._say("Stopping")
            if self._run:
                self._run.cancel()
        else:
            self._say(self._server.leave())

    async def _live(self) -> None:
        listener = ports.listening(self._options.port, "Rapport", "--port")
        with listener:
            async with running_parts(self._home, self._options, self._say) as (postgres, broker):
                running = Running(
                    pid=os.getpid(), port=self._options.port, postgres_port=postgres.port, broker_port=broker.port
                )
                self._home.tell(running)
                front = await self._front(postgres, broker, running.url)
                async with Lifespans(front):
                    self._server = Server(front)
                    keepers = keep("PostgreSQL", postgres, self._say), keep("The broker", broker, self._say)
                    await race(self._server.serve([listener]), *keepers, beside=self._ready(running))

    async def _front(self, postgres: Postgres, broker: Broker, url: str) -> Front:
        passwords = {name.value: self._home.secret(name) for name in Name}
        admin = postgres.dsn(DATABASE)
        await prepare(admin, passwords)
        apps = {
            name: services.build(name, url_of(admin, name, password), broker.bootstrap, url)
            for name, password in passwords.items()
        }
        issuer = development_issuer(load_key(self._home.path), development_settings(url), "embedded")
        return Front(apps, issuer)


async def race(*runners: Coroutine[Any, Any, None], beside: Coroutine[Any, Any, None]) -> None:
    """Until the first of `runners` ends, well or with an error; the others and `beside` are cancelled."""
    tasks = [asyncio.create_task(runner) for runner in runners]
    companion = asyncio.create_task(beside)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, companion):
            task.cancel()
        await asyncio.gather(*tasks, companion, return_exceptions=True)
    for task in done:
        task.result()
