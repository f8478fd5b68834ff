"""The record of an issue: a line for everything that happens to it."""

from common.ids import new_id
from common.work import Work
from sla.issues.model import Issue
from sla.issues.parts import EntryKind, IssueEntry


def write(work: Work, issue: Issue, kind: EntryKind, text: str, *, for_customer: bool = True) -> IssueEntry:
    entry = IssueEntry(
        id=new_id(),
        issue_id=issue.id,
        kind=kind,
        at=work.now,
        by=work.principal.subject,
        text=text,
        for_customer=for_customer,
    )
    work.add(entry)
    return entry
