"""Incidents start and end as their alerts do, whatever was reported of those, in whatever order."""

import runpy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from sla.alerts.model import MAX_REPORTS, AlertFiring
from sla.alerts.reports import fold_reports, group_reports, latest_end, with_report
from tests.sla.alerts.conftest import NOON, AlertClient, alert, at

Report = tuple[int, int | None]
"""The minutes in which it starts and ends; null as long as it fires."""

pytestmark = pytest.mark.usefixtures("agreement")

reports = st.tuples(st.integers(0, 8), st.none() | st.integers(0, 4)).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)


async def push(alerts: AlertClient, fingerprint: str, *reports: Report, **changes: Any) -> None:
    for start, end in reports:
        answer = await alerts.push(alert(start, end) | {"fingerprint": fingerprint} | changes)
        assert answer.status_code == 200, answer.text


async def list_firings(alerts: AlertClient, fingerprint: str) -> list[tuple[str, str | None]]:
    firings = await alerts.firings(fingerprint=fingerprint, limit=200)
    return sorted((firing["starts_at"], firing["ends_at"]) for firing in firings)


async def list_incidents(alerts: AlertClient, fingerprint: str) -> list[tuple[str, str | None]]:
    """List the starts and ends of the incidents of an alert that stand."""
    firings = await alerts.firings(fingerprint=fingerprint, limit=200)
    incidents = [await alerts.get(f"/incidents/{key}") for firing in firings for key in firing["incident_ids"]]
    assert {incident["state"] for incident in incidents} <= {"open", "resolved"}
    assert {incident["reopen_count"] for incident in incidents} <= {0}
    return sorted((incident["opened_at"], incident["resolved_at"]) for incident in incidents)


async def read_both(alerts: AlertClient, fingerprint: str) -> list[tuple[str, str | None]]:
    """Return the starts and ends of an alert, which are those of its incidents."""
    firings = await list_firings(alerts, fingerprint)
    assert await list_incidents(alerts, fingerprint) == firings
    return firings


def instant(minutes: float) -> str:
    return at(minutes).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("ends", [(30, 40), (40, 30)])
async def test_the_latest_of_two_ends_is_that_of_alert_and_incident(alerts: AlertClient, ends: tuple[int, int]) -> None:
    await push(alerts, "aa", (0, None), *((0, end) for end in ends))
    assert await read_both(alerts, "aa") == [(instant(0), instant(40))]


@pytest.mark.parametrize("starts", [(0, 5), (5, 0)])
async def test_the_earliest_of_two_starts_is_that_of_alert_and_incident(
    alerts: AlertClient, starts: tuple[int, int]
) -> None:
    await push(alerts, "aa", *((start, None) for start in starts))
    assert await read_both(alerts, "aa") == [(instant(0), None)]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_any_order_of_any_reports_comes_to_the_same(alerts: AlertClient, data: st.DataObject) -> None:
    first = data.draw(st.lists(reports, min_size=1, max_size=5), "reports")
    second = data.draw(st.permutations(first), "another order")
    results = []
    for order in (first, second):
        fingerprint = new_id().hex
        await push(alerts, fingerprint, *order)
        results.append(await read_both(alerts, fingerprint))
        await push(alerts, fingerprint, *order)  # again
        results.append(await read_both(alerts, fingerprint))
    assert results == [results[0]] * 4, (first, second)


async def test_two_firings_that_a_later_report_joins_are_one_incident(alerts: AlertClient) -> None:
    await push(alerts, "aa", (0, 10), (20, 30))
    assert len(await read_both(alerts, "aa")) == 2
    await push(alerts, "aa", (5, None))
    joined = await read_both(alerts, "aa")
    await push(alerts, "aa", (5, 25))
    assert (joined, await read_both(alerts, "aa")) == (
        [(instant(0), instant(10)), (instant(20), instant(30))],
        [(instant(0), instant(30))],
    )
    incidents = (await alerts.get("/incidents", source="alertmanager"))["items"]
    assert sorted(incident["state"] for incident in incidents) == ["cancelled", "resolved"]


