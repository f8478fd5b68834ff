"""What an agreement is about, and so the time in which its clocks apply to an incident that is moved."""

from typing import NamedTuple
from uuid import UUID

from sla.incidents.history import IncidentSubject


class AgreementScope(NamedTuple):
    customer_id: UUID
    offering_id: UUID
    service_id: UUID
    """The service of the offering."""

    def covers(self, subject: IncidentSubject | None) -> bool:
        """Tell whether the agreement is the customer's, on the offering or on any offering of the service."""
        if subject is None or subject.customer_id != self.customer_id:
            return False
        if subject.offering_id is not None:
            return subject.offering_id == self.offering_id
        return subject.service_id == self.service_id
