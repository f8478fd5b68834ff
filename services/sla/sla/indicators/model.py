"""An indicator: what is measured of a service, and how it is judged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from common.errors import DomainError
from sla.indicators.definition import IndicatorDefinition, IndicatorKind, Temporality
from sla.indicators.rollup_rules import GoodWhen
from sla.schema import Base


class IndicatorAlreadyMeasured(DomainError, slug="indicator-already-measured"):
    """Once something was measured, what is measured stays: retire the indicator and define its successor."""


class IndicatorRetired(DomainError, slug="indicator-retired"):
    """A retired indicator is kept for the record: it measures nothing more and does not change."""


class Indicator(Identified, Versioned, Base):
    __tablename__ = "indicators"
    __table_args__ = (
        CheckConstraint("holds_for BETWEEN 1 AND 3600", name="holds_for_an_hour_at_most"),
        CheckConstraint("(good_when IS NULL) = (threshold IS NULL)", name="judged_by_a_threshold"),
    )

    name: Mapped[str]
    description: Mapped[str]
    unit: Mapped[str]
    kind: Mapped[IndicatorKind] = mapped_column(text_enum(IndicatorKind, "kind"))
    good_when: Mapped[GoodWhen | None] = mapped_column(text_enum(GoodWhen, "goodwhen"))
    threshold: Mapped[float | None] = mapped_column(Double)
    holds_for: Mapped[int]
    """Seconds a sample speaks for when none follows."""
    counters: Mapped[Temporality] = mapped_column(text_enum(Temporality, "counters"))
    series: Mapped[list[dict[str, Any]]]
    """`selector` and `part` of each."""
    silent_after: Mapped[int]
    """Seconds without a push."""
    retired_at: Mapped[datetime | None]

    @property
    def definition(self) -> IndicatorDefinition:
        columns = ("id", "kind", "good_when", "threshold", "holds_for", "counters", "series")
        return IndicatorDefinition.from_row({name: getattr(self, name) for name in columns})

    def check_not_retired(self) -> None:
        if self.retired_at is not None:
            raise IndicatorRetired(f"It was retired at {self.retired_at.isoformat()}.")

    def retire(self, at: datetime) -> None:
        self.check_not_retired()
        self.retired_at = at


class IndicatorActivity(Base):
    """What the folding last saw of an indicator."""

    __tablename__ = "indicator_activity"
    __audited__ = False

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    last_received_at: Mapped[datetime | None]
    last_sample_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]


class Refold(Identified, Base):
    """A request to fold an indicator's samples once more, from what the log of pushes still holds."""

    __tablename__ = "refolds"
    __table_args__ = (
        CheckConstraint("window_from < window_to", name="window_forwards"),
        Index("ix_refolds_to_do", "id", postgresql_where=text("done_at IS NULL")),
    )

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), index=True)
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    """Of the instants of samples; open where there is none."""
    requested_by: Mapped[str]
    after_batch: Mapped[int] = mapped_column(BigInteger, default=0)
    """The batch done last."""
    batches: Mapped[int] = mapped_column(BigInteger, default=0)
    """Gone through so far."""
    hours_changed: Mapped[int] = mapped_column(BigInteger, default=0)
    """None, where the hours were folded out of the log before: they come out the same."""
    done_at: Mapped[datetime | None]
