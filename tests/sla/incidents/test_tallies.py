"""How incidents count in review periods: each once, also when more is told later."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from common.ids import new_id
from sla.agreements.model import Agreement
from sla.agreements.terms import Terms
from sla.corrections.model import CorrectionDue
from sla.incidents.clocks.period_counts import ClockStatus, CountedClock, IncidentCounts
from sla.incidents.clocks.store import load_incident_counts
from tests.sla.incidents.reporter import FAST, RESPONSE, SLOW, IncidentReporter

JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


async def tally(
    reporter: IncidentReporter, start: datetime, end: datetime, objective: str = FAST, as_of: datetime | None = None
) -> IncidentCounts:
    async with reporter.shop.sla.begin() as work:
        terms = Terms.model_validate(reporter.agreement["version"]["terms"])
        found = await load_incident_counts(
            work, UUID(reporter.agreement["id"]), terms, start, end, as_of=as_of or work.now
        )
    assert set(found) == {UUID(one) for one in (RESPONSE, FAST, SLOW)}
    return found[UUID(objective)]


def counts(found: IncidentCounts) -> tuple[int, int, int]:
    return found.in_time, found.late, found.running


async def corrections(reporter: IncidentReporter) -> list[tuple[datetime, datetime]]:
    async with reporter.shop.sla.begin() as work:
        rows = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(row.window_from, row.window_to) for row in rows]


def over(day: str) -> str:
    return f"2026-{day}T00:00:00Z"


async def test_each_incident_counts_in_the_period_in_which_it_is_decided(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(
        reporter.opening("in time", over("02-27")),
        reporter.event("in time", "resolved", "2026-02-27T04:00:00Z"),
        reporter.opening("over the end", "2026-02-28T21:00:00Z"),
        reporter.event("over the end", "resolved", "2026-03-01T00:00:00Z"),
        reporter.opening("late", "2026-02-28T10:00:00Z"),
        reporter.event("late", "resolved", "2026-03-02T10:00:00Z"),
        reporter.opening("late in march", "2026-02-28T22:00:00Z"),
        reporter.opening("another priority", over("02-27"), priority=4),
    )
    assert counts(await tally(reporter, FEBRUARY, MARCH)) == (1, 1, 2)
    assert counts(await tally(reporter, MARCH, APRIL)) == (1, 1, 0)
    assert counts(await tally(reporter, JANUARY, FEBRUARY)) == (0, 0, 0)
    assert counts(await tally(reporter, FEBRUARY, MARCH, RESPONSE)) == (0, 5, 0)
    assert counts(await tally(reporter, FEBRUARY, MARCH, SLOW)) == (0, 1, 0)


async def test_an_open_breach_counts_before_the_incident_is_resolved_and_before_the_deadline_loop_runs(
    reporter: IncidentReporter,
) -> None:
    """Also if nobody has looked at the deadline since."""
    await reporter.report(reporter.opening("INC1", "11:59"))
    reporter.set_time("2026-03-01T06:00:00")
    assert counts(await tally(reporter, FEBRUARY, MARCH)) == (0, 1, 0)


async def test_a_reopened_incident_counts_in_the_period_of_its_last_decision(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(
        reporter.opening("INC1", over("02-27")), reporter.event("INC1", "resolved", "2026-02-27T01:00:00Z")
    )
    before = await tally(reporter, FEBRUARY, MARCH)
    assert counts(before) == (1, 0, 0)
    await reporter.report(reporter.event("INC1", "reopened", over("03-02")))
    assert counts(await tally(reporter, FEBRUARY, MARCH)) == (0, 0, 1)
    assert counts(await tally(reporter, MARCH, APRIL)) == (0, 1, 0)


async def test_counts_can_be_computed_again_as_of_an_earlier_instant(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-02T00:00:00")
    await reporter.report(reporter.opening("INC1", over("02-27")))
    known = reporter.clock.now
    before = await tally(reporter, FEBRUARY, MARCH)
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(reporter.event("INC1", "resolved", "2026-02-27T01:00:00Z"))
    assert counts(before) == (0, 1, 0)
    assert counts(await tally(reporter, FEBRUARY, MARCH)) == (1, 0, 0)
    again = await tally(reporter, FEBRUARY, MARCH, as_of=known)
    assert (again, again.digest()) == (before, before.digest())
    assert counts(await tally(reporter, FEBRUARY, MARCH, as_of=known - timedelta(microseconds=1))) == (0, 0, 0)


async def test_counts_as_of_an_earlier_instant_have_clocks_that_count_in_another_period_now(
    reporter: IncidentReporter,
) -> None:
    reporter.set_time("2026-04-01T06:00:00")
    await reporter.report(
        reporter.opening("INC1", over("02-28")), reporter.event("INC1", "paused", over("02-28"), reason="user")
    )
    await reporter.report(reporter.event("INC1", "resumed", over("03-02")))
    known = reporter.clock.now
    before = await tally(reporter, MARCH, APRIL)
    reporter.set_time("2026-04-02T06:00:00")
    await reporter.report(reporter.event("INC1", "resolved", "2026-02-28T03:00:00Z"))
    assert (counts(before), counts(await tally(reporter, MARCH, APRIL))) == ((0, 1, 0), (0, 0, 0))
    assert await tally(reporter, MARCH, APRIL, as_of=known) == before


async def test_the_order_of_reports_changes_no_digest(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    for number, day in enumerate(("02-03", "02-04", "02-05")):
        resolved = reporter.event(f"INC{number}", "resolved", f"2026-{day}T0{number}:00:00Z")
        told = [reporter.opening(f"INC{number}", over(day)), resolved]
        for event in reversed(told):
            await reporter.report(event)
    found = await tally(reporter, FEBRUARY, MARCH)
    assert counts(found) == (3, 0, 0)
    assert IncidentCounts.from_rows(reversed(found.rows)).digest() == found.digest()


@pytest.mark.parametrize(
    "change",
    [
        CountedClock(0, UUID(int=1), ClockStatus.LATE, 3),
        CountedClock(0, UUID(int=1), ClockStatus.IN_TIME, 4),
        CountedClock(1, UUID(int=1), ClockStatus.IN_TIME, 3),
        CountedClock(0, UUID(int=2), ClockStatus.IN_TIME, 3),
    ],
)
def test_any_difference_changes_the_digest(change: CountedClock) -> None:
    usual = CountedClock(0, UUID(int=1), ClockStatus.IN_TIME, 3)
    assert IncidentCounts.from_rows([change]).digest() != IncidentCounts.from_rows([usual]).digest()
    assert IncidentCounts.from_rows([usual, change]).digest() != IncidentCounts.from_rows([usual]).digest()


async def close_periods(reporter: IncidentReporter) -> None:
    """What was reviewed is stated: the next period that is due ends with March."""
    async with reporter.shop.sla.begin() as work:
        agreement = await work.get(Agreement, UUID(reporter.agreement["id"]), lock=True)
        agreement.review_due_at = APRIL


async def test_no_correction_is_recorded_while_the_period_is_open(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"), reporter.event("INC1", "resolved", "10:00"))
    await reporter.report(reporter.event("INC1", "reopened", "11:00"))
    assert await corrections(reporter) == []


@pytest.mark.parametrize(
    ("known", "later", "since"),
    [
        ([], [("opened", "02-10T00"), ("resolved", "02-10T01")], datetime(2026, 2, 10, tzinfo=UTC)),
        ([("opened", "02-10T00")], [("resolved", "02-10T01")], datetime(2026, 2, 10, 1, tzinfo=UTC)),
        ([("opened", "02-28T23")], [("resolved", "03-01T00")], None),
        (
            [("opened", "02-28T23"), ("resolved", "02-28T23")],
            [("reopened", "03-01T00")],
            datetime(2026, 2, 28, 23, tzinfo=UTC),
        ),
        ([("opened", "02-10T00"), ("resolved", "02-10T01")], [("closed", "02-12T00")], None),
    ],
)
async def test_a_later_report_is_recorded_as_a_correction_if_it_changes_a_closed_period(
    reporter: IncidentReporter, known: list[tuple[str, str]], later: list[tuple[str, str]], since: datetime | None
) -> None:
    """Answered at once in every case, so that only the clock of resolution can move."""

    def events(told: list[tuple[str, str]]) -> list[dict[str, Any]]:
        made = []
        for kind, hour in told:
            at = f"2026-{hour}:00:00Z"
            made.append(reporter.opening("INC1", at) if kind == "opened" else reporter.event("INC1", kind, at))
            made += [reporter.event("INC1", "acknowledged", at)] if kind == "opened" else []
        return made

    reporter.set_time("2026-03-01T06:00:00")
    if known:
        await reporter.report(*events(known))
    await close_periods(reporter)
    reporter.set_time("2026-03-01T07:00:00")
    await reporter.report(*events(later))
    assert await corrections(reporter) == ([] if since is None else [(since, MARCH)])


def test_rows_are_sorted() -> None:
    rows = [CountedClock(at, new_id(), ClockStatus.RUNNING, None) for at in (3, 1, 2)]
    assert [row.opened_at for row in IncidentCounts.from_rows(rows).rows] == [1, 2, 3]
