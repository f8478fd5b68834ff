"""The options of starting Rapport."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StackOptions:
    data: Path = Path(".rapport")
    port: int = 8000
    postgres_port: int | None = None
    broker_port: int | None = None
    """The port; None means the default port or, if that is in use, any free one."""
    allowed_hosts: tuple[str, ...] = ()
    """The hosts, beside this machine, to which the development issuer gives tokens."""
