"""Which event of another service has which reaction here."""

from common.inbox import Reaction, Subscriptions
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
    CustomerRegistered: Reaction("reporting.scorecards.reactions.note_customer", reactions.note_customer),
    CustomerRenamed: Reaction("reporting.scorecards.reactions.note_customer", reactions.note_customer),
    OfferingPublished: Reaction("reporting.scorecards.reactions.note_offering", reactions.note_offering),
    AgreementSigned: Reaction("reporting.scorecards.reactions.note_signature", reactions.note_signature),
    AgreementAmended: Reaction("reporting.scorecards.reactions.note_amendment", reactions.note_amendment),
    AgreementActivated: Reaction("reporting.scorecards.reactions.note_activation", reactions.note_activation),
    AgreementEnded: Reaction("reporting.scorecards.reactions.note_end", reactions.note_end),
    StatementIssued: Reaction("reporting.scorecards.reactions.note_statement", reactions.note_statement),
    ObjectiveBreached: Reaction("reporting.scorecards.reactions.note_breach", reactions.note_breach),
    ObjectiveCleared: Reaction("reporting.scorecards.reactions.forget_breach", reactions.forget_breach),
    IssueOpened: Reaction("reporting.scorecards.reactions.note_issue", reactions.note_issue),
    IssueResolved: Reaction("reporting.scorecards.reactions.note_resolution", reactions.note_resolution),
    IssueMerged: Reaction("reporting.scorecards.reactions.note_merge", reactions.note_merge),
    IssueCleared: Reaction("reporting.scorecards.reactions.note_clearing", reactions.note_clearing),
    IssueReopened: Reaction("reporting.scorecards.reactions.note_reopening", reactions.note_reopening),
    SatisfactionMeasured: Reaction("reporting.scorecards.reactions.note_satisfaction", reactions.note_satisfaction),
}
