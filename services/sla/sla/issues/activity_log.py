"""The record of an issue: a line for everything that happens to it."""

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.issues.children import IssueEntry, IssueEntryKind
from sla.issues.model import Issue


def add_entry(
    work: UnitOfWork, issue: Issue, kind: IssueEntryKind, text: str, *, for_customer: bool = True
) -> IssueEntry:
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
