"""Events of agreements."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event, EventPart


class PromisedObjective(EventPart):
    objective_id: UUID
    name: str
    kind: str
    target: Decimal
    """Percent."""


class AcknowledgedShortfall(EventPart):
    """A shortfall of the supporting agreements that the provider acknowledged when it signed."""

    shortfalls: tuple[str, ...]
    """In sentences."""
    reason: str
    acknowledged_by: str
    acknowledged_at: datetime


class AgreementSigned(Event, service="sla", aggregate="agreement_id", name="AgreementSigned", for_customer=True):
    agreement_id: UUID
    version: int
    name: str
    customer_id: UUID
    offering_id: UUID
    service_name: str
    starts_on: date
    objectives: tuple[PromisedObjective, ...]
    signed_at: datetime
    acknowledged: AcknowledgedShortfall | None = None


class AgreementActivated(Event, service="sla", aggregate="agreement_id", name="AgreementActivated", for_customer=True):
    agreement_id: UUID
    version: int
    customer_id: UUID
    activated_at: datetime


class AgreementEnded(Event, service="sla", aggregate="agreement_id", name="AgreementEnded", for_customer=True):
    """The agreement has ended, with its last day or before: it no longer promises anything."""

    agreement_id: UUID
    customer_id: UUID
    ended_at: datetime


class AgreementAmended(Event, service="sla", aggregate="agreement_id", name="AgreementAmended", for_customer=True):
    """Both sides signed a further version, which replaces earlier ones from a day on that may lie in the future."""

    agreement_id: UUID
    version: int
    name: str
    customer_id: UUID
    valid_from: date
    ends_on: date | None
    objectives: tuple[PromisedObjective, ...]
    signed_at: datetime
    acknowledged: AcknowledgedShortfall | None = None


class AgreementRenewed(Event, service="sla", aggregate="agreement_id", name="AgreementRenewed", for_customer=True):
    """The agreement has a new last day."""

    agreement_id: UUID
    customer_id: UUID
    last_day: date
    tacit: bool
    """True when it renewed itself as its terms say; otherwise both sides agreed."""
    renewed_at: datetime


class AgreementSuspended(Event, service="sla", aggregate="agreement_id", name="AgreementSuspended", for_customer=True):
    """The agreement promises nothing for a time, which may lie in the future."""

    agreement_id: UUID
    customer_id: UUID
    suspended_from: datetime
    suspended_to: datetime | None
    """Exclusive; null when it is not known yet."""
    reason: str


class AgreementResumed(Event, service="sla", aggregate="agreement_id", name="AgreementResumed", for_customer=True):
    """A suspension has ended, or was cancelled before it began."""

    agreement_id: UUID
    customer_id: UUID
    resumed_at: datetime


class AgreementTerminated(
    Event, service="sla", aggregate="agreement_id", name="AgreementTerminated", for_customer=True
):
    """A side gave notice: nothing is promised after the last day. AgreementEnded follows when that day is over."""

    agreement_id: UUID
    customer_id: UUID
    terminated_by: str
    """The side, `provider` or `customer`."""
    last_day: date
    reason: str
    terminated_at: datetime
