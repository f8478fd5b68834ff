"""The reactions of this service to the events of others."""

from common.events.reactions import SetReaction, Subscriptions
from feedback.audience import reactions
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft, PersonRoleChanged

SUBSCRIPTIONS: Subscriptions = {
    CustomerRegistered: SetReaction("feedback.audience.reactions.note_customer", reactions.upsert_customers),
    CustomerRenamed: SetReaction("feedback.audience.reactions.rename_customer", reactions.upsert_customers),
    PersonJoined: SetReaction("feedback.audience.reactions.add_member", reactions.add_members),
    PersonRoleChanged: SetReaction("feedback.audience.reactions.change_role", reactions.change_roles),
    PersonLeft: SetReaction("feedback.audience.reactions.remove_member", reactions.delete_members),
}
