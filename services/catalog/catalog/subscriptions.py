"""The reactions of this service to the events of others."""

from catalog.offerings import reactions
from common.events.inbox import Reaction, Subscriptions
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned

SUBSCRIPTIONS: Subscriptions = {
    AgreementSigned: Reaction("catalog.offerings.reactions.note_agreement", reactions.upsert_live_agreement),
    AgreementActivated: Reaction("catalog.offerings.reactions.note_activation", reactions.mark_agreement_active),
    AgreementEnded: Reaction("catalog.offerings.reactions.forget_agreement", reactions.delete_live_agreement),
}
