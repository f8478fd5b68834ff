"""The points of a measure: whole days, weeks and months of a zone, from minutes and from incidents."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.hours.time_zones import start_of_day, to_local_date
from sla.improvements.effect.granularity import Granularity
from sla.improvements.effect.regression import SeriesPoint
from sla.improvements.measure_series import load_points
from sla.improvements.registration import IncidentMeasure, IndicatorMeasure
from sla.incidents.history import IncidentState
from sla.incidents.model import Incident
from tests.sla.conftest import SlaClient
from tests.sla.improvements.conftest import Lay, days

UTC_ZONE, PARIS = ZoneInfo("UTC"), ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("granularity", Granularity)
@given(day=st.dates(date(1900, 1, 8), date(2199, 12, 1)))
def test_every_day_lies_in_the_period_that_counts_it(granularity: Granularity, day: date) -> None:
    number = granularity.period_of(day)
    assert granularity.first_day(number) <= day < granularity.first_day(number + 1)
    assert granularity.period_of(granularity.first_day(number)) == number


def test_weeks_begin_on_mondays() -> None:
    assert Granularity.WEEK.first_day(Granularity.WEEK.period_of(date(2026, 2, 3))) == date(2026, 2, 2)


def test_days_begin_at_midnight_of_their_zone_across_a_change_of_time() -> None:
    assert start_of_day(date(2026, 3, 29), PARIS) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert start_of_day(date(2026, 3, 30), PARIS) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert to_local_date(datetime(2026, 3, 29, 22, tzinfo=UTC), PARIS) == date(2026, 3, 30)


async def read(
    sla: ServiceUnderTest, measure: Any, granularity: Granularity, first: date, last: date, zone: ZoneInfo = UTC_ZONE
) -> list[SeriesPoint]:
    async with sla.begin() as work:
        return await load_points(
            work, measure, granularity, zone, granularity.period_of(first), granularity.period_of(last)
        )


@pytest.fixture
def availability(sla_client: SlaClient) -> IndicatorMeasure:
    return IndicatorMeasure(kind="indicator", indicator_id=sla_client.indicator_id)


async def test_days_are_attained_by_their_minutes(
    sla: ServiceUnderTest, sla_client: SlaClient, lay: Lay, availability: IndicatorMeasure
) -> None:
    await lay(sla_client.indicator_id, {date(2026, 1, 1): 0, date(2026, 1, 2): 144, date(2026, 1, 4): 1440})
    points = await read(sla, availability, Granularity.DAY, date(2025, 12, 31), date(2026, 1, 5))
    assert [(Granularity.DAY.first_day(point.period), point.value) for point in points] == [
        (date(2026, 1, 1), 100.0),
        (date(2026, 1, 2), 90.0),
        (date(2026, 1, 4), 0.0),
    ]


async def test_a_month_is_the_mean_of_its_minutes_not_of_its_days(
    sla: ServiceUnderTest, sla_client: SlaClient, lay: Lay, availability: IndicatorMeasure
) -> None:
    await lay(sla_client.indicator_id, days(date(2026, 1, 30), [0, 1440, 720]))
    points = await read(sla, availability, Granularity.MONTH, date(2026, 1, 1), date(2026, 2, 1))
    assert [point.value for point in points] == [50.0, 50.0]


async def test_days_of_a_zone_are_cut_at_its_midnights(
    sla: ServiceUnderTest, sla_client: SlaClient, lay: Lay, availability: IndicatorMeasure
) -> None:
    """The first hour of the 2nd in UTC is the second one of that day in Paris; the 1st has lost its last hour."""
    await lay(sla_client.indicator_id, {date(2026, 1, 1): 0, date(2026, 1, 2): 60})
    points = await read(sla, availability, Granularity.DAY, date(2026, 1, 2), date(2026, 1, 2), PARIS)
    assert [point.value for point in points] == [pytest.approx(100 * (1 - 60 / 1440))]


async def test_more_than_a_year_is_read_in_portions(
    sla: ServiceUnderTest, sla_client: SlaClient, lay: Lay, availability: IndicatorMeasure
) -> None:
    bad_minutes = {date(2024, 1, 1) + timedelta(days=200 * number): 144 * number for number in range(6)}
    await lay(sla_client.indicator_id, bad_minutes)
    points = await read(sla, availability, Granularity.DAY, min(bad_minutes), max(bad_minutes))
    assert [point.value for point in points] == [100.0, 90.0, 80.0, 70.0, 60.0, 50.0]


async def test_events_are_counted_where_that_is_measured(
    sla: ServiceUnderTest, sla_client: SlaClient, lay: Lay
) -> None:
    await lay(sla_client.indicator_id, {date(2026, 1, 1): 720})
    measure = IndicatorMeasure(kind="indicator", indicator_id=sla_client.indicator_id, unit="events")
    assert [point.value for point in await read(sla, measure, Granularity.DAY, date(2026, 1, 1), date(2026, 1, 1))] == [
        50.0
    ]


async def incident(
    sla: ServiceUnderTest, customer_id: UUID, opened_at: datetime, hours: float | None, **changes: Any
) -> None:
    resolved_at = opened_at + timedelta(hours=hours) if hours is not None else None
    usual = {
        "source": "desk",
        "external_id": new_id().hex,
        "customer_id": customer_id,
        "service_id": new_id(),
        "state": IncidentState.RESOLVED if resolved_at else IncidentState.OPEN,
        "title": "it is slow",
        "priority": 2,
        "assignee": "",
        "opened_at": opened_at,
        "resolved_at": resolved_at,
        "reopen_count": 0,
        "opening_reported_at": opened_at,
        "last_reported_at": opened_at,
    }
    async with sla.begin() as work:
        work.add(Incident(**usual | changes))


async def test_incidents_are_counted_by_the_day_they_were_opened(sla: ServiceUnderTest, sla_client: SlaClient) -> None:
    service = new_id()
    for day, changes in ((1, {}), (1, {"priority": 1}), (3, {"service_id": service}), (9, {})):
        await incident(sla, sla_client.customer_id, datetime(2026, 1, day, 12, tzinfo=UTC), None, **changes)
    await incident(sla, new_id(), datetime(2026, 1, 1, tzinfo=UTC), None)

    async def counts(**narrowed: Any) -> list[float]:
        measure = IncidentMeasure(kind="incidents", customer_id=sla_client.customer_id, **narrowed)
        return [point.value for point in await read(sla, measure, Granularity.DAY, date(2026, 1, 1), date(2026, 1, 3))]

    assert await counts() == [2, 0, 1]
    assert await counts(priorities=(1,)) == [1, 0, 0]
    assert await counts(service_id=service) == [0, 0, 1]


async def test_the_time_to_resolve_is_a_mean_of_the_day_they_were_resolved(
    sla: ServiceUnderTest, sla_client: SlaClient
) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for hours in (2, 4, 24, None):
        await incident(sla, sla_client.customer_id, noon, hours)
    measure = IncidentMeasure(kind="incidents", quantity="hours_to_resolve")
    points = await read(sla, measure, Granularity.DAY, date(2026, 1, 1), date(2026, 1, 3))
    assert [point.value for point in points] == [3.0, 24.0]
