"""The parts of a service that an agreement relies on, and the agreements that support each of them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified
from sla.agreements.model import Agreement
from sla.schema import Base


class ChainPart(Identified, Base):
    """A part of the service; all are needed, and `needed` of its supporting agreements have to hold at any time."""

    __tablename__ = "chain_parts"
    __table_args__ = (
        UniqueConstraint("agreement_id", "place"),
        UniqueConstraint("agreement_id", "name"),
        CheckConstraint("needed > 0", name="some_needed"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    place: Mapped[int]
    name: Mapped[str]
    needed: Mapped[int]

    underpinnings: Mapped[list["Underpinning"]] = relationship(
        lazy="raise", order_by="Underpinning.id", cascade="all, delete-orphan"
    )

    @property
    def agreement_ids(self) -> list[UUID]:
        return [underpinning.agreement_id for underpinning in self.underpinnings]


class Underpinning(Identified, Base):
    """An agreement that supports a part of another one."""

    __tablename__ = "underpinnings"
    __table_args__ = (UniqueConstraint("part_id", "agreement_id"),)

    part_id: Mapped[UUID] = mapped_column(ForeignKey(ChainPart.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
