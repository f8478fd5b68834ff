"""The feed of a process: it reads the outbox once for all who listen, and only while somebody does."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client import Gauge

from common.auth.principal import Principal
from common.changes.errors import TooManyListeners
from common.changes.hints import ChangeMessage, HintBuilder
from common.changes.positions import Position
from common.changes.store import OutboxReader, OutboxView, tag_of
from common.events.sent_records import wait_for_signal
from common.jobs.supervisor import run_forever

POLL_SECONDS = 1.0
"""The seconds between looks at the outbox for what other processes have written."""
PAUSE_SECONDS = 0.05
"""The least seconds between two looks, however much happens."""
MAX_WAITING = 2000
"""The messages that may wait for a slow reader, who has to ask for the rest anew."""
MAX_PER_PERSON = 10

LISTENERS = Gauge("rapport_change_listeners", "Open streams of changes", ["service"])


class PlacedMessage(NamedTuple):
    message: ChangeMessage | None
    """None of an event whose type this version of the service does not know."""
    position: Position
    """The position after it."""


class Listener:
    """One open stream: what waits to be sent on it."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.signal = asyncio.Event()
        """Set when something waits, or the stream is to end."""
        self.is_closed = False
        self.position = Position()
        """The position of the feed up to which all that is for this stream has been taken."""
        self._waiting = deque[PlacedMessage]()

    def put(self, messages: list[PlacedMessage]) -> None:
        """Have the messages wait, or end the stream if too many do."""
        if len(self._waiting) + len(messages) > MAX_WAITING:
            self.close()
        elif messages:
            self._waiting.extend(messages)
            self.signal.set()

    def take(self) -> Iterator[PlacedMessage]:
        """Take the waiting messages, in order; those that are not for this stream move its position only."""
        self.signal.clear()
        while self._waiting and not self.is_closed:
            placed = self._waiting.popleft()
            self.position = placed.position
            yield placed

    def close(self) -> None:
        """End the stream: what still waits is sent to whoever continues at its position."""
        self.is_closed = True
        self.signal.set()


class ChangeFeed:
    """Reads what is committed while somebody listens, and gives it to every listener."""

    def __init__(self, service: str, reader: OutboxReader, hints: HintBuilder, max_listeners: int) -> None:
        self.reader = reader
        self.hints = hints
        self._service = service
        self._max_listeners = max_listeners
        self._admitted: set[Listener] = set()
        self._joined: set[Listener] = set()
        self._position: Position | None = None
        self._wake = asyncio.Event()
        self._mutex = asyncio.Lock()
        self._polling: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look at the outbox now, as events were committed."""
        self._wake.set()

    def admit(self, principal: Principal) -> Listener:
        """Reserve a place for a stream, which `remove` frees. Raise TooManyListeners if there is none."""
        own = sum(listener.principal.subject == principal.subject for listener in self._admitted)
        if len(self._admitted) >= self._max_listeners or own >= MAX_PER_PERSON:
            raise TooManyListeners("Too many streams of changes are open: close those that nobody reads.")
        listener = Listener(principal)
        self._admitted.add(listener)
        LISTENERS.labels(self._service).set(len(self._admitted))
        return listener

    async def join(self, listener: Listener) -> Position:
        """Give the listener all that is seen from now on; return the position from which it gets it.

        The feed looks at the outbox first, so that it has seen all that a reader from another process has.
        """
        async with self._mutex:
            await self._look()
            self._joined.add(listener)
            if self._polling is None:
                self._polling = asyncio.create_task(run_forever(self._service, "changes", self._poll))
            listener.position = self._position or Position()
            return listener.position

    def remove(self, listener: Listener) -> None:
        """End a stream; the last one takes the feed with it."""
        self._admitted.discard(listener)
        self._joined.discard(listener)
        LISTENERS.labels(self._service).set(len(self._admitted))
        if not self._admitted and self._polling is not None:
            self._polling.cancel()
            self._polling = self._position = None

    async def _poll(self) -> None:
        while True:
            await wait_for_signal(self._wake, POLL_SECONDS)
            self._wake.clear()
            async with self._mutex:
                await self._look()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _look(self) -> None:
        """Read what was committed since the last look, and give it to those who have joined."""
        has_more = self._position is not None
        self._position = self._position or await self.reader.get_newest_position()
        while has_more:
            view = await self.reader.list_after(self._position)
            messages = self._place(view)
            for listener in self._joined:
                listener.put(messages)
            has_more = view.is_full and bool(messages)

    def _place(self, view: OutboxView) -> list[PlacedMessage]:
        """Move the position past the rows, as far as its gaps allow, and return their messages."""
        position, messages = self._position or Position(), []
        for row in view.rows:
            if position.is_full and row["seq"] > position.number:
                break
            position = position.advance(row["seq"], tag_of(row), view.next_transaction)
            messages.append(PlacedMessage(self.hints.build(row), position))
        self._position = position.settle(view.oldest_transaction, view.rows[-1]["seq"] if view.is_full else None)
        return messages
