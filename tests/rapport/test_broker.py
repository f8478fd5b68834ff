"""The broker's launcher and its gate."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from rapport.embedded.broker import Broker
from rapport.errors import PortTaken
from rapport.processes.ports import HOST, bind_port, find_free_port
from rapport.processes.tcp_proxy import TcpProxy

TOPICS = ("rapport.catalog.v1", "rapport.sla.v1")


@pytest.fixture
async def broker(place: Path) -> AsyncIterator[Broker]:
    async with Broker(place, TOPICS) as broker:
        yield broker


async def describe(broker: Broker) -> tuple[str, dict[str, int]]:
    """The cluster's id and the partitions per topic, as a client sees them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        cluster = await admin.describe_cluster()
        topics = await admin.describe_topics()
        return cluster["cluster_id"], {topic["topic"]: len(topic["partitions"]) for topic in topics}
    finally:
        await admin.close()


async def produce(broker: Broker, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=False)
    await producer.start()
    try:
        await producer.send_and_wait(TOPICS[0], value, key=b"k")
    finally:
        await producer.stop()


async def consume(broker: Broker) -> list[bytes]:
    consumer = AIOKafkaConsumer(TOPICS[0], bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        batches = await consumer.getmany(timeout_ms=1000)
        return [record.value for records in batches.values() for record in records]
    finally:
        await consumer.stop()


async def was_cut(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), 2) == b""
    except ConnectionResetError:
        return True


async def test_all_topics_stand_when_the_port_opens(broker: Broker) -> None:
    assert await describe(broker) == (broker.cluster_id, dict.fromkeys(TOPICS, 12))


async def test_what_is_produced_can_be_consumed(broker: Broker) -> None:
    await produce(broker, b"one")
    assert await consume(broker) == [b"one"]


async def test_a_restart_is_another_cluster_at_the_same_address_and_empty(broker: Broker) -> None:
    await produce(broker, b"one")
    before, address = broker.cluster_id, broker.bootstrap
    await broker.restart_empty()
    assert broker.bootstrap == address
    assert broker.cluster_id != before
    assert await describe(broker) == (broker.cluster_id, dict.fromkeys(TOPICS, 12))
    assert await consume(broker) == []


async def test_a_restart_drops_everybody(broker: Broker) -> None:
    reader, writer = await asyncio.open_connection(HOST, broker.port)
    await asyncio.sleep(0.05)
    await broker.restart_empty()
    assert await was_cut(reader)
    writer.close()


async def test_a_killed_broker_comes_back_by_start(broker: Broker) -> None:
    await broker.kill()
    await broker.start()
    await produce(broker, b"again")
    assert await consume(broker) == [b"again"]


async def test_a_taken_port_is_named_with_the_way_out(place: Path) -> None:
    with bind_port(0) as holder:
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port}.*--broker-port"):
            await Broker(place, TOPICS, port=port).start()


async def test_a_shut_gate_refuses() -> None:
    gate = TcpProxy(find_free_port())
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, gate.port)


async def test_the_gate_passes_large_amounts_both_ways_and_the_end() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    gate = TcpProxy()
    await gate.open(server.sockets[0].getsockname()[1])
    content = bytes(range(256)) * 20_000
    reader, writer = await asyncio.open_connection(HOST, gate.port)
    writer.write(content)
    assert await asyncio.wait_for(reader.readexactly(len(content)), 10) == content
    writer.close()
    await writer.wait_closed()
    gate.close()
    server.close()


async def test_a_visitor_is_cut_when_nobody_stands_behind_the_gate() -> None:
    gate = TcpProxy()
    await gate.open(find_free_port())
    reader, writer = await asyncio.open_connection(HOST, gate.port)
    assert await was_cut(reader)
    writer.close()
    gate.close()
