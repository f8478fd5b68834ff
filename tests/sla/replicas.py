"""Replicas of the sla service that do one of its duties or loops, as processes of their own that can be killed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from common import logging
from common.database.connections import Database
from common.jobs.periodic_jobs import run_periodically
from common.jobs.supervisor import run_forever
from common.settings import DatabaseSettings, Settings
from sla.main import service


@contextmanager
def replicas(url: str, name: str, number: int = 1, **settings: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many do `name` over the database of `url`, with these settings in their environment, until the block ends."""
    command = [sys.executable, __file__, url, name]
    started = [subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE) for _ in range(number)]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


async def main(url: str, name: str) -> None:
    sla_service, database = service(), Database(DatabaseSettings(url=url))
    runtime = sla_service.build_runtime(Settings(environment="test"), database)
    runs = {duty.name: partial(run_periodically, runtime, duty) for duty in sla_service.periodic_jobs}
    runs |= {loop.name: partial(loop.run, runtime) for loop in sla_service.background_loops}
    print("ready", flush=True)  # noqa: T201 - whoever started it waits for this
    await run_forever(sla_service.name, name, runs[name])


if __name__ == "__main__":
    logging.configure("json", "WARNING")
    asyncio.run(main(*sys.argv[1:]))
