"""Concerns: a silent indicator opens an issue where that is wanted, and takes it back when it is heard of again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import IssueCleared, IssueOpened
from sla.indicators.model import IndicatorActivity
from sla.issues.opening import silent_indicators_job
from sla.issues.opening.breaches import open_issue_for_breach
from sla.issues.opening.concerns import open_issue_for_concern
from sla.issues.origins import Breach, Concern, ConcernKind
from sla.issues.settings import IssueSettings
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements


@pytest.fixture
async def agreement_id(sla: ServiceUnderTest, sla_client: SlaClient) -> UUID:
    """In force, with both objectives measured by the shop's indicator."""
    agreement = await sla_client.signed()
    async with sla.begin() as work:
        await advance_due_agreements(work)
    return UUID(agreement["id"])


def use_settings(sla: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setitem(sla.runtime.service_settings, IssueSettings, IssueSettings(**changes))


async def silent(sla: ServiceUnderTest, indicator_id: UUID, since: datetime | None) -> None:
    async with sla.begin() as work:
        activity = await work.session.get(IndicatorActivity, indicator_id)
        activity = activity or IndicatorActivity(indicator_id=indicator_id)
        activity.silent_since = since
        work.add(activity)


async def watch(sla: ServiceUnderTest) -> None:
    await silent_indicators_job.periodic_job(IssueSettings(from_silence=True)).run(sla.runtime)


async def issues(sla: ServiceUnderTest, sla_client: SlaClient) -> list[dict[str, Any]]:
    queue: list[dict[str, Any]] = (await sla.client.get("/issues", headers=sla_client.manager)).json()["items"]
    return queue


async def read(sla: ServiceUnderTest, sla_client: SlaClient, issue: str) -> dict[str, Any]:
    view: dict[str, Any] = (await sla.client.get(f"/issues/{issue}", headers=sla_client.manager)).json()
    return view


async def test_a_silent_indicator_opens_one_issue_and_takes_it_back(
    sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, clock: FakeClock
) -> None:
    await silent(sla, sla_client.indicator_id, clock())
    for _ in range(2):
        await watch(sla)
    (issue,) = await issues(sla, sla_client)
    assert (issue["title"], issue["state"], issue["priority"]) == ("Web shop: Shop answers silence", "open", 1)
    assert (issue["agreement_id"], issue["statement_id"]) == (str(agreement_id), None)
    assert [term["because"] for term in issue["explanation"][:2]] == [
        "the objectives concerned carry 100 % of the agreement's weight",
        "Shop answers is silent, so nothing is known",
    ]
    (opened,) = [event for event in await sla.list_emitted_events() if isinstance(event, IssueOpened)]
    assert (opened.period_from, opened.agreement_id) == (None, agreement_id)
    await silent(sla, sla_client.indicator_id, None)
    for _ in range(2):
        await watch(sla)
    view = await read(sla, sla_client, issue["id"])
    assert (view["state"], [concern["ended_at"] is None for concern in view["concerns"]]) == ("unfounded", [False])
    assert [type(event) for event in await sla.list_emitted_events()].count(IssueCleared) == 1
    clock.now += timedelta(days=1)
    await silent(sla, sla_client.indicator_id, clock())
    await watch(sla)
    assert len(await issues(sla, sla_client)) == 2


async def test_silence_joins_what_is_known_of_the_service_and_leaves_it_when_it_ends(
    sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, breach: Any, clock: FakeClock
) -> None:
    missed: Breach = breach(
        agreement_id=agreement_id, customer_id=sla_client.customer_id, service_id=sla_client.service_id
    )
    async with sla.begin() as work:
        issue_id = str((await open_issue_for_breach(work, missed)).id)
    await silent(sla, sla_client.indicator_id, clock())
    await watch(sla)
    (issue,) = await issues(sla, sla_client)
    assert (issue["id"], issue["priority"]) == (issue_id, 1)
    await silent(sla, sla_client.indicator_id, None)
    await watch(sla)
    view = await read(sla, sla_client, issue_id)
    assert (view["state"], view["priority"]) == ("open", 2)


@pytest.mark.parametrize(("enabled", "count"), [(True, 1), (False, 0)])
async def test_silence_opens_issues_only_where_that_is_enabled(
    sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, enabled: bool, count: int
) -> None:
    await silent(sla, sla_client.indicator_id, datetime(2026, 2, 3, tzinfo=UTC))
    await silent_indicators_job.periodic_job(IssueSettings(from_silence=enabled)).run(sla.runtime)
    assert [issue["agreement_id"] for issue in await issues(sla, sla_client)] == [str(agreement_id)] * count


async def test_what_nothing_is_promised_of_opens_nothing(sla: ServiceUnderTest, sla_client: SlaClient) -> None:
    await silent(sla, sla_client.indicator_id, datetime(2026, 2, 3, tzinfo=UTC))
    await watch(sla)
    assert await issues(sla, sla_client) == []


def burn_concern(sla_client: SlaClient, agreement_id: UUID) -> Concern:
    return Concern(
        kind=ConcernKind.BURN_RATE,
        agreement_id=agreement_id,
        customer_id=sla_client.customer_id,
        service_id=sla_client.service_id,
        service_name="Web shop",
        about=UUID(int=1),
        name="Availability",
        weight_share=Decimal(67),
        urgency=2,
        because="its error budget burns 6 times too fast",
    )


async def test_a_concern_that_goes_on_is_taken_up_once(
    sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID
) -> None:
    async with sla.begin() as work:
        first = await open_issue_for_concern(work, burn_concern(sla_client, agreement_id))
    async with sla.begin() as work:
        assert await open_issue_for_concern(work, burn_concern(sla_client, agreement_id)) is None
    assert first is not None
    assert [issue["id"] for issue in await issues(sla, sla_client)] == [str(first.id)]


@pytest.mark.parametrize("of_the_service", [True, False])
async def test_the_breach_that_was_feared_joins_the_issue_that_feared_it(
    sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, breach: Any, of_the_service: bool
) -> None:
    async with sla.begin() as work:
        feared = await open_issue_for_concern(work, burn_concern(sla_client, agreement_id))
    service = {"service_id": sla_client.service_id} if of_the_service else {}
    missed: Breach = breach(agreement_id=agreement_id, customer_id=sla_client.customer_id, **service)
    async with sla.begin() as work:
        issue = await open_issue_for_breach(work, missed)
    assert feared is not None
    assert (issue.id == feared.id) is of_the_service
