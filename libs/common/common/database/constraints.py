"""Turns the violation of a constraint into the error it stands for: a check beforehand would lose races."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError

from common.error_descriptions import find_constraint
from common.errors import DomainError


@asynccontextmanager
async def raise_on_violation(error: DomainError, constraint: str) -> AsyncIterator[None]:
    """Raise `error` when a flush inside the block violates the constraint of this name."""
    try:
        yield
    except IntegrityError as violation:
        if find_constraint(violation) != constraint:
            raise
        raise error from violation
