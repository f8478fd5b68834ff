"""Incidents that are moved: the clocks of each agreement apply while the incident is with it."""

import random
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from published.sla import IncidentBreached, IncidentBreachWithdrawn, IncidentMoved
from tests.sla.conftest import offering, register
from tests.sla.incidents.reporter import OBJECTIVES, RESPONSE, IncidentReporter, incident_terms

Clocks = set[tuple[str, str, str]]


@pytest.fixture
async def other_customer(reporter: IncidentReporter) -> str:
    return str(await register(reporter.sla_client.sla, "Other Ltd"))


@pytest.fixture
async def other_agreement(reporter: IncidentReporter) -> dict[str, Any]:
    """Another agreement of the customer, on another service, with an hour for the solution."""
    sla_client, offering_id = reporter.sla_client, new_id()
    await sla_client.sla.receive(offering(new_id(), offering_id))
    hour = OBJECTIVES[1] | {"id": str(new_id()), "name": "Solved in an hour", "within": "PT1H"}
    return await sign(reporter, offering_id, incident_terms(objectives=[hour]))


async def sign(reporter: IncidentReporter, offering_id: UUID, terms: dict[str, Any]) -> dict[str, Any]:
    sla_client, now = reporter.sla_client, reporter.clock.now
    reporter.set_time("2026-01-10T12:00:00")
    body = {
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(offering_id),
        "terms": sla_client.terms(**terms),
    }
    agreement: dict[str, Any] = (
        await sla_client.sla.client.post("/agreements", json=body, headers=sla_client.manager)
    ).json()
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(agreement, "signatures", signature)
    signed: dict[str, Any] = (await sla_client.step(agreement, "signatures", signature, sla_client.customer)).json()
    reporter.clock.now = now
    return signed


