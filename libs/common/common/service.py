"""The definition of a service, which its main.py builds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter
from pydantic_settings import BaseSettings
from sqlalchemy import MetaData

from common.auth.api_keys import ApiKeyEntity
from common.database.connections import Database
from common.database.entities import Entity
from common.database.machinery_tables import machinery_tables
from common.events.reactions import Subscriptions
from common.names.references import NameSource
from common.runtime import Clock, Runtime, utc_now
from common.settings import Settings


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Work that is run again and again, by one replica at a time unless it is `in_every_replica`."""

    name: str
    interval: timedelta
    run: Callable[[Runtime], Awaitable[None]]
    acts_by_clock: bool = True
    """Whether it waits while the clock cannot be trusted (`ClockGuard`)."""
    in_every_replica: bool = False
    """Whether all replicas share the work: each step locks what only one of them may do."""
    forget: Callable[[], None] = lambda: None
    """Called when this replica no longer holds the job's lock: it takes back the figures that the job has set."""


@dataclass(frozen=True, slots=True)
class BackgroundLoop:
    """Work that every replica does all the time; what only one of them may do needs a lock."""

    name: str
    run: Callable[[Runtime], Awaitable[None]]
    """Never returns; it is started again when it fails."""


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """Everything that makes a service: its routes, tables, reactions, jobs and settings."""

    name: str
    """Also its schema, its role, and the first part of its addresses."""
    title: str
    metadata: MetaData
    routers: Sequence[APIRouter]
    subscriptions: Subscriptions = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    """What each part of the HTTP interface is about, in the order of its documentation."""
    periodic_jobs: Sequence[PeriodicJob] = ()
    background_loops: Sequence[BackgroundLoop] = ()
    projections: Sequence[type[Entity]] = ()
    """Read models that are built from events alone, and that a replay rebuilds."""
    name_sources: Mapping[str, NameSource] = field(default_factory=dict)
    """Where the names beside ids come from: of each customer, offering, service, and the role of each person."""
    settings: Sequence[BaseSettings] = ()
    """The service's own settings, reached as `work.service_settings.of(...)`."""
    api_keys: type[ApiKeyEntity] | None = None
    """The table of monitors' keys, if monitors push to this service."""
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """The bytes that a request body may hold, by the start of the path, where it may be larger than elsewhere."""

    def build_runtime(self, settings: Settings, database: Database, clock: Clock = utc_now) -> Runtime:
        tables = machinery_tables(self.metadata)
        runtime = Runtime(self.name, settings, database, tables, clock, self.settings)
        runtime.name_sources = self.name_sources
        return runtime
