"""A read model: filled by reactions, thrown away and rebuilt by a replay."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from feedback.schema import Base


class CustomerReplica(Base):
    __tablename__ = "customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class MemberReplica(Base):
    """A person who belongs to a customer now; there is no foreign key, because events may come in any order."""

    __tablename__ = "members"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