def move(reporter: IncidentReporter, at: str, agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    place = {"customer_id": agreement["customer_id"], "offering_id": agreement["offering_id"]}
    return reporter.event("INC1", "moved", at, **place | changes)


async def clocks(reporter: IncidentReporter, incident: str) -> Clocks:
    """By agreement, objective and verdict."""
    read = (await reporter.read(f"/incidents/{incident}"))["clocks"]
    return {(clock["agreement_id"], clock["objective_name"], clock["verdict"]) for clock in read}


async def test_a_move_releases_the_clocks_of_one_agreement_and_starts_those_of_another_at_the_opening(
    reporter: IncidentReporter, other_agreement: dict[str, Any]
) -> None:
    opening, answer = reporter.opening("INC1", "11:30"), reporter.event("INC1", "acknowledged", "11:40")

    incident = await reporter.report(opening, answer, move(reporter, "11:50", other_agreement))

    read = await reporter.read(f"/incidents/{incident}")
    assert read["offering_id"] == other_agreement["offering_id"]
    assert await clocks(reporter, incident) == {
        (reporter.agreement["id"], "Answered", "in_time"),
        (reporter.agreement["id"], "Pressing ones solved", "released"),
        (other_agreement["id"], "Solved in an hour", "running"),
    }
    (running,) = [clock for clock in read["clocks"] if clock["verdict"] == "running"]
    assert running["due_at"] == "2026-02-03T12:30:00Z"


async def test_a_move_after_the_deadline_is_a_breach_at_the_move(
    reporter: IncidentReporter, other_agreement: dict[str, Any]
) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"), reporter.event("INC1", "acknowledged", "09:10"))

    await reporter.report(move(reporter, "11:00", other_agreement))

    (moved,) = await reporter.emitted(IncidentMoved)
    assert (str(moved.offering_id), f"{moved.moved_at:%H:%M}") == (other_agreement["offering_id"], "11:00")
    (breach,) = await reporter.emitted(IncidentBreached)
    assert (str(breach.agreement_id), f"{breach.breached_at:%H:%M}") == (other_agreement["id"], "11:00")


async def test_a_move_back_to_the_opening_withdraws_the_breaches_of_the_agreement_that_never_applied(
    reporter: IncidentReporter, other_customer: str
) -> None:
    incident = await reporter.report(reporter.opening("INC1", "06:00"))
    assert len(await reporter.emitted(IncidentBreached)) == 2

    await reporter.report(move(reporter, "05:00", reporter.agreement, customer_id=other_customer))

    assert await clocks(reporter, incident) == set()
    withdrawn = await reporter.emitted(IncidentBreachWithdrawn)
    assert [str(event.customer_id) for event in withdrawn] == [reporter.agreement["customer_id"]] * 2


async def test_what_is_reported_beside_a_corrected_incident_changes_none_of_its_clocks(
    reporter: IncidentReporter, other_customer: str
) -> None:
    """It was acknowledged as it opened, by the log before the move that corrects whom it concerns."""
    elsewhere = {"customer_id": other_customer, "offering_id": reporter.agreement["offering_id"]}
    corrected = [
        reporter.event("INC1", "acknowledged", "07:00"),
        reporter.opening("INC1", "08:00", **elsewhere),
        move(reporter, "07:30", reporter.agreement),
    ]
    moved = [reporter.opening("INC2", "08:00"), reporter.event("INC2", "moved", "08:30", **elsewhere)]

    for source, events in (("alone", [corrected]), ("beside", [corrected + moved]), ("between", [moved, corrected])):
        answers = [await reporter.post(*some, source=source) for some in events]
        incidents = {each["incident"]: each["id"] for answer in answers for each in answer.json()["incidents"]}

        assert await clocks(reporter, incidents["INC1"]) == {
            (reporter.agreement["id"], "Answered", "in_time"),
            (reporter.agreement["id"], "Pressing ones solved", "running"),
        }


async def test_a_breach_before_the_move_stays(reporter: IncidentReporter, other_customer: str) -> None:
    incident = await reporter.report(reporter.opening("INC1", "06:00"))

    await reporter.report(move(reporter, "11:00", reporter.agreement, customer_id=other_customer))

    assert {verdict for _, _, verdict in await clocks(reporter, incident)} == {"late"}
    assert await reporter.emitted(IncidentBreachWithdrawn) == []
    answer = await reporter.sla_client.sla.client.get(f"/incidents/{incident}", headers=reporter.sla_client.customer)
    assert answer.status_code == 404


async def test_the_order_in_which_moves_are_reported_changes_nothing(
    reporter: IncidentReporter, other_agreement: dict[str, Any], other_customer: str
) -> None:
    events = [
        reporter.opening("INC1", "08:00"),
        move(reporter, "08:20", other_agreement),
        move(reporter, "08:40", reporter.agreement, customer_id=other_customer),
        move(reporter, "09:10", other_agreement),
        move(reporter, "09:40", reporter.agreement),
        reporter.event("INC1", "acknowledged", "09:50"),
        reporter.event("INC1", "resolved", "11:00"),
    ]
    results = []
    for seed in range(4):
        shuffled = random.Random(seed).sample(events, len(events)) if seed else events
        for event in shuffled:
            answer = await reporter.post(event, source=f"desk {seed}")
            assert answer.status_code == 202, answer.text
        results.append(await clocks(reporter, answer.json()["incidents"][0]["id"]))

    assert results == [results[0]] * 4
    assert results[0] == {
        (reporter.agreement["id"], "Answered", "late"),  # due at 08:30, when it was elsewhere: late when it came back
        (reporter.agreement["id"], "Pressing ones solved", "in_time"),
        (other_agreement["id"], "Solved in an hour", "late"),  # due at 09:00, when it was elsewhere
    }
    (answered,) = [
        clock
        for clock in (await reporter.read(f"/incidents/{answer.json()['incidents'][0]['id']}"))["clocks"]
        if clock["objective_id"] == RESPONSE
    ]
    assert answered["breached_at"] == "2026-02-03T09:40:00Z"


async def test_a_move_names_what_is_known_and_a_second_opening_still_names_the_first_subject(
    reporter: IncidentReporter, other_agreement: dict[str, Any]
) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"), move(reporter, "09:10", other_agreement))

    unknown = await reporter.post(move(reporter, "09:20", other_agreement, customer_id=str(new_id())))
    both = await reporter.post(move(reporter, "09:20", other_agreement, service_id=str(new_id())))
    same = await reporter.post(reporter.opening("INC1", "08:50"))
    elsewhere = await reporter.post(reporter.opening("INC1", "08:40", offering_id=other_agreement["offering_id"]))

    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (422, "incident-customer-unknown")
    assert both.status_code == 422
    assert same.status_code == 202
    assert (elsewhere.status_code, elsewhere.json()["type"].rpartition("/")[2]) == (409, "incident-subject-mismatch")
