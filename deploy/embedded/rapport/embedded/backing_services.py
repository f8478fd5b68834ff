"""PostgreSQL and the broker, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.settings import KafkaSettings
from published.event import topic_name
from rapport.data_dir import DataDirectory
from rapport.embedded import services
from rapport.embedded.broker import Broker
from rapport.embedded.options import StackOptions
from rapport.errors import PortTaken
from rapport.postgres.server import Postgres
from rapport.processes import ports
from rapport.service_names import ServiceName

DEFAULT_POSTGRES_PORT = 54320
DEFAULT_BROKER_PORT = 19092


@asynccontextmanager
async def run_backing_services(
    data_dir: DataDirectory, options: StackOptions, say: Callable[[str], None]
) -> AsyncIterator[tuple[Postgres, Broker]]:
    """Run PostgreSQL and the broker while the block runs, and import the services meanwhile."""
    postgres_port = ports.choose_port(options.postgres_port, DEFAULT_POSTGRES_PORT, "PostgreSQL", "--postgres-port")
    broker_port = ports.choose_port(options.broker_port, DEFAULT_BROKER_PORT, "the broker", "--broker-port")
    topics = [topic_name(name) for name in ServiceName]
    postgres = Postgres(data_dir.postgres_path, port=postgres_port, say=say)
    broker = Broker(data_dir.path, topics, partitions=KafkaSettings().partitions, port=broker_port)
    try:
        await asyncio.gather(
            start_server(postgres, movable=options.postgres_port is None),
            start_server(broker, movable=options.broker_port is None),
            asyncio.to_thread(services.import_services),
        )
        yield postgres, broker
    finally:
        await asyncio.gather(postgres.stop(), broker.stop())


async def start_server(server: Postgres | Broker, *, movable: bool) -> None:
    """Start the server; on a port that was not requested and is in use by now, choose another one."""
    try:
        await server.start()
    except PortTaken:
        if not movable:
            raise
        server.port = ports.find_free_port()
        await server.start()
