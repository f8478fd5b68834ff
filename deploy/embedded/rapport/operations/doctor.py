"""Checks everything that a Rapport depends on, and says what is wrong."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from rapport.data_dir import DataDirectory, RunningInstance
from rapport.embedded.broker import version as broker_version
from rapport.errors import CommandError
from rapport.operations.database_checks import check_databases
from rapport.operations.findings import Finding, Level, build_finding
from rapport.operations.operator_access import resolve_admin_url
from rapport.postgres import cluster
from rapport.processes import ports

FREE_BYTES = 1_000_000_000
DEFAULT_PORT = 8000


async def examine(data: Path, database_url: str | None) -> AsyncIterator[Finding]:
    """Yield every finding as it comes, good ones included."""
    yield build_finding("Python", sys.version.split()[0], good=sys.version_info >= (3, 11))
    if database_url is None:
        data_dir = DataDirectory(data)
        for finding in (*check_programs(), *check_data_directory(data_dir)):
            yield finding
        async for finding in check_process(data_dir):
            yield finding
    try:
        url = resolve_admin_url(data, database_url)
    except CommandError as error:
        yield Finding(Level.warning, "Databases", f"not looked at. {error}")
        return
    async for finding in check_databases(url):
        yield finding


def check_programs() -> list[Finding]:
    postgres = cluster.program_path("postgres")
    return [
        build_finding("PostgreSQL", f"{cluster.MAJOR_VERSION}, {postgres}", good=postgres.exists()),
        Finding(Level.ok, "Broker", broker_version()),
    ]


def check_data_directory(data_dir: DataDirectory) -> list[Finding]:
    if not data_dir.path.exists():
        return [Finding(Level.warning, "Directory", f"{data_dir.path} does not exist yet; `rapport up` makes it")]
    free = shutil.disk_usage(data_dir.path).free
    findings = [build_finding("Directory", f"{data_dir.path}, {free / 1e9:.1f} GB free", good=free > FREE_BYTES)]
    with contextlib.suppress(OSError):
        version = (data_dir.postgres_path / "data" / "PG_VERSION").read_text().strip()
        findings.append(
            build_finding("Data", f"written by PostgreSQL {version}", good=version == cluster.MAJOR_VERSION)
        )
    return findings


async def check_process(data_dir: DataDirectory) -> AsyncIterator[Finding]:
    running = data_dir.find_instance()
    if running is None:
        free = ports.is_port_free(DEFAULT_PORT)
        state = "free" if free else "taken by another program; choose another with --port"
        yield build_finding(f"Port {DEFAULT_PORT}", state, good=free, otherwise=Level.warning)
        yield Finding(Level.warning, "Process", "not running; start it with `rapport up`")
        return
    yield Finding(Level.ok, "Process", f"pid {running.pid}, {running.url}")
    for finding in await check_readiness(running):
        yield finding
    for subject, port in (("PostgreSQL's port", running.postgres_port), ("The broker's port", running.broker_port)):
        answers = await has_listener(port)
        yield build_finding(subject, f"127.0.0.1:{port} {'answers' if answers else 'does not answer'}", good=answers)


async def check_readiness(running: RunningInstance) -> list[Finding]:
    """Check whether the services are ready, and whether what they do by the clock waits for a clock set right."""
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = (await client.get(f"{running.url}/readyz")).json()
    except (httpx.HTTPError, ValueError) as problem:
        return [Finding(Level.failure, "Services", f"{running.url}/readyz: {type(problem).__name__}")]
    unready = [name for name, state in answer["services"].items() if state.get("status") != "ready"]
    detail = f"not ready: {', '.join(unready)}" if unready else "all ready"
    clocks = sorted({state["clock"] for state in answer["services"].values() if "clock" in state})
    return [
        build_finding("Services", detail, good=not unready),
        *(Finding(Level.failure, "Clock", problem) for problem in clocks),
    ]


async def has_listener(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(ports.HOST, port)
    except OSError:
        return False
    writer.close()
    return True
