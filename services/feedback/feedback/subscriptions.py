"""The reactions of this service to the events of others."""

from common.events.inbox import Reaction, Subscriptions
from feedback.audience import reactions
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft

SUBSCRIPTIONS: Subscriptions = {
    CustomerRegistered: Reaction("feedback.audience.reactions.note_customer", reactions.record_customer),
    CustomerRenamed: Reaction("feedback.audience.reactions.rename_customer", reactions.record_customer),
    PersonJoined: Reaction("feedback.audience.reactions.add_member", reactions.add_member),
    PersonLeft: Reaction("feedback.audience.reactions.remove_member", reactions.delete_member),
}
