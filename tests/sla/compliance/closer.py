"""One replica that closes periods, as a process of its own that can be killed: `python closer.py DATABASE_URL`."""

import asyncio
import sys
from datetime import timedelta
from functools import partial

from common import logging
from common.database import Database
from common.duties import perform
from common.loops import forever
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from sla.compliance.closing import duty
from sla.compliance.settings import StatementSettings
from sla.tables import Base


async def main(url: str) -> None:
    database = Database(DatabaseSettings(url=url))
    runtime = Runtime("sla", Settings(environment="test"), database, machinery(Base.metadata))
    closing = duty(StatementSettings(grace=timedelta(0), every=timedelta(seconds=1), at_once=2))
    print("closing", flush=True)  # noqa: T201 - whoever started it waits for this
    await forever("sla", closing.name, partial(perform, runtime, closing))


if __name__ == "__main__":
    logging.configure("json", "WARNING")
    asyncio.run(main(sys.argv[1]))
