"""Incidents over HTTP: what they are bound by, whom they are shown, and how their clocks are explained."""

from typing import Any

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import IncidentReporter, incident_terms, start_reporter
from tests.sla.problems import problem


async def test_an_incident_is_bound_by_what_was_in_force_when_it_opened(reporter: IncidentReporter) -> None:
    """The agreement began on 15 January."""
    early = await reporter.report(reporter.opening("INC1", "2026-01-14T23:59:00Z"))
    bound = await reporter.report(reporter.opening("INC2", "2026-01-15T00:00:00Z"))
    assert await reporter.clocks(early) == {}
    assert {clock["agreement_version"] for clock in (await reporter.clocks(bound)).values()} == {1}
    without_sla = await reporter.read("/incidents", has_sla="false")
    assert [item["id"] for item in without_sla["items"]] == [early]
    assert [item["id"] for item in (await reporter.read("/incidents", has_sla="true"))["items"]] == [bound]


async def test_an_opening_that_moves_may_bind_other_agreements(reporter: IncidentReporter) -> None:
    incident = await reporter.report(reporter.opening("INC1", "2026-01-15T00:00:00Z"))
    assert await reporter.clocks(incident)
    await reporter.report(reporter.opening("INC1", "2026-01-14T12:00:00Z"))
    assert await reporter.clocks(incident) == {}


async def test_an_incident_of_the_service_is_bound_by_all_its_offerings(reporter: IncidentReporter) -> None:
    subject: dict[str, Any] = {"offering_id": None, "service_id": str(reporter.sla_client.service_id)}
    incident = await reporter.report(reporter.opening("INC1", "09:00", **subject))
    assert {clock["agreement_id"] for clock in (await reporter.clocks(incident)).values()} == {reporter.agreement["id"]}


async def test_lists_are_filtered_and_paged(reporter: IncidentReporter) -> None:
    await reporter.report(*(reporter.opening(f"INC{number}", "09:00", 1 + number % 2) for number in range(5)))
    await reporter.report(reporter.event("INC0", "resolved", "09:30"))
    names, cursor = [], None
    while True:
        page = await reporter.read("/incidents", limit=2, **({"cursor": cursor} if cursor else {}))
        names += [item["external_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(names) == [f"INC{number}" for number in range(5)]
    for conditions, count in (
        ({"priority": 1}, 3),
        ({"state": "resolved"}, 1),
        ({"source": "desk", "external_id": "INC3"}, 1),
        ({"source": "other"}, 0),
        ({"agreement_id": reporter.agreement["id"]}, 5),
        ({"agreement_id": str(new_id())}, 0),
        ({"customer_id": str(reporter.sla_client.customer_id), "service_id": str(reporter.sla_client.service_id)}, 5),
        ({"offering_id": str(new_id())}, 0),
    ):
        assert len((await reporter.read("/incidents", **conditions))["items"]) == count, conditions
    refused = await reporter.sla_client.sla.client.get(
        "/incidents", params={"priority": 9**20}, headers=reporter.sla_client.manager
    )
    assert refused.status_code == 422


async def test_a_list_costs_the_same_however_long_it_is(reporter: IncidentReporter) -> None:
    query_counts = []
    for number in range(2):
        await reporter.report(*(reporter.opening(f"INC{number}-{more}", "09:00") for more in range(10)))
        with reporter.sla_client.sla.record_queries() as queries:
            await reporter.read("/incidents")
        query_counts.append(len(queries))
    assert query_counts[0] == query_counts[1] == 2


async def test_a_customer_sees_its_own_incidents_only(reporter: IncidentReporter) -> None:
    sla_client = reporter.sla_client
    incident = await reporter.report(reporter.opening("INC1", "09:00"))
    waiting = await reporter.report(reporter.event("INC2", "resolved", "09:00"))
    other_customer = sla_client.headers("customer", new_id())
    assert [item["id"] for item in (await reporter.read("/incidents", sla_client.customer))["items"]] == [incident]
    assert (await reporter.read("/incidents", other_customer))["items"] == []
    for path in (f"/incidents/{incident}", f"/incidents/{incident}/clocks/response/timeline"):
        assert (await sla_client.sla.client.get(path, headers=sla_client.customer)).status_code == 200
        assert (await sla_client.sla.client.get(path, headers=other_customer)).status_code == 404
    assert (await sla_client.sla.client.get(f"/incidents/{waiting}", headers=sla_client.customer)).status_code == 404
    log = await sla_client.sla.client.get(f"/incidents/{incident}/events", headers=sla_client.customer)
    assert log.status_code == 403  # it names who works on it


async def test_a_timeline_explains_every_second_in_the_zone_of_the_hours(
    sla_client: SlaClient, clock: FakeClock
) -> None:
    office = {"timezone": "Europe/Paris", "hours": {"tue": [["08:00", "18:00"]]}}
    reporter = await start_reporter(sla_client, clock, incident_terms(service_hours=office))
    incident = await reporter.report(
        reporter.opening("INC1", "06:00"),
        reporter.event("INC1", "paused", "08:00", reason="awaiting user"),
        reporter.event("INC1", "resumed", "09:00"),
    )
    (resolution,) = await reporter.read(f"/incidents/{incident}/clocks/resolution/timeline")
    assert (resolution["elapsed"], resolution["remaining"]) == ("PT4H", "PT0S")
    assert resolution["opened_at"] == resolution["counted_from"] == "2026-02-03T07:00:00+01:00"
    assert [(segment["class"], segment["from"][11:]) for segment in resolution["timeline"]] == [
        ("outside_hours", "07:00:00+01:00"),
        ("counted", "08:00:00+01:00"),
        ("paused", "09:00:00+01:00"),
        ("counted", "10:00:00+01:00"),
    ]
    assert resolution["clock"]["verdict"] == "running"
    (response,) = await reporter.read(f"/incidents/{incident}/clocks/response/timeline")
    assert (response["clock"]["breached_at"], response["remaining"]) == ("2026-02-03T07:30:00Z", "-PT4H30M")
    wrong = await sla_client.sla.client.get(f"/incidents/{incident}/clocks/lunch/timeline", headers=sla_client.manager)
    assert wrong.status_code == 422


async def test_a_clock_that_runs_too_long_has_no_timeline(sla_client: SlaClient, clock: FakeClock) -> None:
    reporter = await start_reporter(sla_client, clock, incident_terms(starts_on="1990-01-01"))
    incident = await reporter.report(reporter.opening("INC1", "1990-01-01T00:00:00Z"))
    path = f"/incidents/{incident}/clocks/resolution/timeline"
    answer = await sla_client.sla.client.get(path, headers=sla_client.manager)
    assert answer.status_code == 200
    always = {
        day: [[f"{hour:02}:00", f"{hour:02}:30"] for hour in range(0, 24, 3)]
        for day in ("mon", "tue", "wed", "thu", "fri")
    }
    cut = await start_reporter(
        sla_client, clock, incident_terms(starts_on="1990-01-01", service_hours={"timezone": "UTC", "hours": always})
    )
    incident = await cut.report(cut.opening("INC2", "1990-01-01T00:00:00Z"))
    refused = await sla_client.sla.client.get(
        f"/incidents/{incident}/clocks/resolution/timeline", headers=sla_client.manager
    )
    assert problem(refused) == (422, "clock-runs-too-long")
