"""Later terms change nothing for a clock that has started, and an agreement that is over binds nothing new."""

from typing import Any

from common.testing.fake_issuer import FakeClock
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import FAST, OBJECTIVES, IncidentReporter, incident_terms, start_reporter


def stricter_objectives() -> list[dict[str, Any]]:
    return [objective | {"within": "PT10M", "name": f"{objective['name']}, soon"} for objective in OBJECTIVES]


async def amend(reporter: IncidentReporter, day: str, **changes: Any) -> None:
    sla_client = reporter.sla_client
    terms = sla_client.terms(**incident_terms(objectives=stricter_objectives(), starts_on=day, **changes))
    drafted = await sla_client.step(reporter.agreement, "amendments", {"terms": terms})
    assert drafted.status_code == 201, drafted.text
    await sla_client.step(reporter.agreement, "proposals", {})
    accepted = (await sla_client.step(reporter.agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(reporter.agreement, "signatures", signature)
    signed = await sla_client.step(reporter.agreement, "signatures", signature, sla_client.customer)
    assert signed.status_code == 201, signed.text


def brief(clock: dict[str, Any]) -> tuple[int, str, str, str]:
    return clock["agreement_version"], clock["objective_name"], clock["within"], clock["verdict"]


async def test_later_terms_do_not_change_a_clock_that_has_started(reporter: IncidentReporter) -> None:
    started = await reporter.report(reporter.opening("INC1", "11:50"))
    await amend(reporter, "2026-02-10")
    reporter.set_time("2026-02-11T00:00:00")
    # Reported after the amendment, of before it: still under what bound on the day on which it opened.
    late = await reporter.report(reporter.opening("INC2", "2026-02-09T23:00:00Z"))
    after = await reporter.report(reporter.opening("INC3", "2026-02-10T00:00:00Z"))
    await reporter.report(
        *(reporter.event(f"INC{number}", "assigned", "2026-02-10T12:00:00Z", assignee="A") for number in (1, 2, 3))
    )
    await reporter.report(
        reporter.event("INC1", "resolved", "12:30"), reporter.event("INC2", "resolved", "2026-02-10T03:00:00Z")
    )
    await reporter.report(reporter.event("INC3", "resolved", "2026-02-10T00:30:00Z"))
    first = (1, "Pressing ones solved", "PT4H", "in_time")
    assert [brief((await reporter.clocks(incident))[FAST]) for incident in (started, late)] == [first, first]
    assert brief((await reporter.clocks(after))[FAST]) == (2, "Pressing ones solved, soon", "PT10M", "late")


async def test_an_ended_agreement_binds_no_new_incident_and_its_clocks_run_on(
    sla_client: SlaClient, clock: FakeClock
) -> None:
    reporter = await start_reporter(sla_client, clock, incident_terms(ends_on="2026-02-03"))
    running = await reporter.report(reporter.opening("INC1", "11:00"))
    reporter.set_time("2026-02-05T00:00:00")
    last = await reporter.report(reporter.opening("INC2", "2026-02-03T23:59:59Z"))
    beyond = await reporter.report(reporter.opening("INC3", "2026-02-04T00:00:00Z"))
    await reporter.report(reporter.event("INC1", "acknowledged", "2026-02-04T12:00:00Z"))
    assert (await reporter.clocks(running))[FAST]["verdict"] == "late"
    assert (await reporter.clocks(last))[FAST]["verdict"] == "late"
    assert await reporter.clocks(beyond) == {}


async def read_binding_agreements(reporter: IncidentReporter, incident: str) -> set[str]:
    return {clock["agreement_id"] for clock in (await reporter.read(f"/incidents/{incident}"))["clocks"]}


async def test_an_agreement_signed_later_does_not_bind_incidents_reported_before(reporter: IncidentReporter) -> None:
    """Although it is valid from before."""
    incident = await reporter.report(reporter.opening("INC1", "11:00"))
    reporter.set_time("12:01")
    another = await reporter.sla_client.signed(**incident_terms(name="Another", objectives=stricter_objectives()))
    await reporter.report(reporter.event("INC1", "acknowledged", "11:10"))
    assert await read_binding_agreements(reporter, incident) == {reporter.agreement["id"]}
    # An earlier opening is reported now, and bound by what was known when the first one was reported.
    await reporter.report(reporter.opening("INC1", "10:00"))
    assert await read_binding_agreements(reporter, incident) == {reporter.agreement["id"]}
    assert await read_binding_agreements(reporter, await reporter.report(reporter.opening("INC2", "11:00"))) == {
        reporter.agreement["id"],
        another["id"],
    }
