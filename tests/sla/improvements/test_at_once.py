"""Many at once, over committed transactions: one verdict, one proposal from one low score, each told once."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from common.auth.principal import Principal, Role
from common.ids import new_id
from common.runtime import Runtime
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from published.feedback import SatisfactionMeasured
from published.sla import ImprovementProposed, ImprovementVerified
from sla.improvements import actions, verification_job
from sla.improvements.reactions import record_satisfaction
from sla.improvements.registration import Registration
from sla.improvements.settings import ImprovementSettings

STARTED = datetime(2026, 2, 3, 12, tzinfo=UTC)
MANAGER = Principal(subject="manager", roles=frozenset({Role.manager}))


@pytest.fixture
def runtime(committed_sla: ServiceUnderTest, clock: FakeClock) -> Runtime:
    clock.now = STARTED
    return committed_sla.runtime


async def emitted(runtime: Runtime, kind: type[Event]) -> int:
    outbox = runtime.tables.outbox
    async with runtime.database.sessions() as session:
        query = select(outbox.c.type).where(outbox.c.type == kind.ce_type())
        return len((await session.scalars(query)).all())


def registration() -> Registration:
    """Of incidents, of which there are none: nothing needs to be measured."""
    return Registration.model_validate(
        {
            "measure": {"kind": "incidents"},
            "direction": "decrease",
            "smallest_effect": "1",
            "granularity": "day",
            "baseline_from": "2026-01-20",
            "baseline_until": "2026-02-02",
            "control": {"kind": "incidents", "service_id": str(new_id())},
            "placebo_on": "2026-01-26",
            "periods_after": 3,
        }
    )


async def implemented(runtime: Runtime) -> UUID:
    async with runtime.begin(MANAGER) as work:
        improvement = await actions.add_proposal(work, "Fewer incidents", "", [])
        improvement.register(registration(), work.now)
        improvement.assess({"benefit": "less trouble", "effort": "a day", "risk": ""})
        improvement.approve("somebody else", work.now)
        improvement.start(work.now)
    async with runtime.begin(MANAGER) as work:
        await actions.implement(work, improvement.id, "done", None)
    return improvement.id


async def test_several_replicas_give_each_improvement_one_verdict(runtime: Runtime, clock: FakeClock) -> None:
    for _ in range(4):
        await implemented(runtime)
    clock.now += timedelta(days=30)
    await asyncio.gather(*(verification_job.periodic_job(ImprovementSettings()).run(runtime) for _ in range(4)))
    await verification_job.periodic_job(ImprovementSettings()).run(runtime)
    assert await emitted(runtime, ImprovementVerified) == 4


async def test_one_low_score_heard_several_times_at_once_proposes_once(runtime: Runtime) -> None:
    event = SatisfactionMeasured(
        survey_id=new_id(),
        customer_id=new_id(),
        survey_name="Web shop",
        instrument="csat-5",
        scoring="csat-5/1",
        revision=1,
        opened_at=STARTED,
        invited=10,
        answered=8,
        population=10,
        smallest_n=5,
        n=8,
        score=Decimal("37.5"),
        low=Decimal(14),
        high=Decimal(69),
        measured_at=STARTED,
    )

    async def hear() -> None:
        async with runtime.begin() as work:
            await record_satisfaction(work, event)

    await asyncio.gather(*(hear() for _ in range(8)))
    assert await emitted(runtime, ImprovementProposed) == 1
