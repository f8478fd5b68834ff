"""Breaches of one cause make one issue, and an issue is seen through step by step."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from common.errors import DomainError
from common.ids import new_id
from sla.issues.children import IssueTask
from sla.issues.errors import (
    IssueAlreadyMerged,
    IssueAlreadyResolved,
    IssueClosed,
    IssueNotResolved,
    IssueUnfounded,
    IssueWithoutOwner,
    TaskAlreadyFinished,
    TaskNotFound,
    TasksOpen,
)
from sla.issues.model import Issue
from sla.issues.origins import Breach
from sla.issues.settings import IssueSettings
from sla.issues.states import EscalationLevel, IssueState

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
TODAY = date(2026, 3, 1)
Missed = Callable[..., Breach]


@pytest.fixture
def issue(breach: Missed) -> Issue:
    return opened(breach())


def opened(breach: Breach) -> Issue:
    issue = Issue.from_origin(breach, "UTC", NOW)
    issue.triage()
    return issue


def add(issue: Issue, breach: Breach) -> None:
    issue.add_origin(breach, NOW)
    issue.triage()


def test_an_issue_opens_with_its_breach_and_an_explained_priority(issue: Issue) -> None:
    assert (issue.title, issue.state) == ("Web shop: Availability missed", IssueState.OPEN)
    assert (issue.priority, issue.score) == (2, 9 * 4 * 2)
    because = {
        "impact": ("50 %", 3, 2, 9, "the objectives missed carry 50 % of the agreement's weight"),
        "urgency": ("2.0 times", 2, 2, 4, "Availability spent its error budget 2.0 times"),
        "customer": ("2", 2, 1, 2, "it is an ordinary customer"),
        "credit": ("0 %", 1, 1, 1, "no credits are owed for it"),
    }
    columns = ("measured", "value", "weight", "points", "because")
    assert {term["name"]: tuple(term[name] for name in columns) for term in issue.explanation} == because


def test_a_second_breach_makes_it_more_pressing(issue: Issue, breach: Missed) -> None:
    add(issue, breach(attained=Decimal(90)))
    assert (len(issue.breaches), issue.priority) == (2, 1)


def test_a_restated_breach_replaces_what_was_said_of_it(breach: Missed) -> None:
    first = breach(attained=Decimal(90))
    issue = opened(first)
    restated = breach(
        agreement_id=first.agreement_id,
        objective_id=first.objective_id,
        attained=Decimal("99.4"),
        statement_id=new_id(),
    )
    add(issue, restated)
    (only,) = issue.breaches
    assert (only.attained, only.statement_id, issue.priority) == (Decimal("99.4"), restated.statement_id, 3)


def test_the_queue_is_in_the_order_of_priority_then_age(breach: Missed) -> None:
    later_but_worse = breach(attained=Decimal(50))
    issues = [opened(missed) for missed in (breach(), breach(), later_but_worse)]
    in_order = sorted(issues, key=lambda issue: issue.queue_key)
    assert in_order == [issues[2], issues[0], issues[1]]


def test_the_whole_way(issue: Issue) -> None:
    issue.assign("olga")
    assert issue.state is IssueState.IN_PROGRESS
    issue.due_on = date(2026, 3, 15)
    issue.assign("otto")
    issue.resolve("doubled the memory", NOW)
    assert (issue.state, issue.resolved_at) == (IssueState.RESOLVED, NOW)
    issue.close(NOW)
    assert (issue.state, issue.closed_at) == (IssueState.CLOSED, NOW)


def tasked(issue: Issue) -> Issue:
    issue.tasks.append(IssueTask(id=new_id(), description="order memory", assignee="otto", due_on=TODAY))
    return issue


def resolved(issue: Issue) -> Issue:
    issue.assign("olga")
    issue.resolve("done", NOW)
    return issue


def closed(issue: Issue) -> Issue:
    resolved(issue).close(NOW)
    return issue


def dismissed(issue: Issue) -> Issue:
    issue.dismiss(NOW)
    return issue


def merged(issue: Issue) -> Issue:
    issue.merge_into(opened(_another(issue)), NOW)
    return issue


def _another(issue: Issue) -> Breach:
    breach = issue.breaches[0]
    return Breach(
        agreement_id=breach.agreement_id,
        customer_id=issue.customer_id,
        statement_id=new_id(),
        service_id=breach.service_id,
        service_name="Web shop",
        objective_id=new_id(),
        objective_name="Fast answers",
        indicator_id=None,
        period_from=breach.period_from,
        period_to=breach.period_to,
        target=Decimal(95),
        attained=Decimal(90),
        weight_share=Decimal(50),
    )


CHANGES: dict[str, Callable[[Issue], object]] = {
    "assign": lambda issue: issue.assign("otto"),
    "plan": lambda issue: issue.check_unsolved(),
    "resolve": lambda issue: issue.resolve("again", NOW),
}


@pytest.mark.parametrize(
    ("reach", "rule"),
    [
        (resolved, IssueAlreadyResolved),
        (closed, IssueClosed),
        (dismissed, IssueUnfounded),
        (merged, IssueAlreadyMerged),
    ],
)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_over_does_not_change(
    issue: Issue, reach: Callable[[Issue], Issue], rule: type[DomainError], change: str
) -> None:
    reach(issue)
    with pytest.raises(rule):
        CHANGES[change](issue)


@pytest.mark.parametrize(
    ("reach", "attempt", "rule"),
    [
        (None, lambda i: i.resolve("done", NOW), IssueWithoutOwner),
        (None, lambda i: i.close(NOW), IssueNotResolved),
        (closed, lambda i: i.close(NOW), IssueClosed),
        (dismissed, lambda i: i.close(NOW), IssueUnfounded),
        (merged, lambda i: i.close(NOW), IssueAlreadyMerged),
        (None, lambda i: i.get_task(new_id()), TaskNotFound),
    ],
)
def test_steps_out_of_turn_are_refused_by_name(issue: Issue, reach: Any, attempt: Any, rule: type[DomainError]) -> None:
    if reach is not None:
        reach(issue)
    with pytest.raises(rule):
        attempt(issue)


def test_an_issue_is_resolved_when_its_tasks_are_settled(issue: Issue) -> None:
    tasked(tasked(issue)).assign("olga")
    first, second = issue.tasks
    with pytest.raises(TasksOpen):
        issue.resolve("done", NOW)
    first.complete("otto", NOW, "installed")
    second.drop(NOW, "not needed")
    for change in (lambda: first.complete("otto", NOW, None), lambda: second.drop(NOW, "again")):
        with pytest.raises(TaskAlreadyFinished):
            change()
    issue.resolve("done", NOW)
    assert issue.state is IssueState.RESOLVED


SETTINGS = IssueSettings(take_up_2=timedelta(hours=8), take_up_1=timedelta(hours=4))


def due(issue: Issue) -> datetime | None:
    issue.mark_changed(SETTINGS, NOW)
    return issue.escalate_at


def test_more_pressing_issues_are_escalated_sooner(issue: Issue, breach: Missed) -> None:
    assert (issue.priority, due(issue)) == (2, NOW + timedelta(hours=8))
    add(issue, breach(attained=Decimal(50)))
    assert (issue.priority, due(issue)) == (1, NOW + timedelta(hours=4))


def test_an_ignored_issue_is_escalated_once(issue: Issue) -> None:
    soon, later = NOW + timedelta(hours=8), NOW + timedelta(days=400)
    assert issue.escalate(SETTINGS, soon - timedelta(microseconds=1)) == []
    assert issue.escalate(SETTINGS, soon) == [EscalationLevel.NOT_TAKEN_UP]
    assert (issue.escalate(SETTINGS, later), due(issue)) == ([], None)


def test_what_was_taken_up_is_not_ignored(issue: Issue) -> None:
    issue.assign("olga")
    assert (due(issue), issue.escalate(SETTINGS, NOW + timedelta(days=400))) == (None, [])


def test_a_plan_is_overdue_when_its_day_is_over(issue: Issue) -> None:
    issue.assign("olga")
    issue.due_on = date(2026, 3, 15)
    over = datetime(2026, 3, 16, tzinfo=UTC)
    assert due(issue) == over
    assert issue.escalate(SETTINGS, over - timedelta(microseconds=1)) == []
    assert issue.escalate(SETTINGS, over) == [EscalationLevel.OVERDUE]
    issue.due_on = date(2026, 3, 20)
    assert issue.escalate(SETTINGS, NOW + timedelta(days=400)) == []


def test_the_task_due_first_makes_the_plan_overdue_until_it_is_settled(issue: Issue) -> None:
    tasked(issue).assign("olga")
    issue.due_on = date(2026, 3, 15)
    assert due(issue) == datetime(2026, 3, 2, tzinfo=UTC)
    issue.tasks[0].complete("otto", NOW, None)
    assert due(issue) == datetime(2026, 3, 16, tzinfo=UTC)


def test_both_levels_are_reached_when_nobody_looked_for_long(issue: Issue) -> None:
    tasked(issue)
    assert issue.escalate(SETTINGS, NOW + timedelta(days=400)) == [
        EscalationLevel.NOT_TAKEN_UP,
        EscalationLevel.OVERDUE,
    ]


def test_what_is_reopened_has_to_be_taken_up_anew(issue: Issue) -> None:
    issue.escalate(SETTINGS, NOW + timedelta(days=1))
    resolved(issue).reopen(NOW + timedelta(days=30))
    assert (issue.state, issue.owner, issue.resolved_at) == (IssueState.OPEN, None, None)
    assert issue.escalate(SETTINGS, NOW + timedelta(days=31)) == [EscalationLevel.NOT_TAKEN_UP]


def test_what_is_cleared_does_not_weigh_any_more(issue: Issue, breach: Missed) -> None:
    add(issue, breach(attained=Decimal(50)))
    issue.breaches[1].cleared_at = NOW
    issue.triage()
    assert (issue.priority, issue.is_founded) == (2, True)
    issue.breaches[0].cleared_at = NOW
    issue.triage()
    assert (issue.priority, issue.is_founded) == (2, False)


@pytest.mark.parametrize("changes", [{"take_up_1": timedelta(0)}, {"take_up_5": timedelta(hours=1)}])
def test_settings_let_pressing_issues_wait_no_longer_than_others(changes: dict[str, timedelta]) -> None:
    with pytest.raises(ValidationError):
        IssueSettings(**changes)
