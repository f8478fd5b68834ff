"""A cause of issues, from being suspected to being eliminated."""

from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Identified, Versioned, choice
from common.errors import RuleBroken
from sla.schema import Base


class CauseKind(StrEnum):
    CAPACITY = "capacity"
    CHANGE = "change"
    CONFIGURATION = "configuration"
    DEFECT = "defect"
    ENVIRONMENT = "environment"
    """Power, network, buildings."""
    PEOPLE = "people"
    SECURITY = "security"
    SUPPLIER = "supplier"
    OTHER = "other"


class CauseEliminated(RuleBroken, slug="cause-eliminated"):
    """What was eliminated causes nothing more and does not change: if it is back, it is another cause."""


class KnownErrorUnanalysed(RuleBroken, slug="known-error-unanalysed"):
    """A known error has been analysed: its description says what it is."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class Cause(Identified, Versioned, Base):
    """What ITIL calls a problem; once it is understood, a known error."""

    __tablename__ = "causes"
    __table_args__ = (CheckConstraint("NOT known_error OR description <> ''", name="known_error_described"),)

    name: Mapped[str]
    kind: Mapped[CauseKind] = mapped_column(choice(CauseKind, "causekind"))
    description: Mapped[str]
    known_error: Mapped[bool]
    workaround: Mapped[str]
    eliminated_at: Mapped[datetime | None]

    def check(self) -> None:
        if self.known_error and not self.description:
            raise KnownErrorUnanalysed("Describe it.", field="description")

    def check_acting(self) -> None:
        if self.eliminated_at is not None:
            raise CauseEliminated(f"It was eliminated at {self.eliminated_at.isoformat()}.")

    def eliminate(self, at: datetime) -> None:
        self.check_acting()
        self.eliminated_at = at
