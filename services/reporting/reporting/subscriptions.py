"""The reactions of this service to the events of others."""

from common.events.inbox import Reaction, Subscriptions
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
    CustomerRegistered: Reaction("reporting.scorecards.reactions.note_customer", reactions.upsert_customer),
    CustomerRenamed: Reaction("reporting.scorecards.reactions.note_customer", reactions.upsert_customer),
    OfferingPublished: Reaction("reporting.scorecards.reactions.note_offering", reactions.upsert_offering),
    AgreementSigned: Reaction("reporting.scorecards.reactions.note_signature", reactions.add_signed_version),
    AgreementAmended: Reaction("reporting.scorecards.reactions.note_amendment", reactions.add_amended_version),
    AgreementActivated: Reaction("reporting.scorecards.reactions.note_activation", reactions.mark_agreement_activated),
    AgreementEnded: Reaction("reporting.scorecards.reactions.note_end", reactions.mark_agreement_ended),
    StatementIssued: Reaction("reporting.scorecards.reactions.note_statement", reactions.upsert_statement),
    ObjectiveBreached: Reaction("reporting.scorecards.reactions.note_breach", reactions.add_breach),
    ObjectiveCleared: Reaction("reporting.scorecards.reactions.forget_breach", reactions.delete_breach),
    IssueOpened: Reaction("reporting.scorecards.reactions.note_issue", reactions.add_issue),
    IssueResolved: Reaction("reporting.scorecards.reactions.note_resolution", reactions.mark_issue_resolved),
    IssueMerged: Reaction("reporting.scorecards.reactions.note_merge", reactions.mark_issue_merged),
    IssueCleared: Reaction("reporting.scorecards.reactions.note_clearing", reactions.mark_issue_cleared),
    IssueReopened: Reaction("reporting.scorecards.reactions.note_reopening", reactions.mark_issue_reopened),
    SatisfactionMeasured: Reaction("reporting.scorecards.reactions.note_satisfaction", reactions.upsert_satisfaction),
}
