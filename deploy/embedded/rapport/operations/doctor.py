"""Checks everything that a Rapport depends on, and says what is wrong."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx

from rapport.data_dir import DataDirectory, RunningInstance
from rapport.embedded.broker import version as broker_version
from rapport.errors import CommandError
from rapport.operations.actions import Action
from rapport.operations.database_checks import check_databases
from rapport.operations.findings import Finding, Level, build_finding
from rapport.operations.operator_access import resolve_admin_url
from rapport.postgres import cluster
from rapport.processes import ports

FREE_BYTES = 1_000_000_000
DEFAULT_PORT = 8000


async def examine(data: Path, database_url: str | None) -> AsyncIterator[Finding]:
    """Yield every finding as it comes, good ones included."""
    yield check_python(sys.version_info[:3])
    if database_url is None:
        data_dir = DataDirectory(data)
        for finding in (*check_programs(), *check_data_directory(data_dir)):
            yield finding
        async for finding in check_process(data_dir):
            yield finding
    try:
        url = resolve_admin_url(data, database_url)
    except CommandError as error:
        yield Finding(Level.warning, "Databases", f"not looked at. {error}", Action.NO_DATABASE_NAMED)
        return
    async for finding in check_databases(url):
        yield finding


def check_python(version: tuple[int, ...]) -> Finding:
    return build_finding("Python", ".".join(map(str, version)), good=version >= (3, 11), action=Action.PYTHON)


def check_programs() -> list[Finding]:
    postgres = cluster.program_path("postgres")
    detail = f"{cluster.MAJOR_VERSION}, {postgres}"
    return [
        build_finding("PostgreSQL", detail, good=postgres.exists(), action=Action.PROGRAMS),
        Finding(Level.ok, "Broker", broker_version()),
    ]


def check_data_directory(data_dir: DataDirectory) -> list[Finding]:
    if not data_dir.path.exists():
        return [Finding(Level.warning, "Directory", f"{data_dir.path} does not exist yet", Action.NO_DIRECTORY)]
    free = shutil.disk_usage(data_dir.path).free
    detail = f"{data_dir.path}, {free / 1e9:.1f} GB free"
    findings = [build_finding("Directory", detail, good=free > FREE_BYTES, action=Action.NO_SPACE)]
    with contextlib.suppress(OSError):
        version = (data_dir.postgres_path / "data" / "PG_VERSION").read_text().strip()
        good = version == cluster.MAJOR_VERSION
        detail = f"written by PostgreSQL {version}"
        findings.append(build_finding("Data", detail, good=good, action=Action.WRONG_VERSION))
    return findings


async def check_process(data_dir: DataDirectory) -> AsyncIterator[Finding]:
    running = data_dir.find_instance()
    if running is None:
        yield check_port(DEFAULT_PORT)
        yield Finding(Level.warning, "Process", "not running", Action.NOT_RUNNING)
        return
    yield Finding(Level.ok, "Process", f"pid {running.pid}, {running.url}")
    log = data_dir.path / "rapport.log"
    for finding in await check_readiness(running, log):
        yield finding
    for subject, port in (("PostgreSQL's port", running.postgres_port), ("The broker's port", running.broker_port)):
        yield await check_listener(subject, port, log)


def check_port(port: int) -> Finding:
    free = ports.is_port_free(port)
    state = "free" if free else "taken by another program"
    return build_finding(f"Port {port}", state, good=free, action=Action.PORT_TAKEN, otherwise=Level.warning)


async def check_listener(subject: str, port: int, log: Path) -> Finding:
    answers = await has_listener(port)
    detail = f"127.0.0.1:{port} {'answers' if answers else 'does not answer'}"
    return build_finding(subject, detail, good=answers, action=Action.NOT_ANSWERING.format(log=log))


async def check_readiness(running: RunningInstance, log: Path) -> list[Finding]:
    """Check whether the services are ready, and whether what they do by the clock waits for a clock set right."""
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = (await client.get(f"{running.url}/readyz")).json()
    except (httpx.HTTPError, ValueError) as problem:
        detail, action = f"{running.url}/readyz: {type(problem).__name__}", Action.NOT_ANSWERING.format(log=log)
        return [Finding(Level.failure, "Services", detail, action)]
    return describe_readiness(running, answer["services"], log)


def describe_readiness(running: RunningInstance, services: Mapping[str, Mapping[str, str]], log: Path) -> list[Finding]:
    unready = [name for name, state in services.items() if state.get("status") != "ready"]
    detail = f"not ready: {', '.join(unready)}" if unready else "all ready"
    clocks = sorted({state["clock"] for state in services.values() if "clock" in state})
    return [
        build_finding("Services", detail, good=not unready, action=Action.NOT_READY.format(url=running.url, log=log)),
        *(Finding(Level.failure, "Clock", problem, Action.CLOCK) for problem in clocks),
    ]


async def has_listener(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(ports.HOST, port)
    except OSError:
        return False
    writer.close()
    return True
