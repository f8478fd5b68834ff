"""Services as parts of one process."""

from importlib import import_module

from fastapi import FastAPI

from common.app import create_app
from common.auth.development import development_settings
from common.service import Service
from common.settings import DatabaseSettings, KafkaSettings, Settings
from rapport.names import Name

NAMES = ("catalog", "engagement", "sla", "feedback", "reporting")


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
        # Five services share one small PostgreSQL: connections are opened when they are needed.
        database=DatabaseSettings(url=database_url, pool_size=3, pool_overflow=7),
        kafka=KafkaSettings(bootstrap=bootstrap),
        auth=development_settings(base_url),
    )
    return create_app(load(name), settings)
