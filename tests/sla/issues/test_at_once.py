"""Many at once, over committed transactions: one issue for one cause, one escalation, one merge."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.runtime import Runtime
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import IssueEscalated, IssueMerged, IssueOpened
from sla.agreements.model import Agreement, build_version
from sla.agreements.states import AgreementState, NegotiationStage
from sla.agreements.terms import Terms
from sla.issues import escalation_job, grouping, store
from sla.issues.errors import IssueAlreadyMerged
from sla.issues.opening.breaches import open_issue_for_breach
from sla.issues.origins import Breach
from sla.issues.settings import IssueSettings
from tests.sla.issues.conftest import CUSTOMER

SETTINGS = IssueSettings()


@pytest.fixture
def runtime(committed_sla: ServiceUnderTest, clock: FakeClock) -> Runtime:
    clock.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return committed_sla.runtime


@pytest.fixture
async def agreement_id(runtime: Runtime, terms: Callable[..., Terms]) -> UUID:
    async with runtime.begin() as work:
        version = build_version(
            Agreement(customer_id=CUSTOMER, offering_id=new_id(), state=AgreementState.DRAFT), 1, terms(), work.now
        )
        version.enter_stage(NegotiationStage.SIGNED, work.now)
        work.add(version)
        await work.flush()
        return version.agreement_id


async def count_emitted(runtime: Runtime, kind: type[Event]) -> int:
    outbox = runtime.tables.outbox
    async with runtime.database.sessions() as session:
        types = (await session.scalars(outbox.select().with_only_columns(outbox.c.type))).all()
    return list(types).count(kind.ce_type())


async def open_issue(runtime: Runtime, breach: Breach) -> UUID:
    async with runtime.begin() as work:
        return (await open_issue_for_breach(work, breach)).id


async def test_breaches_of_one_cause_found_at_once_make_one_issue(
    runtime: Runtime, agreement_id: UUID, breach: Callable[..., Breach]
) -> None:
    issue_ids = await asyncio.gather(*(open_issue(runtime, breach(agreement_id=agreement_id)) for _ in range(8)))
    assert len(set(issue_ids)) == 1
    assert await count_emitted(runtime, IssueOpened) == 1


async def test_several_replicas_escalate_each_issue_once(
    runtime: Runtime, agreement_id: UUID, breach: Callable[..., Breach], clock: FakeClock
) -> None:
    for _ in range(6):
        await open_issue(runtime, breach(agreement_id=agreement_id, service_id=new_id(), indicator_id=new_id()))
    clock.now += timedelta(days=30)

    async def replica() -> None:
        await escalation_job.periodic_job(SETTINGS).run(runtime)

    await asyncio.gather(*(replica() for _ in range(4)))
    await replica()
    assert await count_emitted(runtime, IssueEscalated) == 6


async def test_two_issues_merged_into_each_other_at_once_do_not_get_lost(
    runtime: Runtime, agreement_id: UUID, breach: Callable[..., Breach]
) -> None:
    first, second = [
        await open_issue(runtime, breach(agreement_id=agreement_id, service_id=new_id(), indicator_id=new_id()))
        for _ in range(2)
    ]

    async def merge(issue: UUID, into: UUID) -> bool:
        async with runtime.begin() as work:
            try:
                await grouping.merge(work, issue, into, "the same outage")
            except IssueAlreadyMerged:
                return False
        return True

    outcomes = await asyncio.gather(merge(first, second), merge(second, first))
    assert sorted(outcomes) == [False, True]
    assert await count_emitted(runtime, IssueMerged) == 1
    async with runtime.begin() as work:
        assert len((await _remaining_issue(work, first, second)).breaches) == 2


async def _remaining_issue(work: UnitOfWork, first: UUID, second: UUID) -> Any:
    issues = [await store.get_issue(work, key) for key in (first, second)]
    (remaining_issue,) = [issue for issue in issues if issue.is_unsolved]
    return remaining_issue
