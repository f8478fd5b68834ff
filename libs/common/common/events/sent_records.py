"""Tells the consumers of a process what its relays send, so that idle ones need not ask the broker all the time."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable


class SentRecords:
    """One for all services of a process that runs each of them once: no other process sends to their topics then."""

    def __init__(self) -> None:
        self._signals = defaultdict[str, list[asyncio.Event]](list)

    def announce(self, topic: str) -> None:
        """Wake those who read the topic: the broker has new records of it."""
        for signal in self._signals[topic]:
            signal.set()

    def subscribe(self, topics: Iterable[str]) -> asyncio.Event:
        """Return a signal that is set when there are new records of one of the topics."""
        signal = asyncio.Event()
        for topic in topics:
            self._signals[topic].append(signal)
        return signal


async def wait_for_signal(signal: asyncio.Event, seconds: float) -> bool:
    """Wait for the signal, for at most `seconds`, and return whether it is set."""
    # Unlike wait_for of Python 3.11, a time limit of this kind swallows no cancellation.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await signal.wait()
    return signal.is_set()
