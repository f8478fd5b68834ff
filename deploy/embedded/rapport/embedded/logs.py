"""Logs of the embedded services go to a file; a person at the terminal sees errors only, in one line each."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common import logging as structured
from rapport.processes.log_files import open_log

QUIET_SECONDS = 60
"""The same error is said once in this time."""


class ErrorAnnouncer(logging.Handler):
    def __init__(self, say: Callable[[str], None], file: Path) -> None:
        super().__init__(logging.ERROR)
        self._say = say
        self._file = file
        self._said: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        message: object = record.msg
        if isinstance(message, dict):
            event = str(message.get("event"))
        else:
            event = structured.reduce_message(record.name, message, record.args)
        if record.created - self._said.get(event, 0) > QUIET_SECONDS:
            self._said[event] = record.created
            self._say(f"Error: {event} (see {self._file})")


@contextmanager
def log_to_file(file: Path, say: Callable[[str], None], level: str = "INFO") -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers
    with open_log(file) as out:
        structured.configure("json", level)
        for handler in root.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(out)
        root.addHandler(ErrorAnnouncer(say, file))
        try:
            yield
        finally:
            root.handlers = before
