"""Which event of another service has which reaction here."""

from common.inbox import Subscriptions
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered, CustomerRenamed
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementActivated,
    AgreementAmended,
    AgreementEnded,
    AgreementSigned,
    IssueCleared,
    IssueMerged,
    IssueOpened,
    IssueReopened,
    IssueResolved,
    ObjectiveBreached,
    ObjectiveCleared,
    StatementIssued,
)
from reporting.scorecards import reactions

SUBSCRIPTIONS: Subscriptions = {
    CustomerRegistered: reactions.note_customer,
    CustomerRenamed: reactions.note_customer,
    OfferingPublished: reactions.note_offering,
    AgreementSigned: reactions.note_signature,
    AgreementAmended: reactions.note_amendment,
    AgreementActivated: reactions.note_activation,
    AgreementEnded: reactions.note_end,
    StatementIssued: reactions.note_statement,
    ObjectiveBreached: reactions.note_breach,
    ObjectiveCleared: reactions.forget_breach,
    IssueOpened: reactions.note_issue,
    IssueResolved: reactions.note_resolution,
    IssueMerged: reactions.note_merge,
    IssueCleared: reactions.note_clearing,
    IssueReopened: reactions.note_reopening,
    SatisfactionMeasured: reactions.note_satisfaction,
}
