"""Which failures pass by themselves: the database away, or a race between transactions lost; and what they say."""

import errno
import socket

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

LOST_RACES = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""
UNAVAILABLE_STATES = ("08", "53", "57P", "57014", "25P03", "25P04", "25006")
"""Connection exceptions, insufficient resources, operator intervention, cut short by a time limit, and a server that
only reads: another one takes over from it.
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
"""InternalClientError: PostgreSQL said farewell to an idle connection just when it was used; another one will do.
gaierror: a container that is stopped loses its name as well.
"""


def sqlstate(error: BaseException) -> str:
    original = getattr(error, "orig", None)
    return str(getattr(original, "sqlstate", None) or getattr(error, "sqlstate", None) or "")


def is_lost_race(error: BaseException) -> bool:
    return sqlstate(error) in LOST_RACES


def is_transient(error: BaseException) -> bool:
    """Also for errors that come straight from asyncpg."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if state := sqlstate(error):
        return state in LOST_RACES or state.startswith(UNAVAILABLE_STATES)
    return isinstance(error, TRANSIENT_ERRORS) or (isinstance(error, OSError) and error.errno in UNREACHABLE_ERRNOS)


def storable_text(text: str) -> str:
    """As the database holds texts: an error may quote whatever it was given."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")
