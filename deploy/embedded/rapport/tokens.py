"""Tokens of the development issuer, made from its key in the data directory; no process needs to run."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from common.auth.development import development_settings, issue, load_key
from common.auth.principal import Role
from rapport.home import Home, Running


def token_for(
    data: Path,
    port: int,
    role: Role,
    customer: UUID | None = None,
    subject: str = "",
    ttl: timedelta = timedelta(hours=8),
) -> str:
    """Accepted by the Rapport that runs on `data`, or that will run there at `port`."""
    home = Home(data)
    running = home.running() or Running(pid=0, port=port)
    return issue(load_key(home.path), role, customer, subject, ttl, settings=development_settings(running.url))
