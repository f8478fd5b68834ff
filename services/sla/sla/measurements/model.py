"""The log of pushes, the series seen in it, and the packed hours that are folded out of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from sla.indicators.model import Indicator
from sla.measurements.ingest.partitions import include_object
from sla.schema import Base

Base.metadata.info["include_object"] = include_object


class Series(Base):
    """One series, by its labels without those of a replica."""

    __tablename__ = "series"
    __audited__ = False
    __table_args__ = (Index("ix_series_metric_id", "metric", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    metric: Mapped[str]
    """Empty for samples pushed to an indicator by its id."""
    labels: Mapped[dict[str, Any]]
    histogram: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it was first sent as histograms, not samples."""
    first_seen: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen: Mapped[datetime] = mapped_column(server_default=func.now())
    """To some minutes."""


class PushBatch(Base):
    """One push as it was acknowledged: columns of series, instant and value, packed."""

    __tablename__ = "push_batches"
    __audited__ = False
    __table_args__ = {"postgresql_partition_by": "RANGE (received_at)"}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    sender: Mapped[str]
    samples: Mapped[int]
    packed: Mapped[bytes]


class PendingPush(Base):
    """Batches that are not folded yet: a list, because a batch with a smaller id may be committed later."""

    __tablename__ = "push_pending"
    __audited__ = False
    __table_args__ = {  # noqa: RUF012 - SQLAlchemy's own form
        "postgresql_with": {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000}
    }

    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    problem: Mapped[str | None]
    """Why it could not be folded; it is tried again with growing patience, and nobody waits for it."""


class SampleHour(Base):
    """The set of samples of one indicator in one hour: what its minutes are made of."""

    __tablename__ = "sample_hours"
    __audited__ = False
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    samples: Mapped[bytes]


class PackedHour(Base):
    """60 minutes of one indicator. An hour of which nothing is known has no row."""

    __tablename__ = "packed_hours"
    __audited__ = False
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    minutes: Mapped[bytes]


class ObservedHour(Base):
    """60 minutes of what a histogram observed, by bucket."""

    __tablename__ = "observed_hours"
    __audited__ = False
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    observed: Mapped[bytes]


class LateArrival(Base):
    """An hour that changed long after its minutes were over; whoever closed a period on it takes it off this list."""

    __tablename__ = "late_arrivals"
    __audited__ = False
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
