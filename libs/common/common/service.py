"""What a service is made of, as its main.py says it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import MetaData, Table

from common.auth.api_keys import ApiKeyEntity
from common.events.inbox import Reaction, Subscriptions
from common.runtime import Runtime

__all__ = ["BackgroundLoop", "PeriodicJob", "Reaction", "Runtime", "ServiceDefinition", "Subscriptions"]


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Something to do again and again, by one replica at a time."""

    name: str
    interval: timedelta
    run: Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BackgroundLoop:
    """Something that every replica does all the time; what only one may do it has to lock."""

    name: str
    run: Callable[[Runtime], Awaitable[None]]
    """Never ends by itself; started over when it fails."""


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    name: str
    """Also its schema, its role, and the first part of its addresses."""
    title: str
    metadata: MetaData
    routers: Sequence[APIRouter]
    subscriptions: Subscriptions = field(default_factory=dict)
    periodic_jobs: Sequence[PeriodicJob] = ()
    background_loops: Sequence[BackgroundLoop] = ()
    projections: Sequence[Table] = ()
    """Read models that are built from events alone, and can be built again by a replay."""
    api_keys: type[ApiKeyEntity] | None = None
    """Its table of monitors' keys, where it has monitors."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Bytes, by the start of the address, where bodies may be larger than elsewhere."""
