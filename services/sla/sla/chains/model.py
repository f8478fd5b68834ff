"""What an agreement relies on: the parts of its service, and the agreements that carry each of them."""

from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified
from common.errors import DomainError
from sla.agreements.model import Agreement
from sla.schema import Base


class NotUnderpinning(DomainError, slug="not-underpinning"):
    """What carries an agreement is an OLA with a team or an underpinning contract with a vendor."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class CircularChain(DomainError, slug="chain-in-circle"):
    """No agreement carries itself, nor one that carries it."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ChainTooLarge(DomainError, slug="chain-too-large"):
    """A chain is checked in some seconds: carriers times objectives on incidents are 100 at the most."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ChainPart(Identified, Base):
    """A part of the service, of whose carriers so many have to hold at any time; all parts are needed."""

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


class Underpinning(Identified, Base):
    """One agreement that carries a part of another one."""

    __tablename__ = "underpinnings"
    __table_args__ = (UniqueConstraint("part_id", "agreement_id"),)

    part_id: Mapped[UUID] = mapped_column(ForeignKey(ChainPart.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
