"""Structured logs: one JSON object per line, or coloured text at a terminal; errors without their messages."""

import logging
import sys
import threading
import warnings
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

from common.error_descriptions import describe_error, describe_traceback
from common.http.context import correlation_id

TRACEBACK_FRAME = '  File "'
"""The beginning of a traceback's lines that hold places in the code only."""
SENT_IN_THE_CLEAR = "Sending username and password in the clear"
"""What aiokafka warns of where `kafka.security_protocol` is `SASL_PLAINTEXT`."""


def configure(log_format: str, level: str) -> None:
    """Send the records of structlog, of the standard library and of a failing process to standard error in one form."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_request,
        _describe_errors,
    ]
    rendering = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_reduce_foreign_message, *shared],
            processors=[remove, rendering],
            pass_foreign_args=True,
        )
    )
    handler.addFilter(_lower_retried)
    handler.addFilter(_Once(SENT_IN_THE_CLEAR))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    sys.excepthook = _log_failure
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_failure_in_thread
    warnings.showwarning = _log_warning
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed with all it holds


def _lower_retried(record: logging.LogRecord) -> bool:
    """Make warnings of what aiokafka calls errors: brokers and topics that are not there yet, or not now.

    It tries again; what it cannot resolve ends a loop, which is logged as such.
    """
    if record.name.startswith("aiokafka") and record.levelno == logging.ERROR:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


class _Once(logging.Filter):
    """Lets one record of a message through, of those that a library writes at every connection."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self._message = message
        self._was_written = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg != self._message:
            return True
        was_written, self._was_written = self._was_written, True
        return not was_written


def _with_request(_logger: Any, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if request := correlation_id.get():
        record.setdefault("request", request)
    return record


def _describe_errors(_logger: Any, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the record's errors by descriptions: their messages may quote rows, requests and secrets."""
    error = _exception(record.pop("exc_info", None))
    if error is not None:
        record["exception"] = describe_traceback(error)
    return {key: describe_error(value) if isinstance(value, BaseException) else value for key, value in record.items()}


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    return exc_info[1] if isinstance(exc_info, tuple) else sys.exc_info()[1] if exc_info else None


def _reduce_foreign_message(_logger: Any, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    source: logging.LogRecord = record["_record"]
    arguments = record.pop("positional_args", None)
    return {**record, "event": reduce_message(source.name, source.msg, arguments), "logger": source.name}


def reduce_message(logger: str, template: object, arguments: Any) -> str:
    """Reduce a library's message to its first line and places in the code, with descriptions instead of errors.

    asyncio writes arguments and results into the message itself, behind the first bracket or on further lines.
    """
    if isinstance(arguments, tuple):
        arguments = tuple(describe_error(value) if isinstance(value, BaseException) else value for value in arguments)
    message = str(template) % arguments if arguments else str(template)
    first, *further_lines = message.strip().splitlines() or [""]
    first = first.partition("(")[0] if logger == "asyncio" else first
    return "\n".join([first, *(line for line in further_lines if line.startswith(TRACEBACK_FRAME))])


def _log_failure(_kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    structlog.get_logger().critical("process_failed", exc_info=error.with_traceback(traceback))


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger().error("error_ignored", exc_info=unraisable.exc_value)


def _log_failure_in_thread(failure: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread_failed", exc_info=failure.exc_value)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Log a warning without its text: those of libraries quote values."""
    del message, file, line
    structlog.get_logger().warning("python_warning", category=category.__name__, place=f"{filename}:{lineno}")
