"""What a service is made of, as its main.py says it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import MetaData, Table

from common.auth.apikeys import KeyRow
from common.inbox import Reaction, Subscriptions
from common.runtime import Runtime

__all__ = ["Duty", "Loop", "Reaction", "Runtime", "Service", "Subscriptions"]


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again, by one replica at a time."""

    name: str
    every: timedelta
    run: Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Loop:
    """Something that every replica does all the time; what only one may do it has to lock."""

    name: str
    run: Callable[[Runtime], Awaitable[None]]
    """Never ends by itself; started over when it fails."""


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    """Also its schema, its role, and the first part of its addresses."""
    title: str
    metadata: MetaData
    routers: Sequence[APIRouter]
    subscriptions: Subscriptions = field(default_factory=dict)
    duties: Sequence[Duty] = ()
    loops: Sequence[Loop] = ()
    projections: Sequence[Table] = ()
    """Read models that are built from events alone, and can be built again by a replay."""
    api_keys: type[KeyRow] | None = None
    """Its table of monitors' keys, where it has monitors."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Bytes, by the start of the address, where bodies may be larger than elsewhere."""
