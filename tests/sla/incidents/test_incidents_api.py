"""Incidents over HTTP: told in any order, repeated and late, and refused by name."""

from tests.sla.incidents.desk import FAST, RESPONSE, Desk, problem


async def test_an_incident_is_what_was_told_of_it(desk: Desk) -> None:
    incident = await desk.took(desk.opened("INC1", "09:00"), desk.event("INC1", "acknowledged", "09:10"))
    clocks = await desk.clocks(incident)
    assert clocks[RESPONSE]["verdict"] == "in_time"
    assert clocks[FAST]["verdict"] == "running"
    assert clocks[FAST]["due_at"] == "2026-02-03T13:00:00Z"
