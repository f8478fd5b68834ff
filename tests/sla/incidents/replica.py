"""One replica that watches deadlines, as a process of its own that can be killed: `python replica.py DATABASE_URL`."""

import asyncio
import sys
from functools import partial

from common import logging
from common.database import Database
from common.loops import forever
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from sla.incidents.deadlines import watch
from sla.tables import Base


async def main(url: str) -> None:
    database = Database(DatabaseSettings(url=url))
    runtime = Runtime("sla", Settings(environment="test"), database, machinery(Base.metadata))
    print("watching", flush=True)  # noqa: T201 - whoever started it waits for this
    await forever("sla", "incident-deadlines", partial(watch, runtime))


if __name__ == "__main__":
    logging.configure("json", "WARNING")
    asyncio.run(main(sys.argv[1]))
