"""Breaches of one cause make one issue, and an issue is seen through step by step."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from common.errors import RuleBroken
from common.ids import new_id
from sla.issues.model import (
    DueInThePast,
    Issue,
    IssueAlreadyResolved,
    IssueClosed,
    IssueNotResolved,
    IssueState,
    IssueWithoutOwner,
)
from sla.issues.triage import Breach

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
TODAY = date(2026, 3, 1)
Missed = Callable[..., Breach]


@pytest.fixture
def issue(breach: Missed) -> Issue:
    return Issue.opened(breach(), NOW)


def test_an_issue_opens_with_its_breach_and_an_explained_priority(issue: Issue) -> None:
    assert (issue.title, issue.state) == ("Web shop: Availability missed", IssueState.OPEN)
    assert (issue.impact, issue.urgency, issue.priority) == (3, 2, 2)
    assert issue.explanation == [
        {"name": "impact", "value": 3, "because": "the objectives missed carry 50 % of the agreement's weight"},
        {"name": "urgency", "value": 2, "because": "Availability spent its error budget 2.0 times"},
    ]


def test_a_second_breach_makes_it_more_pressing(issue: Issue, breach: Missed) -> None:
    issue.gather(breach(attained=Decimal(90)))
    assert (len(issue.breaches), issue.priority) == (2, 1)


def test_a_restated_breach_replaces_what_was_said_of_it(breach: Missed) -> None:
    first = breach(attained=Decimal(90))
    issue = Issue.opened(first, NOW)
    restated = breach(
        agreement_id=first.agreement_id,
        objective_id=first.objective_id,
        attained=Decimal("99.4"),
        statement_id=new_id(),
    )
    issue.gather(restated)
    (only,) = issue.breaches
    assert (only.attained, only.statement_id, issue.priority) == (Decimal("99.4"), restated.statement_id, 3)


def test_the_queue_is_in_the_order_of_priority_then_age(breach: Missed) -> None:
    later_but_worse = breach(attained=Decimal(50))
    issues = [Issue.opened(each, NOW) for each in (breach(), breach(), later_but_worse)]
    in_order = sorted(issues, key=lambda one: one.queue_key)
    assert in_order == [issues[2], issues[0], issues[1]]


def test_the_whole_way(issue: Issue) -> None:
    issue.assign("olga")
    assert issue.state is IssueState.IN_PROGRESS
    issue.schedule("more memory", date(2026, 3, 15), TODAY)
    issue.assign("otto")
    issue.resolve("doubled the memory", NOW)
    assert (issue.state, issue.resolved_at) == (IssueState.RESOLVED, NOW)
    issue.close(NOW)
    assert (issue.state, issue.closed_at) == (IssueState.CLOSED, NOW)


def test_a_due_date_that_has_passed_may_stay_but_not_be_set(issue: Issue) -> None:
    issue.schedule("soon", TODAY, TODAY)
    issue.schedule("soon, really", TODAY, date(2026, 4, 1))
    with pytest.raises(DueInThePast):
        issue.schedule("yesterday", date(2026, 3, 31), date(2026, 4, 1))


def resolved(issue: Issue) -> Issue:
    issue.assign("olga")
    issue.resolve("done", NOW)
    return issue


def closed(issue: Issue) -> Issue:
    resolved(issue).close(NOW)
    return issue


@pytest.mark.parametrize(
    ("reach", "attempt", "rule"),
    [
        (None, lambda i: i.resolve("done", NOW), IssueWithoutOwner),
        (None, lambda i: i.close(NOW), IssueNotResolved),
        (resolved, lambda i: i.assign("otto"), IssueAlreadyResolved),
        (resolved, lambda i: i.schedule("more", None, TODAY), IssueAlreadyResolved),
        (resolved, lambda i: i.resolve("again", NOW), IssueAlreadyResolved),
        (closed, lambda i: i.assign("otto"), IssueClosed),
        (closed, lambda i: i.schedule("more", None, TODAY), IssueClosed),
        (closed, lambda i: i.resolve("again", NOW), IssueClosed),
        (closed, lambda i: i.close(NOW), IssueClosed),
    ],
)
def test_steps_out_of_turn_are_refused_by_name(issue: Issue, reach: Any, attempt: Any, rule: type[RuleBroken]) -> None:
    if reach is not None:
        reach(issue)
    with pytest.raises(rule):
        attempt(issue)
