"""A cause of issues, from being suspected to being eliminated."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from sla.causes.errors import CauseAlreadyEliminated, KnownErrorWithoutDescription
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


class Cause(Identified, Versioned, Base):
    """A cause of issues: a problem in ITIL's words and, once it is analysed, a known error."""

    __tablename__ = "causes"
    __table_args__ = (CheckConstraint("NOT known_error OR description <> ''", name="known_error_described"),)

    name: Mapped[str]
    kind: Mapped[CauseKind] = mapped_column(text_enum(CauseKind, "causekind"))
    description: Mapped[str]
    known_error: Mapped[bool]
    workaround: Mapped[str]
    eliminated_at: Mapped[datetime | None]

    def check_known_error(self) -> None:
        if self.known_error and not self.description:
            raise KnownErrorWithoutDescription("Describe the known error.", field="description")

    def check_not_eliminated(self) -> None:
        if self.eliminated_at is not None:
            raise CauseAlreadyEliminated(f"This cause was eliminated at {self.eliminated_at.isoformat()}.")

    def eliminate(self, at: datetime) -> None:
        self.check_not_eliminated()
        self.eliminated_at = at
