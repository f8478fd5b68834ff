"""Services as parts of one process."""

from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module

import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey
from pydantic import SecretStr
from starlette.applications import Starlette

from common.app import create_app
from common.auth.development_issuer import development_settings
from common.events.sent_records import SentRecords
from common.service import ServiceDefinition
from common.settings import DatabaseSettings, HttpSettings, KafkaSettings, Settings
from console.main import build_console
from console.settings import ConsoleSettings
from console.sign_in.development import DevelopmentSignIn
from rapport.service_names import ServiceName

IDLE_TIMEOUT = timedelta(seconds=10)
"""One small machine carries it all: connections that nobody uses are given back soon."""

LOCAL_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")
"""Pages that a front end's developer serves on this machine may ask the services."""

CHANGE_LISTENERS = 60
"""Streams of changes that each service may have open: all services share the connections of one server."""

FETCH_MAX_WAIT = timedelta(milliseconds=50)
"""Tansu does not wake a waiting fetch when something comes: it sleeps as long as the fetch may wait, then looks."""


def import_services() -> None:
    """Takes a second or two of processor time; meant for a thread while PostgreSQL starts."""
    for name in ServiceName:
        import_module(f"{name}.main")


def load_service(name: str) -> ServiceDefinition:
    service: ServiceDefinition = import_module(f"{name}.main").service()
    return service


def build_service_app(
    name: str, database_url: str, bootstrap: str, base_url: str, sent_records: SentRecords | None = None
) -> FastAPI:
    """Build a service as a part of this process; all that run in it share `sent_records`."""
    settings = Settings(
        environment="embedded",
        database=DatabaseSettings(url=database_url, idle_timeout=IDLE_TIMEOUT),
        kafka=KafkaSettings(bootstrap=bootstrap, fetch_max_wait=FETCH_MAX_WAIT),
        auth=development_settings(base_url),
    )
    settings.limits.change_listeners = CHANGE_LISTENERS
    settings.http = HttpSettings(allowed_origins=list_allowed_origins(settings))
    return create_app(load_service(name), settings, sent_records)


def build_console_app(
    base_url: str, secret: str, key: ECKey, allowed_hosts: Iterable[str], transport: httpx.AsyncBaseTransport
) -> Starlette:
    """Build the console as a part of this process, with people who sign in by choosing a role."""
    settings = ConsoleSettings(session_key=SecretStr(secret), service_url=base_url)
    sign_in = DevelopmentSignIn(key, development_settings(base_url), "embedded", allowed_hosts)
    origins = list_allowed_origins(Settings(environment="embedded"))
    return build_console(settings, sign_in, transport, origins)


def list_allowed_origins(settings: Settings) -> tuple[str, ...]:
    """List the origins whose pages may ask: those that are set, and those of this machine."""
    return settings.http.allowed_origins + LOCAL_ORIGINS
