"""What this service does when another one tells something."""

from common.service import Subscriptions
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from published.sla import AgreementResumed, AgreementSuspended
from sla.agreements import reactions
from sla.incidents import reactions as incidents

SUBSCRIPTIONS: Subscriptions = {
    OfferingPublished: reactions.note_offering,
    OfferingRetired: reactions.note_retirement,
    CustomerRegistered: reactions.note_customer,
    CustomerRenamed: reactions.note_customer,
    # What this service tells itself: rooms form no circle, so that agreements do not know incidents.
    AgreementSuspended: incidents.note_suspension,
    AgreementResumed: incidents.note_suspension,
}
