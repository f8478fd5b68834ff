"""How incidents count in review periods: each once, also when more is reported later."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from common.ids import new_id
from sla.agreements.model import Agreement
from sla.corrections.model import CorrectionDue
from sla.incidents.clocks.period_counts import CountedClock, IncidentCounts
from sla.incidents.clocks.store import CountWindow, load_incident_counts
from sla.incidents.clocks.verdict import ClockVerdict
from tests.sla.incidents.reporter import FAST, RESPONSE, SLOW, IncidentReporter

JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


async def read_counts(
    reporter: IncidentReporter, start: datetime, end: datetime, objective: str = FAST, as_of: datetime | None = None
) -> IncidentCounts:
    async with reporter.sla_client.sla.begin() as work:
        window = CountWindow(UUID(reporter.agreement["id"]), UUID(objective), start, end)
        (counts,) = await load_incident_counts(work, [window], as_of=as_of or work.now)
    return counts


def in_time_late_running(counts: IncidentCounts) -> tuple[int, int, int]:
    return counts.in_time, counts.late, counts.running


async def list_corrections(reporter: IncidentReporter) -> list[tuple[datetime, datetime]]:
    async with reporter.sla_client.sla.begin() as work:
        rows = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(row.window_from, row.window_to) for row in rows]


def midnight(day: str) -> str:
    return f"2026-{day}T00:00:00Z"


async def test_each_incident_counts_in_the_period_in_which_it_is_decided(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(
        reporter.opening("in time", midnight("02-27")),
        reporter.event("in time", "resolved", "2026-02-27T04:00:00Z"),
        reporter.opening("over the end", "2026-02-28T21:00:00Z"),
        reporter.event("over the end", "resolved", "2026-03-01T00:00:00Z"),
        reporter.opening("late", "2026-02-28T10:00:00Z"),
        reporter.event("late", "resolved", "2026-03-02T10:00:00Z"),
        reporter.opening("late in march", "2026-02-28T22:00:00Z"),
        reporter.opening("another priority", midnight("02-27"), priority=4),
    )
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH)) == (1, 1, 2)
    assert in_time_late_running(await read_counts(reporter, MARCH, APRIL)) == (1, 1, 0)
    assert in_time_late_running(await read_counts(reporter, JANUARY, FEBRUARY)) == (0, 0, 0)
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH, RESPONSE)) == (0, 5, 0)
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH, SLOW)) == (0, 1, 0)


async def test_an_open_breach_counts_before_the_incident_is_resolved_and_before_the_deadline_loop_runs(
    reporter: IncidentReporter,
) -> None:
    """No deadline loop runs in this test."""
    await reporter.report(reporter.opening("INC1", "11:59"))
    reporter.set_time("2026-03-01T06:00:00")
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH)) == (0, 1, 0)


async def test_a_reopened_incident_counts_in_the_period_of_its_last_decision(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(
        reporter.opening("INC1", midnight("02-27")), reporter.event("INC1", "resolved", "2026-02-27T01:00:00Z")
    )
    before = await read_counts(reporter, FEBRUARY, MARCH)
    assert in_time_late_running(before) == (1, 0, 0)
    await reporter.report(reporter.event("INC1", "reopened", midnight("03-02")))
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH)) == (0, 0, 1)
    assert in_time_late_running(await read_counts(reporter, MARCH, APRIL)) == (0, 1, 0)


async def test_counts_can_be_computed_again_as_of_an_earlier_instant(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-02T00:00:00")
    await reporter.report(reporter.opening("INC1", midnight("02-27")))
    known_at = reporter.clock.now
    before = await read_counts(reporter, FEBRUARY, MARCH)
    reporter.set_time("2026-03-20T00:00:00")
    await reporter.report(reporter.event("INC1", "resolved", "2026-02-27T01:00:00Z"))
    assert in_time_late_running(before) == (0, 1, 0)
    assert in_time_late_running(await read_counts(reporter, FEBRUARY, MARCH)) == (1, 0, 0)
    again = await read_counts(reporter, FEBRUARY, MARCH, as_of=known_at)
    assert (again, again.digest()) == (before, before.digest())
    assert in_time_late_running(
        await read_counts(reporter, FEBRUARY, MARCH, as_of=known_at - timedelta(microseconds=1))
    ) == (0, 0, 0)


async def test_counts_as_of_an_earlier_instant_have_clocks_that_count_in_another_period_now(
    reporter: IncidentReporter,
) -> None:
    reporter.set_time("2026-04-01T06:00:00")
    await reporter.report(
        reporter.opening("INC1", midnight("02-28")), reporter.event("INC1", "paused", midnight("02-28"), reason="user")
    )
    await reporter.report(reporter.event("INC1", "resumed", midnight("03-02")))
    known_at = reporter.clock.now
    before = await read_counts(reporter, MARCH, APRIL)
    reporter.set_time("2026-04-02T06:00:00")
    await reporter.report(reporter.event("INC1", "resolved", "2026-02-28T03:00:00Z"))
    assert (in_time_late_running(before), in_time_late_running(await read_counts(reporter, MARCH, APRIL))) == (
        (0, 1, 0),
        (0, 0, 0),
    )
    assert await read_counts(reporter, MARCH, APRIL, as_of=known_at) == before


async def test_the_order_of_reports_changes_no_digest(reporter: IncidentReporter) -> None:
    reporter.set_time("2026-03-20T00:00:00")
    for number, day in enumerate(("02-03", "02-04", "02-05")):
        resolved = reporter.event(f"INC{number}", "resolved", f"2026-{day}T0{number}:00:00Z")
        reported = [reporter.opening(f"INC{number}", midnight(day)), resolved]
        for event in reversed(reported):
            await reporter.report(event)
    counts = await read_counts(reporter, FEBRUARY, MARCH)
    assert in_time_late_running(counts) == (3, 0, 0)
    assert IncidentCounts.from_rows(reversed(counts.rows)).digest() == counts.digest()


@pytest.mark.parametrize(
    "change",
    [
        CountedClock(0, UUID(int=1), ClockVerdict.LATE, 3),
        CountedClock(0, UUID(int=1), ClockVerdict.IN_TIME, 4),
        CountedClock(1, UUID(int=1), ClockVerdict.IN_TIME, 3),
        CountedClock(0, UUID(int=2), ClockVerdict.IN_TIME, 3),
    ],
)
def test_any_difference_changes_the_digest(change: CountedClock) -> None:
    usual = CountedClock(0, UUID(int=1), ClockVerdict.IN_TIME, 3)
    assert IncidentCounts.from_rows([change]).digest() != IncidentCounts.from_rows([usual]).digest()
    assert IncidentCounts.from_rows([usual, change]).digest() != IncidentCounts.from_rows([usual]).digest()


async def close_periods(reporter: IncidentReporter) -> None:
    """Pretend that February has its statement: the next period that is due ends with March."""
    async with reporter.sla_client.sla.begin() as work:
        agreement = await work.get(Agreement, UUID(reporter.agreement["id"]), lock=True)
        agreement.review_due_at = APRIL


async def test_no_correction_is_recorded_while_the_period_is_open(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"), reporter.event("INC1", "resolved", "10:00"))
    await reporter.report(reporter.event("INC1", "reopened", "11:00"))
    assert await list_corrections(reporter) == []


@pytest.mark.parametrize(
    ("earlier", "later", "since"),
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
    reporter: IncidentReporter, earlier: list[tuple[str, str]], later: list[tuple[str, str]], since: datetime | None
) -> None:
    """Each incident is acknowledged at once, so that only its resolution clock can change."""

    def events(steps: list[tuple[str, str]]) -> list[dict[str, Any]]:
        built = []
        for kind, hour in steps:
            at = f"2026-{hour}:00:00Z"
            built.append(reporter.opening("INC1", at) if kind == "opened" else reporter.event("INC1", kind, at))
            built += [reporter.event("INC1", "acknowledged", at)] if kind == "opened" else []
        return built

    reporter.set_time("2026-03-01T06:00:00")
    if earlier:
        await reporter.report(*events(earlier))
    await close_periods(reporter)
    reporter.set_time("2026-03-01T07:00:00")
    await reporter.report(*events(later))
    assert await list_corrections(reporter) == ([] if since is None else [(since, MARCH)])


def test_rows_are_sorted() -> None:
    rows = [CountedClock(at, new_id(), ClockVerdict.RUNNING, None) for at in (3, 1, 2)]
    assert [row.opened_at for row in IncidentCounts.from_rows(rows).rows] == [1, 2, 3]
