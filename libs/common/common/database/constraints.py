"""Lets a constraint speak as the rule it stands for: a look beforehand could be fooled by a race."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError

from common.errors import DomainError


@asynccontextmanager
async def raise_on_violation(rule: DomainError, constraint: str) -> AsyncIterator[None]:
    """Raise `rule` when what is flushed inside breaks the constraint of this name."""
    try:
        yield
    except IntegrityError as error:
        if f'"{constraint}"' not in str(error.orig):
            raise
        raise rule from error
