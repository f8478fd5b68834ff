"""The data directory of an embedded Rapport, and the lock that lets one process run on it."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ValidationError

from rapport.errors import AlreadyRunning, CommandError


class RunningInstance(BaseModel):
    """The process that runs on the directory, as other commands see it."""

    pid: int
    port: int
    postgres_port: int = 0
    broker_port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


OnReady = Callable[[RunningInstance], Coroutine[Any, Any, None]]
"""Called once everything answers."""


class DataDirectory:
    """The directory with PostgreSQL's data, logs, secrets (readable only by their owner) and the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock_file = self.path / "lock"
        self._holder: IO[str] | None = None

    @property
    def postgres_path(self) -> Path:
        return self.path / "postgres"

    def get_or_create_secret(self, name: str) -> str:
        """Return the password of this name, which the first call creates; a crash leaves no empty one behind."""
        file = self.path / "secrets" / name
        if not file.exists() or not file.stat().st_size:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = file.with_name(f".{name}.draft")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(24))
            draft.replace(file)
        return file.read_text()

    @contextlib.contextmanager
    def lock(self, port: int) -> Iterator[None]:
        """Hold the lock while the block runs; the kernel frees it however the process ends."""
        self._make()
        with self._lock_file.open("a+") as holder:
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                instance = self._read()
                raise AlreadyRunning(self.path, instance.pid, instance.url) from None
            self._holder = holder
            self.write_instance(RunningInstance(pid=os.getpid(), port=port))
            try:
                yield
            finally:
                holder.truncate(0)
                self._holder = None

    def check_not_running(self) -> None:
        """Raise AlreadyRunning early; the lock itself decides later."""
        instance = self.find_instance()
        if instance:
            raise AlreadyRunning(self.path, instance.pid, instance.url)

    def write_instance(self, running: RunningInstance) -> None:
        """Write into the lock file how other commands find this process."""
        if self._holder is None:
            raise RuntimeError("only the holder of the lock may write into it")
        self._holder.truncate(0)
        self._holder.write(running.model_dump_json())
        self._holder.flush()

    def find_instance(self) -> RunningInstance | None:
        """Find the process that runs on the directory."""
        if not self._lock_file.exists():
            return None
        with self._lock_file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self._read()
        return None

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise CommandError(f"{self.path} cannot be used for data: {problem.strerror}.") from None
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def _read(self) -> RunningInstance:
        try:
            return RunningInstance.model_validate_json(self._lock_file.read_text())
        except (ValidationError, json.JSONDecodeError):
            return RunningInstance(pid=0, port=0)
