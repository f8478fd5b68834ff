"""The five services, by name, as parts of one process."""

from importlib import import_module

from fastapi import FastAPI

from common.app import create_app
from common.auth.development import development_settings
from common.settings import DatabaseSettings, KafkaSettings, Settings

NAMES = ("catalog", "engagement", "sla", "feedback", "reporting")


def import_all() -> None:
    """Takes a second or two of processor time; meant for a thread while PostgreSQL starts."""
    for name in NAMES:
        import_module(f"{name}.main")


def build(name: str, database_url: str, bootstrap: str, base_url: str) -> FastAPI:
    settings = Settings(
        environment="embedded",
        # Five services share one small PostgreSQL: connections are opened when they are needed.
        database=DatabaseSettings(url=database_url, pool_size=3, pool_overflow=7),
        kafka=KafkaSettings(bootstrap=bootstrap),
        auth=development_settings(base_url),
    )
    return create_app(import_module(f"{name}.main").service(), settings)
