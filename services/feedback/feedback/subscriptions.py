"""Which event of another service has which reaction here."""

from common.inbox import Subscriptions
from feedback.audience import reactions
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft

SUBSCRIPTIONS: Subscriptions = {
    CustomerRegistered: reactions.note_customer,
    CustomerRenamed: reactions.rename_customer,
    PersonJoined: reactions.add_member,
    PersonLeft: reactions.remove_member,
}
