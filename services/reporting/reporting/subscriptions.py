"""The reactions of this service to the events of others."""

from common.events.reactions import Reaction, SetReaction, Subscriptions
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
    IssuePrioritized,
    IssueReopened,
    IssueResolved,
    ObjectiveBreached,
    ObjectiveCleared,
    PeriodProgressed,
    StatementIssued,
)
from reporting.scorecards import reactions

SUBSCRIPTIONS: Subscriptions = {
    CustomerRegistered: SetReaction("reporting.scorecards.reactions.note_customer", reactions.upsert_customers),
    CustomerRenamed: SetReaction("reporting.scorecards.reactions.note_customer", reactions.upsert_customers),
    OfferingPublished: SetReaction("reporting.scorecards.reactions.note_offering", reactions.upsert_offerings),
    AgreementSigned: SetReaction("reporting.scorecards.reactions.note_signature", reactions.add_signed_versions),
    AgreementAmended: Reaction("reporting.scorecards.reactions.note_amendment", reactions.add_amended_version),
    AgreementActivated: SetReaction(
        "reporting.scorecards.reactions.note_activation", reactions.mark_agreements_activated
    ),
    AgreementEnded: SetReaction("reporting.scorecards.reactions.note_end", reactions.mark_agreements_ended),
    StatementIssued: SetReaction("reporting.scorecards.reactions.note_statement", reactions.upsert_statements),
    PeriodProgressed: SetReaction("reporting.scorecards.reactions.note_progress", reactions.upsert_progress),
    ObjectiveBreached: SetReaction("reporting.scorecards.reactions.note_breach", reactions.add_breaches),
    ObjectiveCleared: SetReaction("reporting.scorecards.reactions.forget_breach", reactions.delete_breaches),
    IssueOpened: SetReaction("reporting.scorecards.reactions.note_issue", reactions.add_issues),
    IssuePrioritized: SetReaction("reporting.scorecards.reactions.note_priority", reactions.update_issue_priorities),
    IssueResolved: SetReaction("reporting.scorecards.reactions.note_resolution", reactions.mark_issues_resolved),
    IssueMerged: SetReaction("reporting.scorecards.reactions.note_merge", reactions.mark_issues_merged),
    IssueCleared: SetReaction("reporting.scorecards.reactions.note_clearing", reactions.mark_issues_cleared),
    IssueReopened: SetReaction("reporting.scorecards.reactions.note_reopening", reactions.mark_issues_reopened),
    SatisfactionMeasured: SetReaction(
        "reporting.scorecards.reactions.note_satisfaction", reactions.upsert_satisfaction
    ),
}
