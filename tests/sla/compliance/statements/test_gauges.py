"""Figures of service levels for operators: the newest statement, and how fast budgets are spent now."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from common.testing.fake_issuer import FakeClock
from sla.compliance.forecast import burn_rate_job
from sla.compliance.statements.settings import StatementSettings
from tests.sla.compliance.conftest import StatementClient

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]


def read_gauge(name: str, agreement_id: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"agreement_id": agreement_id, "objective": "Availability", **labels})


async def test_the_newest_statement_and_the_burn_rates_are_figures(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, clock: FakeClock
) -> None:
    begin, wednesday = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 4, 8, tzinfo=UTC)
    await measure(
        statements.sla_client.indicator_id, begin, wednesday + timedelta(hours=4), bad=minutes_from(wednesday, 30)
    )
    clock.now = wednesday + timedelta(minutes=30, seconds=20)

    await burn_rate_job.periodic_job(StatementSettings()).run(statements.sla_client.sla.runtime)

    burn_rate = read_gauge("rapport_burn_rate", statements.id, window="PT1H")
    assert burn_rate is not None
    assert burn_rate > 13.44
    windows = ("PT5M", "PT30M", "PT1H", "PT2H", "PT6H", "PT24H", "PT72H")
    assert None not in [read_gauge("rapport_burn_rate", statements.id, window=window) for window in windows]
    assert read_gauge("rapport_burn_rate_firing", statements.id, window="PT1H") == 1
    firing = {rule: read_gauge("rapport_burn_rate_firing", statements.id, window=rule) for rule in ("PT6H", "PT72H")}
    assert firing == {"PT6H": 1, "PT72H": 1}
    assert read_gauge("rapport_objective_attained_percent", statements.id) is None, "nothing is stated yet"

    clock.now = datetime(2026, 3, 4, tzinfo=UTC)
    await statements.close("2026-01")
    answer = await statements.close("2026-02")
    assert answer.status_code == 201, answer.text
    await burn_rate_job.periodic_job(StatementSettings()).run(statements.sla_client.sla.runtime)
    stated = {objective["name"]: objective for objective in answer.json()["document"]["result"]["objectives"]}
    objective = stated["Availability"]
    assert read_gauge("rapport_burn_rate_firing", statements.id, window="PT1H") == 0
    assert read_gauge("rapport_objective_attained_percent", statements.id) == float(objective["attained"])
    assert read_gauge("rapport_objective_target_percent", statements.id) == float(objective["target"])
    assert read_gauge("rapport_error_budget_remaining_percent", statements.id) == float(
        objective["error_budget"]["remaining"]
    )
