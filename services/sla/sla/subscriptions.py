"""What this service does when another one tells something."""

from common.service import Subscriptions
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    IncidentBreached,
    IncidentBreachWithdrawn,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.agreements import reactions
from sla.improvements.reactions import note_satisfaction
from sla.incidents import reactions as incidents
from sla.issues import reactions as issues

SUBSCRIPTIONS: Subscriptions = {
    OfferingPublished: reactions.note_offering,
    OfferingRetired: reactions.note_retirement,
    CustomerRegistered: reactions.note_customer,
    CustomerRenamed: reactions.note_customer,
    SatisfactionMeasured: note_satisfaction,
    # What this service tells itself: rooms form no circle, so that agreements do not know incidents.
    AgreementSuspended: incidents.note_suspension,
    AgreementResumed: incidents.note_suspension,
    MaintenanceAnnounced: incidents.note_maintenance,
    MaintenanceApproved: incidents.note_maintenance,
    MaintenanceCancelled: incidents.note_maintenance,
    MaintenanceFinished: incidents.note_maintenance,
    IncidentBreached: issues.note_incident_breach,
    IncidentBreachWithdrawn: issues.note_incident_withdrawal,
}
