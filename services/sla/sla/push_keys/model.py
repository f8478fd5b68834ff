"""API keys, and the limits of those that may push some series only."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.auth.api_keys import ApiKeyEntity
from sla.schema import Base

PUSH_SCOPE = "push"
"""The scope of a key without limits: it may push samples, alerts and incidents."""
SAMPLES_SCOPE = "push:samples"
"""The scope of a key with limits, which cannot be told of alerts and incidents: it may push samples only."""


class ApiKey(ApiKeyEntity, Base):
    """The key of a monitor."""


class PushLimits(Base):
    """The limits of what may be pushed with a key; a key without this row has none."""

    __tablename__ = "push_limits"
    __table_args__ = (
        CheckConstraint("samples_per_minute > 0", name="some_samples"),
        CheckConstraint("max_series > 0", name="some_series"),
    )

    key_id: Mapped[UUID] = mapped_column(ForeignKey(ApiKey.id), primary_key=True)
    selectors: Mapped[list[str]]
    """One of them has to match a series; without these and indicators, any series may be pushed."""
    indicator_ids: Mapped[list[str]]
    """What may be pushed to, by id or by a series that is bound to it."""
    samples_per_minute: Mapped[int | None] = mapped_column(BigInteger)
    """On average, in each process that receives pushes."""
    max_series: Mapped[int | None] = mapped_column(BigInteger)
    series_added: Mapped[int] = mapped_column(BigInteger, default=0)
    """How many series were first pushed with the key."""
