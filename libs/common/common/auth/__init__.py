"""Who calls: people with bearer tokens, monitors with API keys, and what each of them is."""

from common.auth.principal import SYSTEM, Principal, Role

__all__ = ["SYSTEM", "Principal", "Role"]
