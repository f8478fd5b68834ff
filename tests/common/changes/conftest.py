"""Notes, whose changes a server streams."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple
from uuid import UUID

import pytest
from joserfc.jwk import ECKey

from common.app import build_app
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import trust_key
from tests.common.changes.stream_reader import SentEvent
from tests.common.conftest import NOTES, NoteShared, NoteWritten
from tests.common.http.serving import serve

Headers = Callable[..., dict[str, str]]

MINE, THEIRS = UUID(int=1), UUID(int=2)


class Notes(NamedTuple):
    runtime: Runtime
    url: str

    async def write(self, number: int, name: str = "") -> None:
        async with self.runtime.begin() as work:
            work.emit(NoteWritten(note_id=UUID(int=number), text=name))

    async def share(self, number: int, customer_id: UUID) -> None:
        async with self.runtime.begin() as work:
            work.emit(NoteShared(note_id=UUID(int=number), customer_id=customer_id))


@pytest.fixture
async def notes(
    small: Callable[[ServiceDefinition], Runtime], development_key: ECKey, clock: FakeClock
) -> AsyncIterator[Notes]:
    runtime = small(NOTES)
    runtime.clock = clock
    trust_key(NOTES, runtime, development_key)
    async with serve(build_app(NOTES, runtime, background=False)) as port:
        yield Notes(runtime, f"http://127.0.0.1:{port}/notes/v1/changes")


def numbers(events: list[SentEvent]) -> list[int]:
    return [UUID(event.data["id"]).int for event in events]
