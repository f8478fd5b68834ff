"""Improvements are verified by themselves: what helped, what did not, and what cannot be said yet."""

from datetime import UTC, date, datetime

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import ImprovementVerified
from tests.sla.conftest import SlaClient
from tests.sla.improvements.conftest import ImprovementClient, Lay, days, emitted
from tests.sla.problems import problem

BASELINE = [20, 30, 10, 25, 15, 20, 30, 12, 22, 18, 25, 15]
"""Bad minutes of twelve days: 98.6 % on average."""
FIRST = date(2026, 1, 22)


async def lay_measurements(
    improvements: ImprovementClient, lay: Lay, after: list[int], control_after: list[int] | None = None
) -> None:
    """The baseline, the day of the implementation, and the days after it."""
    await lay(improvements.sla_client.indicator_id, days(FIRST, [*BASELINE, 40, *after]))
    control = BASELINE[:4] if control_after is None else control_after
    await lay(improvements.control_id, days(FIRST, [*BASELINE[::-1], 20, *control]))


async def test_an_improvement_that_helps_is_found_to_by_itself(
    improvements: ImprovementClient, sla: ServiceUnderTest, lay: Lay, clock: FakeClock, sla_client: SlaClient
) -> None:
    key = await improvements.reach("implemented")
    await lay_measurements(improvements, lay, [0, 0, 1, 0])
    await improvements.run_verification_job()
    assert (await improvements.read(key))["state"] == "implemented"
    clock.now = datetime(2026, 2, 4, 0, 1, tzinfo=UTC)
    await improvements.run_verification_job()
    assert (await improvements.read(key))["state"] == "verifying"
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    view = await improvements.read(key)
    assert (view["state"], view["verdict"], view["because"][-1]) == ("effective", "effective", "Verdict: effective.")
    (event,) = await emitted(sla, ImprovementVerified)
    assert (event.verdict, event.customer_ids, event.before, event.after) == (
        "effective",
        (sla_client.customer_id,),
        12,
        4,
    )
    assert 0 < event.low < event.effect < event.high
    await improvements.run_verification_job()
    assert len(await emitted(sla, ImprovementVerified)) == 1


async def test_a_control_that_moved_too_is_no_success(
    improvements: ImprovementClient, lay: Lay, clock: FakeClock
) -> None:
    key = await improvements.reach("implemented")
    await lay_measurements(improvements, lay, [0, 0, 1, 0], control_after=[0, 0, 0, 1])
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    assert (await improvements.read(key))["state"] == "inconclusive"
    effect = (
        await improvements.sla_client.sla.client.get(f"/improvements/{key}/effect", headers=improvements.owner)
    ).json()
    assert effect["control"]["significant"] is True
    assert effect["because"][-2].startswith("The control changed too")


async def test_what_was_inconclusive_is_measured_for_longer(
    improvements: ImprovementClient, lay: Lay, clock: FakeClock
) -> None:
    key = await improvements.reach("implemented")
    await lay_measurements(improvements, lay, [0, 0, 1, 0], control_after=[0, 0, 0, 1])
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    assert problem(await improvements.step(key, "extension", {"periods_after": 4})) == (422, "extension-too-short")
    longer = (await improvements.step(key, "extension", {"periods_after": 6})).json()
    assert (longer["state"], longer["periods_after"], longer["verdict"]) == ("verifying", 6, None)
    assert longer["next_step_at"] == "2026-02-10T06:00:00Z"
    clock.now = datetime(2026, 2, 10, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    assert (await improvements.read(key))["state"] == "inconclusive"


async def test_nothing_measured_is_inconclusive(
    improvements: ImprovementClient, clock: FakeClock, sla: ServiceUnderTest
) -> None:
    key = await improvements.reach("implemented")
    clock.now = datetime(2026, 2, 8, 6, tzinfo=UTC)
    await improvements.run_verification_job()
    view = await improvements.read(key)
    assert (view["verdict"], view["because"][0]) == (
        "inconclusive",
        "The measure shows nothing: too few points: 0 before and 0 after.",
    )
    (event,) = await emitted(sla, ImprovementVerified)
    assert (event.effect, event.low, event.high, event.before) == (None, None, None, 0)


async def test_points_are_shown_while_they_come_and_no_verdict(
    improvements: ImprovementClient, lay: Lay, clock: FakeClock
) -> None:
    key = await improvements.reach("implemented")
    await lay_measurements(improvements, lay, [0, 0, 1, 0])
    clock.now = datetime(2026, 2, 6, 7, tzinfo=UTC)
    path = f"/improvements/{key}/effect"
    effect = (await improvements.sla_client.sla.client.get(path, headers=improvements.owner)).json()
    assert (effect["verdict"], effect["effect"]) == (None, None)
    assert effect["because"] == ["Preliminary: 2 of 4 points after the improvement have come."]
    assert [point["role"] for point in effect["points"]] == ["baseline"] * 12 + ["between"] + ["after"] * 2
    assert effect["points"][0] == {
        "first_day": "2026-01-22",
        "value": pytest.approx(100 * (1 - 20 / 1440)),
        "control": pytest.approx(100 * (1 - 15 / 1440)),
        "role": "baseline",
    }
    assert (effect["placebo"]["before"], effect["placebo"]["significant"]) == (6, False)


async def test_what_was_said_to_be_left_out_is(improvements: ImprovementClient, lay: Lay) -> None:
    key = (await improvements.propose())["id"]
    holiday = {"first_day": "2026-01-23", "last_day": "2026-01-24", "reason": "stocktaking"}
    assert (await improvements.register(key, excluded=[holiday])).status_code == 200
    await lay_measurements(improvements, lay, [])
    path = f"/improvements/{key}/effect"
    points = (await improvements.sla_client.sla.client.get(path, headers=improvements.owner)).json()["points"]
    assert [point["first_day"] for point in points if point["role"] == "excluded"] == ["2026-01-23", "2026-01-24"]
