"""Errors of the command, in words for the person at the terminal."""

from pathlib import Path


class CommandError(Exception):
    """An error that the user of the command can resolve; the message says how."""


class PortTaken(CommandError):
    def __init__(self, port: int, what: str, option: str) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1, needed for {what}, is used by another program. Choose another with {option}."
        )
        self.port = port


class AlreadyRunning(CommandError):
    def __init__(self, data: Path, pid: int, url: str) -> None:
        super().__init__(f"Rapport already runs here ({data}): pid {pid}, {url}")
        self.pid, self.url = pid, url


class WrongVersion(CommandError):
    def __init__(self, data: Path, found: str, wanted: str) -> None:
        super().__init__(
            f"{data} was written by PostgreSQL {found}; this Rapport brings PostgreSQL {wanted}. "
            f"Move the directory away to start afresh, or dump it with PostgreSQL {found} and load it again."
        )


class WrongOwner(CommandError):
    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(
            f"{path} belongs to {owner}. Run as that user (or root), or choose another directory (--data)."
        )


class StartFailed(CommandError):
    def __init__(self, what: str, log: Path, tail: str) -> None:
        super().__init__(f"{what} does not start. The end of {log} says:\n{tail}")
