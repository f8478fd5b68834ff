"""Errors that pass by themselves: the database is away, or a race between transactions was lost."""

import errno
import socket

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

LOST_RACES = frozenset({"40001", "40P01", "55P03"})
"""The SQLSTATEs serialization_failure, deadlock_detected and lock_not_available."""
UNAVAILABLE_STATES = ("08", "53", "57P", "57014", "25P03", "25P04", "25006")
"""The beginnings of SQLSTATEs: connection exceptions, insufficient resources, operator intervention, time limits, and
a read-only server, whose work another one takes over.
"""
TIME_LIMITS = frozenset({"57014", "25P03", "25P04"})
"""The SQLSTATEs of a statement, an idle transaction and a transaction that took too long."""
UNPREPARED_STATES = frozenset({"28000", "28P01", "3D000", "3F000", "42501", "42703", "42P01"})
"""The SQLSTATEs where a role, its password, the database, a schema, a privilege, a column or a table is missing that
this version of the code needs: `rapport migrate` makes them.
"""
UNREACHABLE_ERRNOS = frozenset({errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN})

TRANSIENT_ERRORS = (
    PoolExhausted,
    ConnectionError,
    TimeoutError,
    InterfaceError,
    OperationalError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    socket.gaierror,
)
"""InternalClientError: PostgreSQL closed an idle connection just when it was used; another connection works.
gaierror: a stopped container loses its name.
"""


def sqlstate(error: BaseException) -> str:
    original = getattr(error, "orig", None)
    return str(getattr(original, "sqlstate", None) or getattr(error, "sqlstate", None) or "")


def is_lost_race(error: BaseException) -> bool:
    return sqlstate(error) in LOST_RACES


def is_time_limit(error: BaseException) -> bool:
    """Tell whether PostgreSQL ended the work because it took too long, which it may do each time."""
    return sqlstate(error) in TIME_LIMITS


def is_unprepared(error: BaseException) -> bool:
    """Tell whether the database is not migrated to this version of the code yet."""
    return sqlstate(error) in UNPREPARED_STATES


def is_transient(error: BaseException) -> bool:
    """Tell whether the error passes by itself; it may come from SQLAlchemy or straight from asyncpg."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if state := sqlstate(error):
        return state in LOST_RACES or state.startswith(UNAVAILABLE_STATES)
    return isinstance(error, TRANSIENT_ERRORS) or (isinstance(error, OSError) and error.errno in UNREACHABLE_ERRNOS)


def storable_text(text: str) -> str:
    """Replace characters that the database cannot store, as an error may quote any input."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")
