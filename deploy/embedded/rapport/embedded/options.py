"""What the person who starts Rapport can choose."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StackOptions:
    data: Path = Path(".rapport")
    port: int = 8000
    postgres_port: int | None = None
    broker_port: int | None = None
    """None: the usual port or, where that is taken, any free one."""
