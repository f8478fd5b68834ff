"""The read model of scorecards: filled by reactions and rebuilt by a replay.

Events of different aggregates come in any order, so no table refers to another by a foreign key.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from reporting.schema import Base


class CustomerReplica(Base):
    """The replica of a customer."""

    __tablename__ = "customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class OfferingReplica(Base):
    """The replica of a published offering."""

    __tablename__ = "offerings"
    __audited__ = False

    offering_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    tier: Mapped[str]


class AgreementReplica(Base):
    """The replica of one signed version of an agreement."""

    __tablename__ = "agreements"
    __audited__ = False

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    offering_id: Mapped[UUID]
    name: Mapped[str]
    service_name: Mapped[str]
    starts_on: Mapped[date]
    objectives: Mapped[list[dict[str, Any]]]
    """The objective_id, name, kind and target of each objective."""
    activated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Statement(Base):
    """The newest revision of the statement on one review period."""

    __tablename__ = "statements"
    __audited__ = False
    __table_args__ = (Index(None, "customer_id", "month"),)

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_from: Mapped[datetime] = mapped_column(primary_key=True)
    period_to: Mapped[datetime]
    month: Mapped[date]
    """The first day of the month it counts for."""
    customer_id: Mapped[UUID]
    statement_id: Mapped[UUID]
    revision: Mapped[int]
    agreement_name: Mapped[str]
    service_name: Mapped[str]
    performance: Mapped[Decimal | None]
    met: Mapped[bool | None]
    objectives: Mapped[list[dict[str, Any]]]
    """The results as in the event, decimals as text."""
    credit: Mapped[Decimal | None]
    currency: Mapped[str | None]
    sha256: Mapped[str]
    issued_at: Mapped[datetime]
    timezone: Mapped[str | None]
    """The zone whose calendar the period follows; null where the event did not say."""


class Progress(Base):
    """The figures to date of a review period of an agreement, as they were last reported."""

    __tablename__ = "progress"
    __audited__ = False
    __table_args__ = (Index(None, "customer_id", "month"),)

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_from: Mapped[datetime] = mapped_column(primary_key=True)
    period_to: Mapped[datetime]
    month: Mapped[date]
    customer_id: Mapped[UUID]
    agreement_name: Mapped[str]
    service_name: Mapped[str]
    until: Mapped[datetime]
    timezone: Mapped[str]
    performance: Mapped[Decimal | None]
    met: Mapped[bool | None]
    objectives: Mapped[list[dict[str, Any]]]
    """The results as in the event, decimals as text."""


class Breach(Base):
    """A missed objective of one review period."""

    __tablename__ = "breaches"
    __audited__ = False
    __table_args__ = (Index(None, "customer_id", "month"),)

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    objective_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_from: Mapped[datetime] = mapped_column(primary_key=True)
    month: Mapped[date]
    customer_id: Mapped[UUID]
    objective_name: Mapped[str]
    target: Mapped[Decimal]
    attained: Mapped[Decimal]


class Issue(Base):
    """The replica of an issue."""

    __tablename__ = "issues"
    __audited__ = False

    issue_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    agreement_id: Mapped[UUID]
    title: Mapped[str]
    priority: Mapped[int]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    month: Mapped[date | None]
    """The month whose statement it was opened for."""


class Satisfaction(Base):
    """The newest figures of one survey among one customer's people."""

    __tablename__ = "satisfaction"
    __audited__ = False
    __table_args__ = (Index(None, "customer_id", "month"),)

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    month: Mapped[date]
    """The month in which people were asked, whenever they answered."""
    survey_name: Mapped[str]
    instrument: Mapped[str]
    scoring: Mapped[str]
    invited: Mapped[int]
    answered: Mapped[int]
    population: Mapped[int]
    smallest_n: Mapped[int]
    n: Mapped[int]
    score: Mapped[Decimal | None]
    low: Mapped[Decimal | None]
    high: Mapped[Decimal | None]
    measured_at: Mapped[datetime]
