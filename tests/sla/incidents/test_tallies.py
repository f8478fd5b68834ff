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
from tests.sla.incidents.desk import FAST, RESPONSE, SLOW, Desk

JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


async def tally(
    desk: Desk, start: datetime, end: datetime, objective: str = FAST, as_of: datetime | None = None
) -> IncidentCounts:
    async with desk.shop.sla.begin() as work:
        terms = Terms.model_validate(desk.agreement["version"]["terms"])
        found = await load_incident_counts(work, UUID(desk.agreement["id"]), terms, start, end, as_of=as_of or work.now)
    assert set(found) == {UUID(one) for one in (RESPONSE, FAST, SLOW)}
    return found[UUID(objective)]


def counts(found: IncidentCounts) -> tuple[int, int, int]:
    return found.in_time, found.late, found.running


async def corrections(desk: Desk) -> list[tuple[datetime, datetime]]:
    async with desk.shop.sla.begin() as work:
        rows = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(row.window_from, row.window_to) for row in rows]


def over(day: str) -> str:
    return f"2026-{day}T00:00:00Z"


async def test_each_incident_counts_where_it_is_decided(desk: Desk) -> None:
    desk.at("2026-03-20T00:00:00")
    await desk.took(
        desk.opened("in time", over("02-27")),
        desk.event("in time", "resolved", "2026-02-27T04:00:00Z"),
        desk.opened("over the end", "2026-02-28T21:00:00Z"),
        desk.event("over the end", "resolved", "2026-03-01T00:00:00Z"),
        desk.opened("late", "2026-02-28T10:00:00Z"),
        desk.event("late", "resolved", "2026-03-02T10:00:00Z"),
        desk.opened("late in march", "2026-02-28T22:00:00Z"),
        desk.opened("another priority", over("02-27"), priority=4),
    )
    assert counts(await tally(desk, FEBRUARY, MARCH)) == (1, 1, 2)
    assert counts(await tally(desk, MARCH, APRIL)) == (1, 1, 0)
    assert counts(await tally(desk, JANUARY, FEBRUARY)) == (0, 0, 0)
    assert counts(await tally(desk, FEBRUARY, MARCH, RESPONSE)) == (0, 5, 0)
    assert counts(await tally(desk, FEBRUARY, MARCH, SLOW)) == (0, 1, 0)


async def test_an_open_breach_counts_before_it_is_resolved_and_without_being_told(desk: Desk) -> None:
    """Also if nobody has looked at the deadline since."""
    await desk.took(desk.opened("INC1", "11:59"))
    desk.at("2026-03-01T06:00:00")
    assert counts(await tally(desk, FEBRUARY, MARCH)) == (0, 1, 0)


async def test_what_is_reopened_counts_when_it_is_decided_at_last(desk: Desk) -> None:
    desk.at("2026-03-20T00:00:00")
    await desk.took(desk.opened("INC1", over("02-27")), desk.event("INC1", "resolved", "2026-02-27T01:00:00Z"))
    before = await tally(desk, FEBRUARY, MARCH)
    assert counts(before) == (1, 0, 0)
    await desk.took(desk.event("INC1", "reopened", over("03-02")))
    assert counts(await tally(desk, FEBRUARY, MARCH)) == (0, 0, 1)
    assert counts(await tally(desk, MARCH, APRIL)) == (0, 1, 0)


async def test_a_tally_is_found_again_as_it_was_known(desk: Desk) -> None:
    desk.at("2026-03-02T00:00:00")
    await desk.took(desk.opened("INC1", over("02-27")))
    known = desk.clock.now
    before = await tally(desk, FEBRUARY, MARCH)
    desk.at("2026-03-20T00:00:00")
    await desk.took(desk.event("INC1", "resolved", "2026-02-27T01:00:00Z"))
    assert counts(before) == (0, 1, 0)
    assert counts(await tally(desk, FEBRUARY, MARCH)) == (1, 0, 0)
    again = await tally(desk, FEBRUARY, MARCH, as_of=known)
    assert (again, again.digest()) == (before, before.digest())
    assert counts(await tally(desk, FEBRUARY, MARCH, as_of=known - timedelta(microseconds=1))) == (0, 0, 0)


async def test_a_tally_is_found_again_of_what_counts_in_another_period_now(desk: Desk) -> None:
    desk.at("2026-04-01T06:00:00")
    await desk.took(desk.opened("INC1", over("02-28")), desk.event("INC1", "paused", over("02-28"), reason="user"))
    await desk.took(desk.event("INC1", "resumed", over("03-02")))
    known = desk.clock.now
    before = await tally(desk, MARCH, APRIL)
    desk.at("2026-04-02T06:00:00")
    await desk.took(desk.event("INC1", "resolved", "2026-02-28T03:00:00Z"))
    assert (counts(before), counts(await tally(desk, MARCH, APRIL))) == ((0, 1, 0), (0, 0, 0))
    assert await tally(desk, MARCH, APRIL, as_of=known) == before


async def test_the_order_in_which_it_was_told_changes_no_digest(desk: Desk) -> None:
    desk.at("2026-03-20T00:00:00")
    for number, day in enumerate(("02-03", "02-04", "02-05")):
        resolved = desk.event(f"INC{number}", "resolved", f"2026-{day}T0{number}:00:00Z")
        told = [desk.opened(f"INC{number}", over(day)), resolved]
        for event in reversed(told):
            await desk.took(event)
    found = await tally(desk, FEBRUARY, MARCH)
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
def test_whatever_differs_has_another_digest(change: CountedClock) -> None:
    usual = CountedClock(0, UUID(int=1), ClockStatus.IN_TIME, 3)
    assert IncidentCounts.from_rows([change]).digest() != IncidentCounts.from_rows([usual]).digest()
    assert IncidentCounts.from_rows([usual, change]).digest() != IncidentCounts.from_rows([usual]).digest()


async def close_periods(desk: Desk) -> None:
    """What was reviewed is stated: the next period that is due ends with March."""
    async with desk.shop.sla.begin() as work:
        agreement = await work.get(Agreement, UUID(desk.agreement["id"]), lock=True)
        agreement.review_due_at = APRIL


async def test_nothing_is_corrected_as_long_as_the_period_is_open(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "09:00"), desk.event("INC1", "resolved", "10:00"))
    await desk.took(desk.event("INC1", "reopened", "11:00"))
    assert await corrections(desk) == []


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
async def test_what_is_told_of_a_closed_period_is_noted_if_it_counts_otherwise(
    desk: Desk, known: list[tuple[str, str]], later: list[tuple[str, str]], since: datetime | None
) -> None:
    """Answered at once in every case, so that only the clock of resolution can move."""

    def events(told: list[tuple[str, str]]) -> list[dict[str, Any]]:
        made = []
        for kind, hour in told:
            at = f"2026-{hour}:00:00Z"
            made.append(desk.opened("INC1", at) if kind == "opened" else desk.event("INC1", kind, at))
            made += [desk.event("INC1", "acknowledged", at)] if kind == "opened" else []
        return made

    desk.at("2026-03-01T06:00:00")
    if known:
        await desk.took(*events(known))
    await close_periods(desk)
    desk.at("2026-03-01T07:00:00")
    await desk.took(*events(later))
    assert await corrections(desk) == ([] if since is None else [(since, MARCH)])


def test_rows_are_kept_in_one_order() -> None:
    rows = [CountedClock(at, new_id(), ClockStatus.RUNNING, None) for at in (3, 1, 2)]
    assert [row.opened_at for row in IncidentCounts.from_rows(rows).rows] == [1, 2, 3]
