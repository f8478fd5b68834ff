"""Tokens of the development issuer, made from its key in the data directory; no process needs to run."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from common.auth.development_issuer import development_settings, issue_token, load_or_create_key
from common.auth.principal import Role
from rapport.data_dir import DataDirectory, RunningInstance


def issue_token_for(
    data: Path,
    port: int,
    role: Role,
    customer: UUID | None = None,
    subject: str = "",
    ttl: timedelta = timedelta(hours=8),
) -> str:
    """Issue a token that the Rapport on `data` accepts, or that will run there at `port`."""
    data_dir = DataDirectory(data)
    running = data_dir.find_instance() or RunningInstance(pid=0, port=port)
    return issue_token(
        load_or_create_key(data_dir.path), role, customer, subject, ttl, settings=development_settings(running.url)
    )
