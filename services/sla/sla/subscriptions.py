"""What this service does when another one tells something."""

from common.service import Subscriptions
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from sla.agreements import reactions

SUBSCRIPTIONS: Subscriptions = {
    OfferingPublished: reactions.note_offering,
    OfferingRetired: reactions.note_retirement,
    CustomerRegistered: reactions.note_customer,
    CustomerRenamed: reactions.note_customer,
}
