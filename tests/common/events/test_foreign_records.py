"""Whatever stands in a topic, it is set aside with its reason, and what comes behind it has its effect."""

import json
from collections.abc import AsyncIterator, Callable
from secrets import token_hex
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from common.events import dead_letters
from common.events.broker import KafkaCluster
from common.events.envelope import UNREADABLE_TYPE
from common.ids import new_id
from common.runtime import Runtime
from common.service import ServiceDefinition
from rapport.embedded.broker import Broker
from tests.common.conftest import READERS, NoteWritten
from tests.common.events.test_events import consuming, has, inbox, readings, until

TOPIC = "rapport.notes.v1"
Small = Callable[[ServiceDefinition], Runtime]


def record(text: str, version: int = 1, **changes: Any) -> tuple[dict[str, Any], bytes]:
    """Headers and content as the relay gives them, but for what is changed; null leaves a header out."""
    note = str(new_id())
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": "/notes",
        "ce_type": NoteWritten.ce_type(),
        "ce_subject": note,
        "ce_time": "2026-11-23T06:00:00+00:00",
        "ce_aggversion": str(version),
        "relay-epoch": "1",
    }
    value = changes.pop("value", json.dumps({"note_id": note, "text": text}).encode())
    changed = {name.replace("__", "-"): content for name, content in changes.items()}
    return {name: content for name, content in (headers | changed).items() if content is not None}, value


NONSENSE: dict[str, tuple[dict[str, Any], bytes]] = {
    "no header": ({}, b"hello"),
    "no content": record("x", value=None),
    "a header without a value": record("x", ce_source=b"", ce_subject=...),
    "an epoch without a value": record("x", relay__epoch=..., ce_id=None),
    "an endless epoch": record("x", relay__epoch="9" * 5000, ce_id=None),
    "no id": record("x", ce_id="7"),
    "no number": record("x", ce_aggversion="many"),
    "a number no database holds": record("x", ce_aggversion=str(2**63)),
    "a number before the first": record("x", ce_aggversion="0"),
    "an oldest no database holds": record("x", relay__oldest=str(2**70)),
    "a time of nowhere": record("x", ce_time="2026-11-23T06:00:00"),
    "no time": record("x", ce_time="yesterday"),
    "NUL in a header": record("x", ce_subject="a\x00b"),
    "NUL in an early event": record("x", version=3, value=b'{"text": "\x00"}'),
    "NUL in a type nobody knows": record("x", ce_type="rapport.notes.NotYetKnown.v1\x00"),
    "no UTF-8": record("x", value=b"\xff\xfe\x00"),
    "a source whose topic is another": record("x", ce_source="/catalog"),
    "a type of another service": record("x", ce_type="rapport.catalog.ServicePublished.v1"),
    "no JSON": record("x", value=b"{"),
    "JSON of another shape": record("x", value=b'{"note_id": 7}'),
    "deep JSON": record("x", value=b"[" * 100_000),
    "half a surrogate pair": record("x", value=b'{"note_id": "%s", "text": "\\ud800"}' % str(new_id()).encode()),
    "U+0000 as the text of a note": record("\x00"),
    "a subject longer than an index holds": record("x", ce_subject=token_hex(10_000)),
}


async def send(runtime: Runtime, *records: tuple[dict[str, Any], bytes], timestamp: int | None = None) -> None:
    """All into one partition, in this order."""
    async with KafkaCluster(runtime.settings.kafka) as cluster:
        await cluster.create_missing_topics([TOPIC])
    producer = AIOKafkaProducer(bootstrap_servers=runtime.settings.kafka.bootstrap)
    await producer.start()
    try:
        for headers, value in records:
            futures = [
                (name, None if content is ... else content if isinstance(content, bytes) else content.encode())
                for name, content in headers.items()
            ]
            await producer.send_and_wait(TOPIC, value, key=b"any", headers=futures, partition=0, timestamp_ms=timestamp)
    finally:
        await producer.stop()


@pytest.fixture(scope="module", autouse=True)
async def _empty_log_afterwards(broker: Broker) -> AsyncIterator[None]:
    """Leave nothing in the log that the consumers of other tests would have to set aside, which takes them a while."""
    yield
    await broker.restart_empty()


async def letters(runtime: Runtime) -> list[dict[str, Any]]:
    async with runtime.begin() as work:
        return await dead_letters.list_dead_letters(work, runtime.tables)


async def _are_set_aside(runtime: Runtime, count: int) -> bool:
    return len(await letters(runtime)) == count


async def test_none_of_it_stops_what_is_behind_it(small: Small, broker: Broker) -> None:
    await broker.restart_empty()
    readers = small(READERS)
    readers.settings.events.max_attempts = 1
    good = {kind: record(kind) for kind in NONSENSE}
    keys = [headers["ce_subject"] for headers, _ in good.values()]
    async with consuming(readers):
        await send(readers, *(content for kind in NONSENSE for content in (NONSENSE[kind], good[kind])))
        await until(has(readers, len(keys), *keys), seconds=120)
        await until(lambda: _are_set_aside(readers, len(NONSENSE)))
    assert await readings(readers, *keys) == list(NONSENSE)
    assert all(letter["reason"] for letter in await letters(readers))


async def test_a_record_of_a_time_that_no_calendar_knows_is_set_aside_like_any_other(small: Small) -> None:
    readers = small(READERS)
    good = record("after it")
    async with consuming(readers):
        await send(readers, NONSENSE["no header"], timestamp=2**62)
        await send(readers, good)
        await until(has(readers, 1, good[0]["ce_subject"]))


async def test_what_an_event_of_a_newer_producer_says_more_is_passed_over(small: Small) -> None:
    readers = small(READERS)
    note = str(new_id())
    newer = record("x", ce_subject=note, ce_type="rapport.notes.NoteSung.v1", ce_newattribute="of tomorrow")
    content = json.dumps({"note_id": note, "text": "known", "colour": "unknown"}).encode()
    event = record("x", version=2, ce_subject=note, value=content)
    async with consuming(readers):
        await send(readers, newer, event)
        await until(has(readers, 1, note))
    assert await readings(readers, note) == ["known"]


async def test_a_dead_letter_that_fails_again_keeps_no_other_from_being_retried(
    small: Small, broker: Broker, banned: set[str]
) -> None:
    await broker.restart_empty()
    readers = small(READERS)
    readers.settings.events.max_attempts = 1
    banned.update({"ill", "mended"})
    records = [record("ill"), NONSENSE["no header"], record("mended")]

    async def all_are_dead() -> bool:
        return len(await letters(readers)) == len(records)

    async with consuming(readers):
        await send(readers, *records)
        await until(all_are_dead)
    banned.remove("mended")
    assert await dead_letters.retry_dead_letters(readers, inbox(readers), None) == 1
    attempts_by_type = {letter["type"]: letter["attempts"] for letter in await letters(readers)}
    assert attempts_by_type == {NoteWritten.ce_type(): 2, UNREADABLE_TYPE: 1}
