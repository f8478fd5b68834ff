"""Consumers that rest until a relay of their process has sent something."""

import asyncio
from collections.abc import Callable

import pytest

from common.events import consumer
from common.events.sent_records import SentRecords
from common.runtime import Runtime
from common.service import ServiceDefinition
from tests.common.conftest import NOTES, READERS
from tests.common.events.test_events import consuming, has, readings, relaying, until, write

Small = Callable[[ServiceDefinition], Runtime]


@pytest.fixture
def readers(small: Small) -> Runtime:
    readers = small(READERS)
    readers.sent_records = SentRecords()
    return readers


async def test_one_is_woken_by_what_is_sent(small: Small, readers: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "CALM_SECONDS", 0.1)
    monkeypatch.setattr(consumer, "REST_SECONDS", 3600)
    notes = small(NOTES)
    notes.sent_records = readers.sent_records
    async with relaying(notes), consuming(readers):
        first = await write(notes, "early")
        await until(has(readers, 1, first))
        await asyncio.sleep(1)  # it rests by now

        second = await write(notes, "late")

        await until(has(readers, 1, second))
    assert await readings(readers, first, second) == ["early", "late"]


async def test_one_finds_what_nobody_told_it_of(
    small: Small, readers: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CALM_SECONDS", 0.1)
    notes = small(NOTES)
    async with relaying(notes), consuming(readers):
        first = await write(notes, "early")
        await until(has(readers, 1, first))
        await asyncio.sleep(1)

        second = await write(notes, "late")

        await until(has(readers, 1, second))
