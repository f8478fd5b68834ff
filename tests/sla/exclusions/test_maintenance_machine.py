"""Whatever people do about a maintenance, in any order: what is excluded is what a slow model says, quarter by quarter,
refusals leave no trace, and what was known at an instant stays what was known at it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.errors import DomainError
from sla.agreements.states import Party, Side
from sla.agreements.terms import Terms
from sla.exclusions.maintenance.agreement_windows import maintenance_decisions
from sla.exclusions.maintenance.model import Maintenance
from sla.exclusions.maintenance.states import MaintenanceState
from sla.hours.spans import MINUTE, Span, to_datetime, to_microseconds, union

START = datetime(2026, 2, 27, tzinfo=UTC)
QUARTER = 15 * MINUTE
QUARTERS = 4 * 24 * 4
"""Four days over the end of a month, Friday to Monday."""
CUSTOMER = UUID(int=5)
SUNDAY = 6
NOTICE, CAP = 8, 40
HOURS = {day: [["04:00", "22:00"]] for day in ("mon", "fri", "sat")}


def agreed(*, by_customer: bool) -> Terms:
    objective = {"name": "Answers", "kind": "response_time", "priorities": [1], "within": "PT1H", "target": "90"}
    policy = {"notice": "PT2H", "cap": "PT10H", "approved_by_customer": by_customer}
    document: dict[str, Any] = {
        "name": "Drawn",
        "service_hours": {"timezone": "UTC", "hours": HOURS},
        "objectives": [objective],
        "starts_on": "2026-01-01",
        "maintenance": policy,
    }
    return Terms.model_validate(document)


TERMS = {by_customer: agreed(by_customer=by_customer) for by_customer in (False, True)}
BEGIN = to_microseconds(START)
WHOLE = Span(BEGIN, BEGIN + QUARTERS * QUARTER)


def instant(quarter: int) -> datetime:
    return START + timedelta(minutes=15 * quarter)


def spans(quarters: Iterable[int]) -> list[Span]:
    return union(Span(BEGIN + q * QUARTER, BEGIN + (q + 1) * QUARTER) for q in quarters)


class Model:
    """One quarter of an hour after the other."""

    def __init__(self) -> None:
        self.announced: dict[int, tuple[int, int]] = {}
        """Quarter: the number of its announcement, and when that was."""
        self.decisions: dict[tuple[int, Side], bool] = {}
        self.number = 0
        self.begun = False
        self.ended: int | None = None
        self.cancelled = False

    def announce(self, requested: set[int], now: int) -> None:
        added = requested - self.announced.keys()
        self.number += bool(added)
        self.announced = {q: self.announced.get(q, (self.number, now)) for q in requested}

    def excluded(self, *, by_customer: bool) -> list[Span]:
        remaining_cap = {2: CAP, 3: CAP}
        excluded_quarters = []
        for quarter in sorted(self.announced):
            if self.allowed(quarter, by_customer=by_customer) and remaining_cap[instant(quarter).month]:
                remaining_cap[instant(quarter).month] -= 1
                excluded_quarters.append(quarter)
        return spans(excluded_quarters)

    def allowed(self, quarter: int, *, by_customer: bool) -> bool:
        number, announced_at = self.announced[quarter]
        first = quarter
        while self.announced.get(first - 1, (None, 0))[0] == number:
            first -= 1
        local = instant(quarter)
        return (
            first - announced_at >= NOTICE
            and self.decisions.get((number, Side.CUSTOMER if by_customer else Side.PROVIDER), False)
            and not (self.cancelled and not self.begun)
            and (self.ended is None or quarter < self.ended or not self.begun)
            and local.weekday() != SUNDAY
            and 4 <= local.hour < 22
        )


def _quarters(pairs: list[tuple[int, int]]) -> set[int]:
    return {q for start, length in pairs for q in range(start, min(start + length, QUARTERS))}


windows = st.lists(st.tuples(st.integers(0, QUARTERS - 1), st.integers(1, 90)), min_size=1, max_size=4).map(_quarters)
people = st.builds(Party, st.sampled_from(["ann", "bob"]), st.sampled_from(list(Side)))


class Maintaining(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.maintenance = Maintenance(state=MaintenanceState.ANNOUNCED, announcements=[], windows=[], affects=[])
        self.maintenance.id, self.maintenance.title = UUID(int=1), "Upgrade"
        self.model = Model()
        self.excluded_as_known: dict[int, list[list[Span]]] = {}

    def excluded(self, at: int) -> list[list[Span]]:
        excluded_by_terms = []
        for terms in TERMS.values():
            decisions = maintenance_decisions(self.maintenance.windows_for(CUSTOMER, instant(at)), terms, WHOLE)
            excluded_by_terms.append(union(decision.exclusion.span for decision in decisions if decision.is_excluded))
        return excluded_by_terms

    def picture(self) -> tuple[Any, ...]:
        announcements = [
            [decision.approved for decision in announcement.decisions]
            for announcement in self.maintenance.announcements
        ]
        return (
            self.maintenance.state,
            self.maintenance.started_at,
            self.maintenance.ended_at,
            announcements,
            self.excluded(self.now),
        )

    def attempt(self, step: Any, *arguments: Any) -> bool:
        """Whether it was allowed; a refusal changes nothing. Time passes before each step."""
        self.excluded_as_known[self.now] = self.excluded(self.now)
        self.now += 1
        before = self.picture()
        try:
            step(*arguments, instant(self.now))
        except DomainError:
            assert self.picture() == before
            return False
        return True

    @initialize(requested=windows)
    def begin(self, requested: set[int]) -> None:
        """So that there is work to do, both sides have approved what was announced first."""
        self.announce(requested, "cem")
        for person, side in zip(("ann", "bob"), Side, strict=True):
            self.decide(Party(person, side), None)

    @rule(requested=windows, by=st.sampled_from(["ann", "bob"]))
    def announce(self, requested: set[int], by: str) -> None:
        if self.attempt(self.maintenance.announce, spans(requested), by):
            self.model.announce(requested, self.now)

    @rule(party=people, reason=st.sampled_from([None, None, "no"]))
    def decide(self, party: Party, reason: str | None) -> None:
        if not self.maintenance.announcements:
            return
        customer = CUSTOMER if party.side is Side.CUSTOMER else None
        if self.attempt(self.maintenance.decide, party, customer, reason):
            assert party.subject != self.maintenance.announcements[-1].announced_by
            self.model.decisions[self.model.number, party.side] = reason is None

    @rule()
    def start(self) -> None:
        if self.attempt(self.maintenance.start):
            self.model.begun = True

    @rule()
    def finish(self) -> None:
        if self.attempt(self.maintenance.finish):
            self.model.ended = self.now

    @rule()
    def cancel(self) -> None:
        if self.attempt(self.maintenance.cancel, "postponed"):
            self.model.ended, self.model.cancelled = self.now, True

    @rule(quarters=st.integers(1, 40))
    def wait(self, quarters: int) -> None:
        self.now += quarters

    @invariant()
    def what_is_excluded_is_what_the_model_says(self) -> None:
        requested = [self.model.excluded(by_customer=by_customer) for by_customer in TERMS]
        assert self.excluded(self.now) == requested

    @invariant()
    def what_was_known_stays_known(self) -> None:
        assert {at: self.excluded(at) for at in self.excluded_as_known} == self.excluded_as_known

    @invariant()
    def work_was_begun_only_with_an_approval(self) -> None:
        if self.maintenance.started_at is not None:
            assert any(announcement.is_approved for announcement in self.maintenance.announcements)


TestMaintaining = Maintaining.TestCase
TestMaintaining.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_the_quarters_of_the_model_are_those_of_the_clock() -> None:
    assert spans([0, 1]) == [Span(to_microseconds(START), to_microseconds(START) + 30 * MINUTE)]
    assert to_datetime(WHOLE.end) == datetime(2026, 3, 3, tzinfo=UTC)
