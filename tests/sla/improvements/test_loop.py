"""The whole loop: a breach, its issue, an improvement, its verified effect, and the notices to the customers."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from published.sla import (
    ImprovementClosed,
    ImprovementImplemented,
    ImprovementVerified,
    IssueOpened,
    IssueResolved,
    ObjectiveBreached,
    StatementIssued,
)
from tests.sla.conftest import SlaClient
from tests.sla.improvements.conftest import ASSESSMENT, ImprovementClient, Lay, days

ORDINARY = [4, 9, 2, 7, 5, 8, 3, 6, 9, 4, 7, 2, 5] * 7
"""Bad minutes of the days from 1 November to 30 January."""
OUTAGE = 1440


async def test_from_a_breach_to_those_who_are_told_that_it_is_better(
    improvements: ImprovementClient, sla_client: SlaClient, sla: ServiceUnderTest, lay: Lay, clock: FakeClock
) -> None:
    await lay(sla_client.indicator_id, days(date(2025, 11, 1), ORDINARY))
    await lay(improvements.control_id, days(date(2025, 11, 1), ORDINARY[::-1]))
    agreement, issue = await breached(sla_client, lay, clock)
    improvement = await improved(improvements, issue, clock)
    # Days without bad minutes follow; the other site has them as before.
    await lay(sla_client.indicator_id, days(date(2026, 3, 4), [0] * 7))
    await lay(improvements.control_id, days(date(2026, 3, 4), ORDINARY[:7]))
    clock.now = datetime(2026, 3, 12, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    view = await improvements.read(improvement)
    assert (view["verdict"], view["customer_ids"]) == ("effective", [str(sla_client.customer_id)])
    for notice in view["notices"]:
        await improvements.step(improvement, f"notices/{notice['id']}/delivery", {"how": "in the service review"})
    assert (await improvements.step(improvement, "closure")).json()["state"] == "closed"

    events = await sla.list_emitted_events()
    assert only(events, IssueOpened).issue_id == UUID(issue)
    assert {event.agreement_id for event in events if isinstance(event, ObjectiveBreached)} == {UUID(agreement)}
    verified = only(events, ImprovementVerified)
    assert (verified.verdict, verified.issue_ids, verified.customer_ids) == (
        "effective",
        (UUID(issue),),
        (sla_client.customer_id,),
    )
    assert 0 < verified.low < verified.effect < verified.high
    order = [
        StatementIssued,
        IssueOpened,
        ImprovementImplemented,
        IssueResolved,
        ImprovementVerified,
        ImprovementClosed,
    ]
    assert [type(event) for event in events if type(event) in order] == order


def only(events: list[Event], kind: type[Event]) -> Any:
    (event,) = (event for event in events if isinstance(event, kind))
    return event


async def breached(sla_client: SlaClient, lay: Lay, clock: FakeClock) -> tuple[str, str]:
    """An outage on 20 February breaks what was promised; the statement of the month opens an issue."""
    agreement = await sla_client.signed(starts_on="2026-02-01")
    await lay(sla_client.indicator_id, days(date(2026, 2, 1), [5] * 19 + [OUTAGE] + [5] * 8))
    clock.now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    closed = await sla_client.step(agreement, "statements", {"period": "2026-02"})
    assert closed.status_code == 201, closed.text
    (issue,) = (await sla_client.sla.client.get("/issues", headers=sla_client.manager)).json()["items"]
    return agreement["id"], issue["id"]


async def improved(improvements: ImprovementClient, issue: str, clock: FakeClock) -> str:
    """Proposed from the issue, registered, approved, begun and done on 3 March; the issue is resolved."""
    proposed = await improvements.propose(issue_ids=[issue], customer_ids=[])
    key: str = proposed["id"]
    # The month of the breach is left out by itself: the three months before it are the ordinary.
    assert proposed["sources"][0]["triggers"][0]["from"] == "2026-01-31T23:00:00+00:00"
    baseline = {"baseline_from": "2025-11-01", "baseline_until": "2026-02-28", "placebo_on": "2025-12-20"}
    registered = await improvements.register(key, **baseline, smallest_effect="0.2", periods_after=7)
    assert registered.status_code == 200, registered.text
    clock.now = datetime(2026, 3, 3, 8, tzinfo=UTC)
    for step, body in (("assessment", ASSESSMENT), ("approval", None), ("start", None)):
        assert (await improvements.step(key, step, body)).status_code == 201
    assert (await improvements.step(key, "implementation", {"outcome": "a second node"})).status_code == 201
    client, path = improvements.sla_client.sla.client, f"/issues/{issue}"
    etag = (await client.get(path, headers=improvements.owner)).headers["etag"]
    await client.patch(path, json={"owner": "olga"}, headers=improvements.owner | {"If-Match": etag})
    resolved = await client.post(f"{path}/resolution", json={"resolution": "a second node"}, headers=improvements.owner)
    assert resolved.status_code == 201, resolved.text
    return key
