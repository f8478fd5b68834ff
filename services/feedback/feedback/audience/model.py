"""A read model of engagement's customers and people, which a replay can rebuild."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from feedback.schema import Base


class CustomerReplica(Base):
    """The replica of a customer."""

    __tablename__ = "customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class MemberReplica(Base):
    """The replica of a person who belongs to a customer; without a foreign key, as events come in any order."""

    __tablename__ = "members"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str | None]
    """Null until an event names it: replicas of earlier versions have none."""
