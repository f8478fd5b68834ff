"""Looks at everything a Rapport stands on, and says what is wrong in words."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from rapport import cluster, ports
from rapport.access import admin_url
from rapport.broker import version as broker_version
from rapport.databases import of_databases
from rapport.errors import Trouble
from rapport.findings import Finding, Level, judged
from rapport.home import Home, Running

FREE_BYTES = 1_000_000_000
USUAL_PORT = 8000


async def examine(data: Path, database_url: str | None) -> AsyncIterator[Finding]:
    """Every finding, good ones too, as they come."""
    yield judged("Python", sys.version.split()[0], good=sys.version_info >= (3, 11))
    if database_url is None:
        home = Home(data)
        for finding in (*of_programs(), *of_directory(home)):
            yield finding
        async for finding in of_process(home):
            yield finding
    try:
        url = admin_url(data, database_url)
    except Trouble as trouble:
        yield Finding(Level.warning, "Databases", f"not looked at. {trouble}")
        return
    async for finding in of_databases(url):
        yield finding


def of_programs() -> list[Finding]:
    postgres = cluster.program("postgres")
    return [
        judged("PostgreSQL", f"{cluster.MAJOR}, {postgres}", good=postgres.exists()),
        Finding(Level.ok, "Broker", broker_version()),
    ]


def of_directory(home: Home) -> list[Finding]:
    if not home.path.exists():
        return [Finding(Level.warning, "Directory", f"{home.path} does not exist yet; `rapport up` makes it")]
    free = shutil.disk_usage(home.path).free
    findings = [judged("Directory", f"{home.path}, {free / 1e9:.1f} GB free", good=free > FREE_BYTES)]
    with contextlib.suppress(OSError):
        found = (home.postgres / "data" / "PG_VERSION").read_text().strip()
        findings.append(judged("Data", f"written by PostgreSQL {found}", good=found == cluster.MAJOR))
    return findings


async def of_process(home: Home) -> AsyncIterator[Finding]:
    running = home.running()
    if running is None:
        free = ports.is_free(USUAL_PORT)
        word = "free" if free else "taken by another program; choose another with --port"
        yield judged(f"Port {USUAL_PORT}", word, good=free, otherwise=Level.warning)
        yield Finding(Level.warning, "Process", "not running; start it with `rapport up`")
        return
    yield Finding(Level.ok, "Process", f"pid {running.pid}, {running.url}")
    yield await of_readiness(running)
    for what, port in (("PostgreSQL's port", running.postgres_port), ("The broker's port", running.broker_port)):
        answers = await is_answered(port)
        yield judged(what, f"127.0.0.1:{port} {'answers' if answers else 'does not answer'}", good=answers)


async def of_readiness(running: Running) -> Finding:
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = (await client.get(f"{running.url}/readyz")).json()
    except (httpx.HTTPError, ValueError) as problem:
        return Finding(Level.failure, "Services", f"{running.url}/readyz: {type(problem).__name__}")
    late = [name for name, state in answer["services"].items() if state.get("status") != "ready"]
    return judged("Services", f"not ready: {', '.join(late)}" if late else "all ready", good=not late)


async def is_answered(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(ports.HOST, port)
    except OSError:
        return False
    writer.close()
    return True
