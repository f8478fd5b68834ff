"""Authentication: people with bearer tokens and monitors with API keys become principals."""

from common.auth.principal import SYSTEM, Principal, Role

__all__ = ["SYSTEM", "Principal", "Role"]
