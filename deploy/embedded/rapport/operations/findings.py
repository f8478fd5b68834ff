"""What the doctor says of one thing it looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    ok = "ok"
    warning = "warning"
    failure = "failure"


@dataclass(frozen=True)
class Finding:
    level: Level
    subject: str
    detail: str


def build_finding(what: str, detail: str, *, good: bool, otherwise: Level = Level.failure) -> Finding:
    return Finding(Level.ok if good else otherwise, what, detail)
