"""An issue under any steps in any order: what the database insists on always holds, and each refusal has a name."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.errors import DomainError
from common.ids import new_id
from sla.issues.children import IssueTask
from sla.issues.model import Issue
from sla.issues.origins import Breach
from sla.issues.settings import IssueSettings
from sla.issues.states import UNSOLVED_STATES, IssueState

SETTINGS = IssueSettings()
CUSTOMER, SERVICE, AGREEMENT = (UUID(int=number) for number in (1, 2, 3))
START = datetime(2026, 3, 1, tzinfo=UTC)


def missed(attained: Decimal) -> Breach:
    return Breach(
        agreement_id=AGREEMENT,
        customer_id=CUSTOMER,
        statement_id=new_id(),
        service_id=SERVICE,
        service_name="Web shop",
        objective_id=new_id(),
        objective_name="Availability",
        indicator_id=None,
        period_from=START - timedelta(days=28),
        period_to=START,
        target=Decimal("99.5"),
        attained=attained,
        weight_share=Decimal(50),
    )


class Seeing(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.escalated: list[tuple[datetime, int]] = []
        self.reopened = 0

    @initialize()
    def open(self) -> None:
        self.issue = Issue.from_origin(missed(Decimal(99)), "UTC", self.now)
        self.issue.triage()
        self.issue.mark_changed(SETTINGS, self.now)

    def attempt(self, step: Callable[[], object]) -> None:
        """Refused by name, and then nothing has changed; or done."""
        before = self.issue.state
        with suppress(DomainError):
            step()
            before = self.issue.state
        assert self.issue.state is before
        self.issue.mark_changed(SETTINGS, self.now)

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        if self.issue.escalate_at is not None and self.issue.escalate_at <= self.now:
            levels = self.issue.escalate(SETTINGS, self.now)
            assert levels
            self.escalated += [(self.now, level) for level in levels]
            self.issue.mark_changed(SETTINGS, self.now)

    @rule()
    def assign(self) -> None:
        self.attempt(lambda: self.issue.assign("olga"))

    @rule(days=st.integers(-2, 20))
    def schedule(self, days: int) -> None:
        day = (self.now + timedelta(days=days)).date()

        def plan() -> None:
            self.issue.check_unsolved()
            self.issue.check_due_on(day, self.now)
            self.issue.due_on = day

        self.attempt(plan)

    @rule()
    def add_task(self) -> None:
        def add() -> None:
            self.issue.check_unsolved()
            self.issue.tasks.append(IssueTask(id=new_id(), description="x", assignee="otto", due_on=self.now.date()))

        self.attempt(add)

    @rule(complete=st.booleans())
    def settle_task(self, complete: bool) -> None:
        if self.issue.tasks:
            task = self.issue.tasks[0]
            self.attempt(lambda: task.complete("otto", self.now, None) if complete else task.drop(self.now, "no"))

    @rule()
    def resolve(self) -> None:
        self.attempt(lambda: self.issue.resolve("done", self.now))

    @rule()
    def close(self) -> None:
        self.attempt(lambda: self.issue.close(self.now))

    @rule(attained=st.decimals(0, 99, places=1))
    def gather(self, attained: Decimal) -> None:
        if self.issue.state in UNSOLVED_STATES | {IssueState.RESOLVED}:
            self.issue.add_origin(missed(attained), self.now)
            self.issue.triage()
            self.issue.mark_changed(SETTINGS, self.now)

    @rule()
    def come_back(self) -> None:
        if self.issue.state in (IssueState.RESOLVED, IssueState.UNFOUNDED):
            self.issue.reopen(self.now)
            self.reopened += 1
            self.issue.mark_changed(SETTINGS, self.now)

    @rule()
    def clear(self) -> None:
        if self.issue.is_unsolved:
            for breach in self.issue.breaches:
                breach.cleared_at = self.now
            self.issue.dismiss(self.now)
            self.issue.mark_changed(SETTINGS, self.now)

    @invariant()
    def the_database_would_take_it(self) -> None:
        issue, state = self.issue, self.issue.state
        assert state in (IssueState.OPEN, IssueState.UNFOUNDED) or issue.owner is not None
        assert (state in (IssueState.RESOLVED, IssueState.CLOSED)) == (issue.resolved_at is not None)
        assert (state in (IssueState.CLOSED, IssueState.UNFOUNDED)) == (issue.closed_at is not None)
        assert issue.escalate_at is None or state in UNSOLVED_STATES
        assert 1 <= issue.priority <= 5
        assert 1 <= issue.score <= 0xFFFF

    @invariant()
    def what_waits_for_nobody_is_escalated_in_time(self) -> None:
        issue = self.issue
        if issue.state is IssueState.OPEN and issue.ignored_at is None:
            assert issue.escalate_at is not None
            assert issue.escalate_at <= issue.waiting_since + SETTINGS.time_to_take_up(issue.priority)

    @invariant()
    def each_level_is_told_once_until_it_is_reopened(self) -> None:
        for level in (1, 2):
            assert sum(escalated_level == level for _, escalated_level in self.escalated) <= 1 + self.reopened


TestSeeing = Seeing.TestCase
TestSeeing.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