async def test_a_start_without_an_end_ends_with_the_first_firing_that_ends_after_it(alerts: AlertClient) -> None:
    await push(alerts, "aa", (20, None), (30, 40), (0, 10))
    assert await read_both(alerts, "aa") == [(instant(0), instant(10)), (instant(20), instant(40))]
    await push(alerts, "aa", (9, 25))
    assert await read_both(alerts, "aa") == [(instant(0), instant(25)), (instant(30), instant(40))]


async def test_an_alert_that_fires_again_with_its_start_is_seen_at_once(alerts: AlertClient, clock: FakeClock) -> None:
    await push(alerts, "aa", (0, None), (0, 30))
    clock.now += timedelta(minutes=4)
    await push(alerts, "aa", (0, None))  # an Alertmanager that has not heard of the end
    assert await read_both(alerts, "aa") == [(instant(0), instant(30))]

    clock.now += timedelta(minutes=2)
    await push(alerts, "aa", (0, None))
    assert await read_both(alerts, "aa") == [(instant(0), None)]
    await push(alerts, "aa", (0, 64), (0, 30))
    assert await read_both(alerts, "aa") == [(instant(0), instant(64))]


@pytest.mark.parametrize("repeated_end", [30, 25])
async def test_an_alert_is_over_again_when_its_end_is_repeated_after_an_old_report_that_it_fires(
    alerts: AlertClient, clock: FakeClock, repeated_end: int
) -> None:
    """A sender that was cut off reports that it fires, which is over, and then the end that is known."""
    await push(alerts, "aa", (0, None), (0, 25), (0, 30))
    clock.now += timedelta(hours=1)
    await push(alerts, "aa", (0, None))
    assert await read_both(alerts, "aa") == [(instant(0), None)]
    clock.now += timedelta(minutes=1)
    await push(alerts, "aa", (0, repeated_end))
    assert await read_both(alerts, "aa") == [(instant(0), instant(30))]

    clock.now += timedelta(minutes=6)
    await push(alerts, "aa", (0, None))
    assert await read_both(alerts, "aa") == [(instant(0), None)]
    await push(alerts, "aa", (0, 130))
    assert await read_both(alerts, "aa") == [(instant(0), instant(130))]


async def test_the_first_report_that_an_alert_fires_is_no_news_once_its_end_is_known(
    alerts: AlertClient, clock: FakeClock
) -> None:
    await push(alerts, "aa", (0, 30))
    clock.now += timedelta(hours=5)
    await push(alerts, "aa", (0, None))
    assert await read_both(alerts, "aa") == [(instant(0), instant(30))]
    clock.now += timedelta(hours=5)
    await push(alerts, "aa", (0, None))  # its sender repeats it: it fires
    assert await read_both(alerts, "aa") == [(instant(0), None)]


@pytest.mark.parametrize(("fires_until", "end"), [(20, 30), (30, 30), (119, 30), (130, None)])
async def test_a_report_that_says_until_when_an_alert_fires_is_news_only_before_that(
    alerts: AlertClient, clock: FakeClock, fires_until: int, end: int | None
) -> None:
    await push(alerts, "aa", (0, None), (0, 30))
    clock.now += timedelta(hours=1)
    await push(alerts, "aa", (0, None), endsAt=at(fires_until).isoformat())
    assert await read_both(alerts, "aa") == [(instant(0), end and instant(end))]


async def test_an_alert_that_a_person_ended_does_not_fire_again(alerts: AlertClient, clock: FakeClock) -> None:
    await push(alerts, "aa", (0, None))
    (firing,) = await alerts.firings()
    body = {"ended_at": instant(20), "reason": "The notification was lost."}
    headers = alerts.headers("manager") | {"If-Match": f'"{firing["version"]}"'}
    path = f"/alerts/{firing['id']}/end"
    assert (await alerts.sla_client.sla.client.post(path, json=body, headers=headers)).status_code == 200
    clock.now += timedelta(hours=1)
    await push(alerts, "aa", (0, None), (-1, None), (0, 40), (5, 50))
    assert await read_both(alerts, "aa") == [(instant(-1), instant(20))]
    await push(alerts, "aa", (30, None))
    assert await read_both(alerts, "aa") == [(instant(-1), instant(20)), (instant(30), None)]


