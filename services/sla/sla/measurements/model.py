"""The log of pushes, the series seen in it, and the hours rolled up from it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from sla.indicators.model import Indicator
from sla.schema import Base

PARTITION_PREFIX = "push_batches_d"


def _include_object(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Tell Alembic to leave partitions out, as no model declares them."""
    return kind != "table" or name is None or not name.startswith(PARTITION_PREFIX)


Base.metadata.info["include_object"] = _include_object


class Series(Base):
    """A series, identified by its labels without those of a replica."""

    __tablename__ = "series"
    __audited__ = False
    __table_args__ = (Index("ix_series_metric_id", "metric", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    metric: Mapped[str]
    """Empty for samples pushed to an indicator by its id."""
    labels: Mapped[dict[str, Any]]
    histogram: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it was first sent as histograms instead of samples."""
    first_seen: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen: Mapped[datetime] = mapped_column(server_default=func.now())
    """Accurate to some minutes."""


class PushBatch(Base):
    """A push as it was acknowledged: columns of series, time and value, packed."""

    __tablename__ = "push_batches"
    __audited__ = False
    __table_args__ = {"postgresql_partition_by": "RANGE (received_at)"}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    sender: Mapped[str]
    samples: Mapped[int]
    """How many samples, histograms and buckets it holds."""
    packed: Mapped[bytes]
    measured_from: Mapped[datetime | None]
    """When its earliest sample was measured; null if the version that wrote it did not say."""


class PendingPush(Base):
    """A push that is not rolled up yet; listed one by one, because a smaller id may be committed later."""

    __tablename__ = "push_pending"
    __audited__ = False
    __table_args__ = {  # noqa: RUF012 - SQLAlchemy's own form
        "postgresql_with": {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000}
    }

    batch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    problem: Mapped[str | None]
    """Why it could not be rolled up; it is tried again with growing delays and holds up no other push."""
    measured_from: Mapped[datetime | None]
    """As in the push: closing a period waits for no push of later samples."""


class WaitingRollup(Base):
    """Input of one indicator that is taken off the pending pushes, and still to be rolled up by a worker."""

    __tablename__ = "waiting_rollups"
    __audited__ = False
    __table_args__ = (
        Index("ix_waiting_rollups_indicator_id_id", "indicator_id", "id"),
        {"postgresql_with": {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id))
    stretch: Mapped[datetime]
    """The start of the stretch of time in which its samples lie; what lies in one is rolled up together."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    """When its first and its last sample were measured."""
    samples: Mapped[int]
    """How many samples, histograms and buckets it holds."""
    packed: Mapped[bytes]
    first_push: Mapped[int] = mapped_column(BigInteger)
    """The id of the first push it came in, from which a refold begins if it cannot be rolled up."""
    received_at: Mapped[datetime]
    """When the latest of these pushes was received."""


class _IndicatorHour(Base):
    """One hour of one indicator. An hour of which nothing is stored has no row."""

    __abstract__ = True
    __audited__ = False
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)


class SampleHour(_IndicatorHour):
    """The set of samples of one hour, from which its minutes are computed; a large set is kept in several parts.

    `hour` is when a part begins. It ends with its hour, or where the next part begins.
    """

    __tablename__ = "sample_hours"

    samples: Mapped[bytes]
    series_index: Mapped[bytes | None]
    """The streams of a large part, packed: its series, or the histograms that they make up."""


class KnownSpans(_IndicatorHour):
    """The known spans of time that each minute of a large hour lies in, so that differences can be added to it."""

    __tablename__ = "known_spans"

    spans: Mapped[bytes]


class PackedHour(_IndicatorHour):
    """The 60 minutes of one hour, packed; an hour of unknown minutes has no row."""

    __tablename__ = "packed_hours"

    minutes: Mapped[bytes]


class ObservedHour(_IndicatorHour):
    """The 60 minutes of what a histogram observed, by bucket."""

    __tablename__ = "observed_hours"

    observed: Mapped[bytes]


class LateArrival(_IndicatorHour):
    """An hour that changed long after its minutes were over, until the periods closed on it are restated."""

    __tablename__ = "late_arrivals"

    received_at: Mapped[datetime]


class StatedUntil(Base):
    """The end of the latest period that has a statement: one row, which closings raise and the roll-up locks."""

    __tablename__ = "stated_until"
    __audited__ = False
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime]
