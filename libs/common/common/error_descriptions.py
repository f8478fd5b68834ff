"""Describes an error for logs and stored reasons by everything but its message, which may quote rows and requests."""

import errno
from collections.abc import Iterator
from itertools import islice
from sysconfig import get_path
from traceback import walk_tb  # noqa: TID251 - the one place that may
from types import FrameType
from typing import Any

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from common.errors import DomainError

FOREIGN_DIRECTORIES = ("site-packages", "dist-packages", get_path("stdlib"), "<frozen")
"""Parts of file names by which the code of libraries is told from ours."""
MAX_CAUSES = 5
MAX_FIELDS = 10
MAX_FRAMES = 60


class ExplainedError(Exception):
    """An error whose message holds names of our code and numbers only, so that it may be logged and stored."""


def describe_error(error: BaseException) -> str:
    """Describe an error and its causes: class, SQLSTATE, constraint, place in our code; never a foreign message."""
    return ", caused by ".join(f"{_title(cause)}{_place(cause)}" for cause in _list_causes(error))


def describe_traceback(error: BaseException) -> str:
    """Describe an error and its causes as `describe_error` does, each with its frames, one a line."""
    lines: list[str] = []
    for cause in _list_causes(error):
        lines.append(_title(cause))
        frames = list(walk_tb(cause.__traceback__))[-MAX_FRAMES:]
        lines += [f"  {_to_text(frame, line)}" for frame, line in frames]
    return "\n".join(lines)


def find_constraint(error: BaseException) -> str | None:
    """Find the name of the constraint that PostgreSQL says was violated."""
    name: str | None = getattr(_driver_error(error), "constraint_name", None)
    return name


def _list_causes(error: BaseException) -> list[BaseException]:
    return list(islice(_iterate_causes(error), MAX_CAUSES))


def _iterate_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            for part in cause.exceptions:
                yield from _iterate_causes(part)
        if isinstance(cause, DBAPIError):
            return  # its causes are the driver's errors, which it stands for
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _title(error: BaseException) -> str:
    facts = "; ".join(_facts(error))
    return f"{type(error).__name__} ({facts})" if facts else type(error).__name__


def _facts(error: BaseException) -> Iterator[str]:
    if isinstance(error, ExplainedError):
        yield str(error)
    elif isinstance(error, DomainError):
        yield error.title()
    elif isinstance(error, ValidationError):
        yield from _field_facts(error)
    elif isinstance(error, OSError) and error.errno is not None:
        yield errno.errorcode.get(error.errno, str(error.errno))
    else:
        yield from _database_facts(_driver_error(error))


def _database_facts(error: BaseException | None) -> Iterator[str]:
    for attribute, label in (
        ("sqlstate", "SQLSTATE"),
        ("constraint_name", "constraint"),
        ("table_name", "table"),
        ("column_name", "column"),
    ):
        value = getattr(error, attribute, None)
        if isinstance(value, str):
            yield f"{label} {value}"


def _driver_error(error: BaseException) -> BaseException | None:
    """Return the error of asyncpg that `error` is or stands for."""
    original: Any = getattr(error, "orig", None)
    candidates = (error, original, getattr(original, "__cause__", None))
    return next((candidate for candidate in candidates if isinstance(candidate, asyncpg.PostgresError)), None)


def _field_facts(error: ValidationError) -> Iterator[str]:
    """Yield the fields at fault, by the declared name that each is in: names further inside may be the sender's."""
    yield error.title
    for item in islice(error.errors(include_input=False, include_context=False, include_url=False), MAX_FIELDS):
        is_named_by_sender = item["type"] == "extra_forbidden" or not item["loc"]
        yield item["type"] if is_named_by_sender else f"{item['loc'][0]}: {item['type']}"


def _place(error: BaseException) -> str:
    """Return the innermost place in our code that the error passed, or in any if it passed none of ours."""
    frames = list(walk_tb(error.__traceback__))
    own_frames = [frame for frame in frames if not _is_foreign(frame[0])]
    return f" at {_to_text(*(own_frames or frames)[-1])}" if frames else ""


def _is_foreign(frame: FrameType) -> bool:
    return any(part in frame.f_code.co_filename for part in FOREIGN_DIRECTORIES)


def _to_text(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_qualname}"
