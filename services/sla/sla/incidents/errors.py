"""The rules that a report of incidents can break."""

from common.errors import Conflict, Invalid, NotKnownYet


class IncidentEventContentMismatch(Conflict, slug="incident-event-content-mismatch"):
    """An event with this id was reported before with different content."""


class IncidentSubjectMismatch(Conflict, slug="incident-subject-mismatch"):
    """The incident was opened before for another customer, offering or service."""


class IncidentEventInFuture(Invalid, slug="incident-event-in-future"):
    """An event is reported after it has happened."""


class IncidentCustomerUnknown(NotKnownYet, slug="incident-customer-unknown"):
    """An incident concerns a registered customer."""


class IncidentServiceUnknown(NotKnownYet, slug="incident-service-unknown"):
    """An incident concerns an offering or a service that is published in the catalog."""
