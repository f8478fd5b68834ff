"""What is only not there yet is no error: whoever starts Rapport for the first time reads none."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from published.event import topic_name
from rapport.embedded.broker import Broker
from rapport.postgres.server import Postgres
from rapport.postgres.setup import service_url
from rapport.processes.ports import HOST, find_free_port
from rapport.service_names import ServiceName
from tests.rapport.processes import Up, call, until

KEY = f"rpk_{'0' * 16}_{'A' * 43}"
"""In the form of a key; nobody was given it."""
ALARMS = frozenset({"error", "critical"})


def list_lines(log: Path) -> list[dict[str, Any]]:
    """List the lines of a log, of which each is JSON: whatever else a process prints is an alarm as well."""
    return [
        json.loads(line) if line.startswith("{") else {"level": "error", "event": line}
        for line in log.read_text().splitlines()
    ]


def list_alarms(log: Path) -> list[dict[str, Any]]:
    return [line for line in list_lines(log) if line["level"] in ALARMS]


def test_a_first_and_a_second_start_print_no_error(up: Callable[..., Up]) -> None:
    for name in ("Mail", "Files"):
        rapport = up()
        rapport.wait_ready()
        manager, service = rapport.token("--role", "manager"), {"name": name, "owner": "ada"}
        created = httpx.post(f"{rapport.url}/catalog/v1/services", json=service, headers=manager)
        assert created.status_code == 201, created.text
        assert rapport.stop() == 0
    assert "Error" not in rapport.says()
    assert list_alarms(rapport.data / "rapport.log") == []
    assert not re.search(r"^.*(ERROR|PANIC).*$", (rapport.data / "postgres" / "postgres.log").read_text(), re.MULTILINE)


@dataclass
class Container:
    """A service as its container starts it."""

    name: ServiceName
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def get_readiness(self) -> httpx.Response | None:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"http://{HOST}:{self.port}/{self.name}/readyz", timeout=10)
        except httpx.TransportError:
            return None

    def is_ready(self) -> bool:
        answer = self.get_readiness()
        return answer is not None and answer.status_code == 200


@pytest.fixture
def postgres(place: Path) -> Postgres:
    return Postgres(place / "postgres", port=find_free_port(), durable=False)


@pytest.fixture
def broker(place: Path) -> Broker:
    return Broker(place, [topic_name(name) for name in ServiceName], partitions=12, port=find_free_port())


@pytest.fixture
def containers(place: Path, postgres: Postgres, broker: Broker) -> Iterator[list[Container]]:
    """The services, started while nothing that they need is there: no database, no broker, no identity provider."""
    surroundings = {
        **os.environ,
        "RAPPORT_KAFKA__BOOTSTRAP": broker.bootstrap,
        "RAPPORT_AUTH__ISSUER": "https://issuer.example",
        "RAPPORT_AUTH__JWKS_URL": f"http://{HOST}:{find_free_port()}/keys",
    }
    with ExitStack() as stack:
        started = []
        for name in ServiceName:
            port, log = find_free_port(), place / f"{name}.log"
            url = service_url(f"postgresql://{HOST}:{postgres.port}/rapport", name, name)
            process = subprocess.Popen(
                [sys.executable, "-m", "common.serve", name, "--host", HOST, "--port", str(port)],
                env=surroundings | {"RAPPORT_DATABASE__URL": url},
                stderr=stack.enter_context(log.open("wb")),
            )
            stack.callback(end, process)
            started.append(Container(name, port, log, process))
        yield started


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(40)


async def test_services_wait_for_all_they_need_without_an_error(
    postgres: Postgres, broker: Broker, containers: list[Container]
) -> None:
    for container in containers:
        until(partial(gives_reason, container, ""), f"{container.name} to answer")
    async with postgres:
        # Before `rapport migrate`, to which the services are pointed; requests are answered, and may be sent again.
        passwords = {f"RAPPORT_{name.upper()}_PASSWORD": name for name in ServiceName}
        create = call("migrate", "--database-url", postgres.dsn("other"), surroundings=os.environ | passwords)
        assert create.returncode == 0, create.stderr
        for container in containers:
            until(partial(gives_reason, container, "`rapport migrate`"), f"{container.name}'s reason")
        refused = [await push(container.port) for container in containers if container.name is ServiceName.sla]
        assert [(answer.status_code, "retry-after" in answer.headers) for answer in refused] == [(503, True)]

        migrate = call("migrate", "--database-url", postgres.dsn("rapport"), surroundings=os.environ | passwords)
        assert migrate.returncode == 0, migrate.stderr
        for container in containers:
            until(container.is_ready, f"{container.name} to be ready")
        async with broker:
            for container in containers:
                # In a thread, as the broker's proxy runs in this loop.
                await asyncio.to_thread(
                    until, partial(is_connected, container), f"{container.name} to reach the broker"
                )
            for container in containers:
                await asyncio.to_thread(end, container.process)
                assert list_alarms(container.log) == []
    assert not psutil.pid_exists(broker.pid)


async def push(port: int) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        key = {"Authorization": f"Bearer {KEY}"}
        return await client.post(f"http://{HOST}:{port}/sla/v1/push/text", headers=key, content="up 1\n")


def gives_reason(container: Container, part: str) -> bool:
    """Tell whether it is not ready for a reason that holds this part."""
    answer = container.get_readiness()
    return answer is not None and answer.status_code == 503 and part in answer.json()["reason"]


def is_connected(container: Container) -> bool:
    return any(line["event"] == "broker_refilled" for line in list_lines(container.log))
