"""Log files: readable only by their owner, and set aside when they have grown large."""

import contextlib
from pathlib import Path
from typing import IO

LOG_LIMIT = 10_000_000
"""The bytes from which a log is set aside, as one older file, when it is opened."""


def open_log(log: Path) -> IO[str]:
    """Open the log for appending; older versions left it, and the one set aside, readable for everyone."""
    _rotate(log)
    log.touch(mode=0o600)
    for path in (log, _older(log)):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(0o600)
    return log.open("a", encoding="utf-8")


def read_log_tail(log: Path, lines: int = 8) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    return "(nothing)"


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(_older(log))


def _older(log: Path) -> Path:
    return log.with_suffix(log.suffix + ".1")
