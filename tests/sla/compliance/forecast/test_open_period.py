"""A period under way: what it is to date, and what it can still become."""

from datetime import UTC, datetime, timedelta

from common.testing.fake_issuer import FakeClock
from tests.sla.compliance.conftest import JsonOf, Measure, Minutes, StatementClient
from tests.sla.conftest import SlaClient

# February: 20 days of 600 minutes in service, three of them over on the evening of the 4th.
FEBRUARY, WEDNESDAY = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 4, 9, tzinfo=UTC)


async def test_an_open_period_to_date_and_if_perfect_from_here(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, clock: FakeClock, json_of: JsonOf
) -> None:
    clock.now = datetime(2026, 2, 4, 17, 0, 30, tzinfo=UTC)
    await measure(statements.sla_client.indicator_id, FEBRUARY, clock.now, bad=minutes_from(WEDNESDAY, 30))
    forecast = json_of(await statements.forecast(), 200)
    availability, latency = forecast["objectives"]
    assert (forecast["period"], forecast["until"]) == ("2026-02", "2026-02-04T17:00:00Z")
    assert (availability["attained"], availability["verdict"]) == ("98.3333", "missed")  # 30 of 1,800
    assert (availability["if_perfect"], availability["can_be_met"]) == ("99.7500", True)  # 30 of 12,000
    assert availability["affordable_minutes"] == 30
    burns = {
        burn["rule"]: (burn["burn_rate"], burn["short_window_burn_rate"], burn["threshold"])
        for burn in availability["burn_rates"]
    }
    assert burns == {
        "PT1H": ("0.000", "0.000", "13.440"),
        "PT6H": ("0.000", "0.000", "5.600"),
        "PT24H": ("10.000", "0.000", "2.800"),
        "PT72H": ("3.334", "0.000", "0.933"),
    }
    assert (availability["largest_outage"], availability["breach_unavoidable_at"]) == ("PT30M", "2026-02-05T07:31:00Z")
    assert latency["affordable_minutes"] == 570
    assert await statements.list() == []


async def test_a_lost_target_cannot_be_met(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, clock: FakeClock, json_of: JsonOf
) -> None:
    clock.now = datetime(2026, 2, 4, 17, tzinfo=UTC)
    await measure(statements.sla_client.indicator_id, FEBRUARY, clock.now, bad=minutes_from(WEDNESDAY, 61))
    availability = json_of(await statements.forecast("2026-02"), 200)["objectives"][0]
    assert (availability["can_be_met"], availability["affordable_minutes"]) == (False, -1)


async def test_a_period_without_terms_or_not_begun_has_no_forecast(
    statements: StatementClient, json_of: JsonOf
) -> None:
    for month, rule in [("2026-03", "period-not-begun"), ("2025-12", "no-terms-in-force")]:
        problem = json_of(await statements.forecast(month), 422)
        assert (problem["type"].rpartition("/")[2], problem["errors"][0]["field"]) == (rule, "period")


async def test_what_is_not_in_force_has_a_state_and_no_forecast(sla_client: SlaClient, clock: FakeClock) -> None:
    drafted = (await sla_client.draft()).json()
    signed = await sla_client.signed(starts_on=(clock.now + timedelta(days=40)).date().isoformat(), ends_on=None)

    for agreement, state, reason in (
        (drafted, "draft", "Both sides have not signed it yet."),
        (signed, "signed", f"It is signed, and begins on {signed['starts_on']}."),
    ):
        answer = await sla_client.sla.client.get(
            f"/agreements/{agreement['id']}/compliance", headers=sla_client.manager
        )
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "agreement_id": agreement["id"],
                "state": "not_in_force",
                "agreement_state": state,
                "starts_on": agreement["starts_on"],
                "ends_on": agreement["ends_on"],
                "reason": reason,
            },
        )
