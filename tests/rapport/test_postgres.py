"""The PostgreSQL launcher: data stays, leftovers are seen off, and what cannot work is said in words."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import asyncpg
import psutil
import pytest

from rapport.errors import PortTaken, WrongVersion
from rapport.postgres.cluster import is_server_process
from rapport.postgres.server import Postgres
from rapport.processes.ports import HOST, bind_port
from tests.rapport.processes import until


async def ask(postgres: Postgres, query: str) -> object:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_brings_version_18_durable_and_on_loopback_only(place: Path) -> None:
    async with Postgres(place) as postgres:
        assert str(await ask(postgres, "SHOW server_version")).startswith("18.")
        assert await ask(postgres, "SHOW fsync") == "on"
        assert await ask(postgres, "SHOW synchronous_commit") == "on"
        assert await ask(postgres, "SHOW listen_addresses") == HOST


async def test_the_password_is_asked_for_and_kept_from_others(place: Path) -> None:
    async with Postgres(place) as postgres:
        assert (place / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.dsn(password="guessed"))


NEED_ACCOUNT = """
import sys
from rapport.postgres import os_account

sys.stdin.read()
print(os_account.get_or_create_account(sys.argv[1]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root creates accounts")
def test_processes_that_need_the_account_at_once_create_one() -> None:
    name = f"rapport-test-{os.getpid()}"
    command = [sys.executable, "-c", NEED_ACCOUNT, name]
    try:
        with ExitStack() as stack:
            processes = [
                stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
                for _ in range(4)
            ]
            time.sleep(0.5)  # Until all of them read.
            for process in processes:
                process.stdin.close()
            answers = {process.stdout.read() for process in processes}

        assert len(answers) == 1
        assert name.encode() in answers.pop()
    finally:
        subprocess.run(["userdel", name], check=False, capture_output=True)


async def test_data_survives_a_restart_and_a_crash(place: Path) -> None:
    postgres = Postgres(place, durable=False)
    async with postgres:
        await ask(postgres, "CREATE TABLE kept (n int)")
        await ask(postgres, "INSERT INTO kept VALUES (1)")
    async with postgres:
        await ask(postgres, "INSERT INTO kept VALUES (2)")
        await postgres.kill()
        await postgres.start()
        assert await ask(postgres, "SELECT sum(n) FROM kept") == 3


async def test_a_backend_that_outlives_its_postmaster_is_waited_for(place: Path) -> None:
    """Starting over data another process still writes would spoil it."""
    async with Postgres(place, durable=False) as postgres:
        connection = await asyncpg.connect(postgres.dsn())
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        backend.suspend()
        await postgres.kill()
        starting = asyncio.create_task(postgres.start())
        await asyncio.sleep(1)
        assert not starting.done()
        backend.resume()
        await asyncio.wait_for(starting, 60)
        assert await ask(postgres, "SELECT 1") == 1
        connection.terminate()


async def test_a_pid_file_naming_a_living_stranger_is_no_obstacle(place: Path) -> None:
    """Numbers of processes come again; PostgreSQL itself would refuse to start."""
    postgres = Postgres(place, durable=False)
    async with postgres:
        pass
    lines = [str(os.getpid()), str(postgres.data), "1700000000", str(postgres.port), "", HOST, "   123  456", "ready"]
    (postgres.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    async with postgres:
        assert await ask(postgres, "SELECT 1") == 1


async def test_a_server_left_over_from_a_dead_parent_is_stopped_first(place: Path) -> None:
    first, messages = Postgres(place, durable=False), list[str]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(first)
        second = Postgres(place, durable=False, say=messages.append)
        await stack.enter_async_context(second)
        assert await ask(second, "SELECT 1") == 1
        assert first.child.exit_code is not None
        assert any("left over" in line for line in messages)


async def test_a_taken_port_is_named_with_the_way_out(place: Path) -> None:
    with bind_port(0) as holder:
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"{port}.*--postgres-port"):
            await Postgres(place, port=port, durable=False).start()


async def test_data_of_another_version_is_refused(place: Path) -> None:
    data = place / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(WrongVersion, match=r"17.*18"):
        await Postgres(place).start()


async def test_an_interrupted_initialisation_is_begun_again(place: Path) -> None:
    half = place / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    async with Postgres(place, durable=False) as postgres:
        assert await ask(postgres, "SELECT 1") == 1


PARENT = """
import asyncio, sys
from pathlib import Path
from rapport.embedded.broker import Broker
from rapport.postgres.server import Postgres

async def main():
    place = Path(sys.argv[1])
    postgres, broker = Postgres(place / "postgres", durable=False), Broker(place, ["rapport.sla.v1"])
    await asyncio.gather(postgres.start(), broker.start())
    print(postgres.pid, broker.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_is_left_when_the_parent_is_killed(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(place)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        children = [psutil.Process(pid) for pid in pids]
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    stopped, alive = psutil.wait_procs(children, timeout=60)
    assert len(stopped) == 2, alive
    data = place / "postgres" / "data"
    until(
        lambda: not any(is_server_process(process, data) for process in psutil.process_iter()),
        "the end of what the server had started",
    )
