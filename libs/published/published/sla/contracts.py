"""Contracts with customers, and their dates."""

from datetime import date, datetime
from uuid import UUID

from published.event import Event


class ContractSigned(Event, service="sla", aggregate="contract_id", name="ContractSigned", for_customer=True):
    contract_id: UUID
    customer_id: UUID
    title: str
    starts_on: date
    ends_on: date | None
    """The last day; null while it renews itself."""
    signed_at: datetime


class ContractAmended(Event, service="sla", aggregate="contract_id", name="ContractAmended", for_customer=True):
    """Both sides have signed an amendment."""

    contract_id: UUID
    customer_id: UUID
    title: str
    version: int
    effective_on: date
    ends_on: date | None
    amended_at: datetime


class ContractNoticeGiven(Event, service="sla", aggregate="contract_id", name="ContractNoticeGiven", for_customer=True):
    contract_id: UUID
    customer_id: UUID
    title: str
    side: str
    """Who gave notice: provider or customer."""
    given_on: date
    ends_on: date
    recorded_at: datetime


class ContractNoticeDue(Event, service="sla", aggregate="contract_id", name="ContractNoticeDue"):
    """A notice date is near, after which the contract renews itself; emitted once for each date and lead."""

    contract_id: UUID
    customer_id: UUID
    title: str
    notice_by: date
    """The last day on which notice ends it with the term."""
    lead_days: int
    term_ends_on: date
    noticed_at: datetime


class ContractRenewed(Event, service="sla", aggregate="contract_id", name="ContractRenewed", for_customer=True):
    contract_id: UUID
    customer_id: UUID
    title: str
    renewal: int
    """1 for the first."""
    first_day: date
    last_day: date
    term_months: int
    """From the start of the contract to the end of the new term."""
    noticed_at: datetime


class ContractEnded(Event, service="sla", aggregate="contract_id", name="ContractEnded", for_customer=True):
    """The contract has ended with its last day and no longer binds."""

    contract_id: UUID
    customer_id: UUID
    title: str
    ended_on: date
    by_notice: bool
    noticed_at: datetime


class ContractObligationDue(Event, service="sla", aggregate="contract_id", name="ContractObligationDue"):
    """An obligation of one side is due soon and not fulfilled; emitted once for each due day."""

    contract_id: UUID
    customer_id: UUID
    title: str
    obligation_id: UUID
    side: str
    """Who owes it: provider or customer."""
    text: str
    due_on: date
    noticed_at: datetime
