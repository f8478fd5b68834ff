"""What the doctor says of one thing it looked at, and what to do about it."""

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
    action: str = ""
    """What an operator does about it, in a sentence; empty where all is well."""

    def __post_init__(self) -> None:
        if (self.level is Level.ok) == bool(self.action):
            raise ValueError(f"{self.subject}: {self.level} needs {'no' if self.action else 'an'} action")


def build_finding(subject: str, detail: str, *, good: bool, action: str, otherwise: Level = Level.failure) -> Finding:
    return Finding(Level.ok, subject, detail) if good else Finding(otherwise, subject, detail, action)
