"""The real consumer of reporting, and nothing around it: drains what the broker holds until its input ends."""

import asyncio
import sys

import uvloop

from common import logging
from common.database.connections import Database
from common.events.consumer import Consumer
from common.events.inbox import Inbox
from common.jobs.supervisor import run_forever
from common.settings import DatabaseSettings, KafkaSettings, Settings
from rapport.embedded.services import FETCH_MAX_WAIT, load_service


async def drain(database_url: str, bootstrap: str) -> None:
    service = load_service("reporting")
    settings = Settings(
        environment="embedded",
        database=DatabaseSettings(url=database_url),
        kafka=KafkaSettings(bootstrap=bootstrap, fetch_max_wait=FETCH_MAX_WAIT),
    )
    runtime = service.build_runtime(settings, Database(settings.database))
    consumer = Consumer(runtime, Inbox(service.name, runtime.tables, service.subscriptions))
    print("ready", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.readline)
    work = asyncio.create_task(run_forever(service.name, "consumer", consumer.run))
    await asyncio.to_thread(sys.stdin.readline)
    work.cancel()
    await asyncio.wait([work])
    await runtime.database.close()


if __name__ == "__main__":
    logging.configure("json", "WARNING")
    uvloop.run(drain(*sys.argv[1:]))
