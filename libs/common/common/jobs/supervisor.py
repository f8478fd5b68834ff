"""Loops that must not end: relay, consumer, duties. Whatever stops one, it starts over, with patience."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from common.events.broker import BrokerLost

FIRST_PAUSE, LONGEST_PAUSE, CALM_SECONDS = 0.1, 5.0, 60.0
"""Seconds: the first pause, the longest one, and how long a run must last for the pauses to begin anew."""
OUTAGES = (
    BrokerLost,
    KafkaError,
    OSError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

RESTARTS = Counter("rapport_loop_restarts_total", "Times a background loop started over", ["service", "loop"])

log = structlog.get_logger(__name__)


async def run_forever(service: str, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Await `run` again and again, until cancelled. Outages are expected; anything else is a bug, and is said aloud."""
    pause = FIRST_PAUSE
    while True:
        began = time.monotonic()
        try:
            await run()
        except OUTAGES as error:
            log.warning("loop_starts_over", service=service, loop=name, reason=f"{type(error).__name__}: {error}")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled us: aiokafka cancels futures of its own when a fetch fails, and whoever awaits them ends.
            log.warning("loop_starts_over", service=service, loop=name, reason="CancelledError from within")
        except Exception:
            log.exception("loop_failed", service=service, loop=name)
        RESTARTS.labels(service, name).inc()
        pause = FIRST_PAUSE if time.monotonic() - began > CALM_SECONDS else pause
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, protects nothing
        pause = min(pause * 2, LONGEST_PAUSE)
