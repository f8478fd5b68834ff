"""Indicators, when each was last measured, and requests to roll its samples up again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from sla.indicators.definition import IndicatorDefinition, IndicatorKind, Temporality
from sla.indicators.errors import IndicatorRetired
from sla.indicators.rollup_rules import GoodWhen
from sla.schema import Base


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
    """Seconds for which a sample speaks when no other follows."""
    counters: Mapped[Temporality] = mapped_column(text_enum(Temporality, "counters"))
    series: Mapped[list[dict[str, Any]]]
    """`selector` and `part` of each."""
    silent_after: Mapped[int]
    """Seconds without a push after which the indicator is reported as silent."""
    retired_at: Mapped[datetime | None]

    @property
    def definition(self) -> IndicatorDefinition:
        columns = ("id", "kind", "good_when", "threshold", "holds_for", "counters", "series", "retired_at")
        return IndicatorDefinition.from_row({name: getattr(self, name) for name in columns})

    def check_not_retired(self) -> None:
        if self.retired_at is not None:
            raise IndicatorRetired(f"The indicator was retired at {self.retired_at.isoformat()}: define a new one.")

    def retire(self, at: datetime) -> None:
        self.check_not_retired()
        self.retired_at = at


class IndicatorActivity(Base):
    """The times of the last push and the last sample of an indicator."""

    __tablename__ = "indicator_activity"
    __audited__ = False

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), primary_key=True)
    last_received_at: Mapped[datetime | None]
    last_sample_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]


class Refold(Identified, Base):
    """A request to roll an indicator's samples up again, from what the log of pushes still holds."""

    __tablename__ = "refolds"
    __table_args__ = (
        CheckConstraint("window_from < window_to", name="window_forwards"),
        Index("ix_refolds_to_do", "id", postgresql_where=text("done_at IS NULL")),
    )

    indicator_id: Mapped[UUID] = mapped_column(ForeignKey(Indicator.id), index=True)
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    """The window of the samples' times; open where it is null."""
    requested_by: Mapped[str]
    after_batch: Mapped[int] = mapped_column(BigInteger, default=0)
    """The id of the batch rolled up last."""
    batches: Mapped[int] = mapped_column(BigInteger, default=0)
    """How many batches are rolled up so far."""
    hours_changed: Mapped[int] = mapped_column(BigInteger, default=0)
    """Zero where the hours were rolled up from the same log before: they come out the same."""
    done_at: Mapped[datetime | None]