async def test_an_incident_follows_its_alert_when_the_agreement_is_over(alerts: AlertClient, clock: FakeClock) -> None:
    await push(alerts, "aa", (0, None))
    clock.now = datetime(2036, 2, 3, 12, tzinfo=UTC)
    end = {"endsAt": "2036-02-03T11:00:00Z", "status": "resolved"}
    await push(alerts, "aa", (0, None), **end)
    assert await read_both(alerts, "aa") == [(instant(0), "2036-02-03T11:00:00Z")]


async def test_a_sender_that_invents_starts_makes_one_firing_of_bounded_size(alerts: AlertClient) -> None:
    documents = [alert(number / 10, fingerprint="aa") for number in range(MAX_REPORTS + 20)]
    assert (await alerts.push(*documents)).status_code == 200
    assert (
        await alerts.push(*(document | {"startsAt": instant(2.55)} for document in documents[:1]))
    ).status_code == 200
    assert await read_both(alerts, "aa") == [(instant(0), None)]
    await push(alerts, "aa", (3, 30))
    assert await read_both(alerts, "aa") == [(instant(0), instant(30))]
    async with alerts.sla_client.sla.begin() as work:
        counts = await work.session.scalars(select(AlertFiring).where(AlertFiring.fingerprint == "aa"))
        assert [len(firing.reports) for firing in counts] == [MAX_REPORTS]


async def test_a_firing_that_the_version_before_recorded_goes_on(alerts: AlertClient) -> None:
    """Its incident is named after its first start; that version recorded neither reports nor incidents."""
    await push(alerts, "aa", (0, None), (-1, None))
    await push(alerts, "bb", (0, None), (0, 10))
    before = await read_both(alerts, "aa"), await read_both(alerts, "bb")
    migration = runpy.run_path("services/sla/migrations/versions/0021_alert_reports.py")
    async with alerts.sla_client.sla.begin() as work:
        await work.session.execute(text("UPDATE sla.alert_firings SET reports = '{}', incident_ids = '[]'"))
        await work.session.execute(text(migration["INCIDENTS_OF_FIRINGS"]))
    assert (await read_both(alerts, "aa"), await read_both(alerts, "bb")) == before
    await push(alerts, "aa", (-1, 40))
    await push(alerts, "bb", (0, 20))
    assert await read_both(alerts, "aa") == [(instant(-1), instant(40))]
    assert await read_both(alerts, "bb") == [(instant(0), instant(20))]


instants = st.integers(0, 30).map(lambda minutes: NOON + timedelta(minutes=minutes))
reported_ends = st.dictionaries(instants, st.none() | instants, max_size=12).map(
    lambda ends: {start: end and max(start, end) for start, end in ends.items()}
)


@given(reported_ends)
def test_firings_are_apart_and_hold_each_report_once(ends: dict[datetime, datetime | None]) -> None:
    groups = group_reports(ends)
    assert {start: end for group in groups for start, end in group.items()} == ends
    assert sum(map(len, groups)) == len(ends)
    spans = [(min(group), latest_end(group.values())) for group in groups]
    for (_, end), (start, _) in pairwise(spans):
        assert end is not None
        assert end <= start


@given(reported_ends, st.integers(2, 5), st.data())
def test_folded_reports_last_as_long(ends: dict[datetime, datetime | None], limit: int, data: st.DataObject) -> None:
    for group in group_reports(ends):
        kept = data.draw(st.sampled_from(sorted(group)))
        folded = fold_reports(group, kept, limit)
        assert len(folded) <= limit
        assert kept in folded
        assert (min(folded), latest_end(folded.values())) == (min(group), latest_end(group.values()))
        assert len(group_reports(folded)) == 1


@given(reported_ends, instants, st.none() | instants)
def test_a_report_is_merged_once(ends: dict[datetime, datetime | None], start: datetime, end: datetime | None) -> None:
    merged = with_report(ends, start, end)
    assert with_report(merged, start, end) == merged
    assert with_report(merged, start, None) == merged
