"""Planned maintenance over HTTP: announced and approved, and what of it is excluded."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import MaintenanceAnnounced, MaintenanceApproved
from tests.sla.exclusions.conftest import MaintenanceClient, corrections
from tests.sla.problems import problem


async def test_announced_in_time_and_approved_by_a_second_person_it_is_excluded(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    assert planned["state"] == "announced"
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T04:00", "not_approved")]
    approved = await maintenance.step(planned, "approval", maintenance.second)
    assert (approved.status_code, approved.json()["state"]) == (201, "approved")
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T04:00", "excluded")]
    assert await corrections(sla) == []
    events = [
        event
        for event in await sla.list_emitted_events()
        if isinstance(event, MaintenanceAnnounced | MaintenanceApproved)
    ]
    assert isinstance(events[0], MaintenanceAnnounced)
    assert events[0].customer_ids == (maintenance.sla_client.customer_id,)
    assert events[0].windows[0].window_from == datetime(2026, 2, 10, 2, tzinfo=UTC)
    assert isinstance(events[1], MaintenanceApproved)
    assert events[1].customer_id is None


async def test_each_part_of_a_month_is_by_the_version_that_binds_in_it(maintenance: MaintenanceClient) -> None:
    """From 15 February on nothing is excluded for maintenance any more."""
    agreement = await maintenance.signed()
    terms = agreement["version"]["terms"] | {"starts_on": "2026-02-15", "maintenance": None}
    amended = await maintenance.sla_client.step(agreement, "amendments", {"terms": terms})
    assert amended.status_code == 201, amended.text
    await maintenance.sla_client.step(agreement, "proposals", {})
    accepted = (await maintenance.sla_client.step(agreement, "acceptances", {}, maintenance.sla_client.customer)).json()
    for headers in (maintenance.sla_client.manager, maintenance.sla_client.customer):
        await maintenance.sla_client.step(
            agreement, "signatures", {"terms_sha256": accepted["version"]["terms_sha256"]}, headers
        )
    planned = await maintenance.announce(("14T22:00", "15T01:00"), ("20T02:00", "20T03:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    assert await maintenance.list_outcomes(agreement) == [
        ("14T22:00", "14T23:00", "excluded"),
        ("14T23:00", "15T01:00", "not_agreed"),
        ("20T02:00", "20T03:00", "not_agreed"),
    ]


async def test_before_anything_is_promised_nothing_is_excluded(maintenance: MaintenanceClient) -> None:
    agreement = (await maintenance.sla_client.draft()).json()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    assert await maintenance.list_outcomes(agreement) == []


async def test_somebody_else_has_to_approve(maintenance: MaintenanceClient) -> None:
    await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    own = await maintenance.step(planned, "approval", maintenance.sla_client.manager)
    assert problem(own) == (409, "own-maintenance-approved")
    await maintenance.step(planned, "approval", maintenance.second)
    again = await maintenance.step(planned, "approval", maintenance.sla_client.headers("manager", subject="third"))
    assert problem(again) == (409, "maintenance-already-decided")


async def test_maintenance_announced_late_is_not_excluded(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("05T02:00", "05T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    assert await maintenance.list_outcomes(agreement) == [("05T02:00", "05T04:00", "short_notice")]


async def test_where_the_customer_has_to_approve_only_its_approval_is_enough(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed(maintenance={"notice": "PT24H", "approved_by_customer": True})
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T04:00", "not_approved")]
    answer = await maintenance.step(planned, "approval", maintenance.sla_client.customer)
    decisions = answer.json()["announcements"][0]["decisions"]
    assert [(decision["side"], decision["approved"]) for decision in decisions] == [
        ("provider", True),
        ("customer", True),
    ]
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T04:00", "excluded")]


async def test_a_customers_refusal_concerns_only_its_own_agreements(maintenance: MaintenanceClient) -> None:
    policy = {"notice": "PT24H", "approved_by_customer": True}
    agreement = await maintenance.signed(maintenance=policy)
    wide = await maintenance.announce(("10T02:00", "10T04:00"))
    refused = await maintenance.step(wide, "refusal", maintenance.sla_client.customer, reason="Inventory week")
    assert refused.json()["state"] == "announced"
    narrow = await maintenance.announce(("11T02:00", "11T04:00"), affects={"agreement_ids": [agreement["id"]]})
    refused = await maintenance.step(narrow, "refusal", maintenance.sla_client.customer, reason="Inventory week")
    assert refused.json()["state"] == "announced"
    approved = await maintenance.step(narrow, "approval", maintenance.second)
    assert approved.json()["state"] == "approved"
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == ["refused", "refused"]


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"windows": []}, "invalid", "windows"),
        ({"windows": [{"from": "2026-02-10T02:00:30Z", "to": "2026-02-10T04:00:00Z"}]}, "invalid", "windows.0.from"),
        ({"windows": [{"from": "2026-02-10T02:00:00Z", "to": "2026-02-10T02:00:00Z"}]}, "invalid", "windows.0.to"),
        ({"windows": [{"from": "2026-02-01T02:00:00Z", "to": "2026-02-01T04:00:00Z"}]}, "window-over", "windows"),
        ({"affects": {}}, "invalid", "affects.service_ids"),
        ({"affects": {"service_ids": [str(new_id())]}}, "maintenance-target-unknown", "affects"),
        ({"affects": {"agreement_ids": [str(new_id())]}}, "maintenance-target-unknown", "affects"),
        ({"title": " "}, "invalid", "title"),
        ({"reason": "\x00"}, "invalid", "reason"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(
    maintenance: MaintenanceClient, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await maintenance.announced(("10T02:00", "10T04:00"), **changes)
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == field


async def test_notice_may_be_asked_for_in_business_days(maintenance: MaintenanceClient) -> None:
    """Now is Tuesday the 3rd: Wednesday, Thursday and Friday lie between it and Saturday, and Sunday."""
    office = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
    hours = {"timezone": "Europe/Paris", "hours": office, "closures": [{"from": "2026-02-05"}]}
    policy = {"notice": "PT0S", "notice_business_days": 3}
    agreement = await maintenance.signed(service_hours=hours, maintenance=policy)
    planned = await maintenance.announce(("07T09:00", "07T10:00"), ("09T09:00", "09T10:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == ["short_notice", "excluded"]
