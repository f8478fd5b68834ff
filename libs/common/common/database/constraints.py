"""Turns the violation of a constraint into the error it stands for: a check beforehand would lose races."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError

from common.errors import DomainError


@asynccontextmanager
async def raise_on_violation(error: DomainError, constraint: str) -> AsyncIterator[None]:
    """Raise `error` when a flush inside the block violates the constraint of this name."""
    try:
        yield
    except IntegrityError as violation:
        if f'"{constraint}"' not in str(violation.orig):
            raise
        raise error from violation
