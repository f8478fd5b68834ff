"""What this service does when another one tells something."""

from catalog.offerings import reactions
from common.service import Subscriptions
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned

SUBSCRIPTIONS: Subscriptions = {
    AgreementSigned: reactions.note_agreement,
    AgreementActivated: reactions.note_activation,
    AgreementEnded: reactions.forget_agreement,
}
