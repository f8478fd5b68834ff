"""The two programs Rapport needs beside itself, started together and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.settings import KafkaSettings
from published.event import topic_of
from rapport import ports, services
from rapport.broker import Broker
from rapport.errors import PortTaken
from rapport.home import Home
from rapport.names import Name
from rapport.options import Options
from rapport.postgres import Postgres

USUAL_POSTGRES_PORT = 54320
USUAL_BROKER_PORT = 19092


@asynccontextmanager
async def running_parts(
    home: Home, options: Options, say: Callable[[str], None]
) -> AsyncIterator[tuple[Postgres, Broker]]:
    """PostgreSQL and the broker, up; meanwhile the services were imported."""
    postgres_port = ports.choose(options.postgres_port, USUAL_POSTGRES_PORT, "PostgreSQL", "--postgres-port")
    broker_port = ports.choose(options.broker_port, USUAL_BROKER_PORT, "the broker", "--broker-port")
    topics = [topic_of(name) for name in Name]
    postgres = Postgres(home.postgres, port=postgres_port, say=say)
    broker = Broker(home.path, topics, partitions=KafkaSettings().partitions, port=broker_port)
    try:
        await asyncio.gather(
            start(postgres, movable=options.postgres_port is None),
            start(broker, movable=options.broker_port is None),
            asyncio.to_thread(services.import_all),
        )
        yield postgres, broker
    finally:
        await asyncio.gather(postgres.stop(), broker.stop())


async def start(part: Postgres | Broker, *, movable: bool) -> None:
    """Start it; where nobody asked for the port, one that was taken since we looked is given up for another."""
    try:
        await part.start()
    except PortTaken:
        if not movable:
            raise
        part.port = ports.free_port()
        await part.start()
