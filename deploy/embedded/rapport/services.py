"""Services as parts of one process."""

from datetime import timedelta
from importlib import import_module

from fastapi import FastAPI

from common.app import create_app
from common.auth.development import development_settings
from common.service import Service
from common.settings import DatabaseSettings, KafkaSettings, Settings
from rapport.names import Name

IDLE = timedelta(seconds=10)
"""One small machine carries it all: connections that nobody uses are given back soon."""

FETCH_WAIT = timedelta(milliseconds=50)
"""Tansu does not wake a waiting fetch when something comes: it sleeps as long as the fetch may wait, then looks."""


def import_all() -> None:
    """Takes a second or two of processor time; meant for a thread while PostgreSQL starts."""
    for name in Name:
        import_module(f"{name}.main")


def load(name: str) -> Service:
    service: Service = import_module(f"{name}.main").service()
    return service


def build(name: str, database_url: str, bootstrap: str, base_url: str) -> FastAPI:
    settings = Settings(
        environment="embedded",
        database=DatabaseSettings(url=database_url, idle_timeout=IDLE),
        kafka=KafkaSettings(bootstrap=bootstrap, fetch_wait=FETCH_WAIT),
        auth=development_settings(base_url),
    )
    return create_app(load(name), settings)
