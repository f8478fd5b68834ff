"""Ctrl-C and its kin, as something to wait for."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def answered(answer: Callable[[], None]) -> Iterator[None]:
    """While the block runs, each of these signals calls `answer` and does nothing else."""
    loop = asyncio.get_running_loop()
    for number in WATCHED:
        loop.add_signal_handler(number, answer)
    try:
        yield
    finally:
        for number in WATCHED:
            loop.remove_signal_handler(number)
