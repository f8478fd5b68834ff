"""Background loops that must not end: whatever stops one, it is restarted after a pause."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from common.error_descriptions import describe_error
from common.events.broker import BrokerLost, raise_if_cancelled
from common.jobs.clock_guard import ClockUntrusted

FIRST_PAUSE, LONGEST_PAUSE, CALM_SECONDS = 0.1, 5.0, 60.0
"""The seconds of the first and the longest pause, and of a run after which pauses are short again."""
OUTAGES = (
    BrokerLost,
    ClockUntrusted,
    KafkaError,
    OSError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

RESTARTS = Counter("rapport_loop_restarts_total", "Restarts of a background loop", ["service", "loop"])

log = structlog.get_logger(__name__)


async def run_forever(service: str, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Await `run` again and again until cancelled. Outages are expected; any other error is logged as a bug."""
    pause = FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            await run()
        except OUTAGES as error:
            log.warning("loop_restarted", service=service, loop=name, reason=describe_error(error))
        except asyncio.CancelledError:
            raise_if_cancelled()
            # Nobody cancelled this task: aiokafka cancels its own futures when a fetch fails.
            log.warning("loop_restarted", service=service, loop=name, reason="CancelledError from within")
        except Exception:
            log.exception("loop_failed", service=service, loop=name)
        raise_if_cancelled()
        RESTARTS.labels(service, name).inc()
        pause = FIRST_PAUSE if time.monotonic() - started > CALM_SECONDS else pause
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, protects nothing
        pause = min(pause * 2, LONGEST_PAUSE)
