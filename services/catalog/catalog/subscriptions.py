"""The reactions of this service to the events of others."""

from catalog.offerings import reactions
from common.events.reactions import SetReaction, Subscriptions
from published.engagement import CustomerRegistered, CustomerRenamed
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned

SUBSCRIPTIONS: Subscriptions = {
    AgreementSigned: SetReaction("catalog.offerings.reactions.note_agreement", reactions.upsert_live_agreements),
    AgreementActivated: SetReaction("catalog.offerings.reactions.note_activation", reactions.mark_agreements_active),
    AgreementEnded: SetReaction("catalog.offerings.reactions.forget_agreement", reactions.delete_live_agreements),
    CustomerRegistered: SetReaction("catalog.offerings.reactions.note_customer", reactions.upsert_customers),
    CustomerRenamed: SetReaction("catalog.offerings.reactions.note_customer", reactions.upsert_customers),
}
