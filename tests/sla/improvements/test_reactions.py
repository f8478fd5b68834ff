"""What feedback tells: a low score asks for an improvement, once; scores are points to measure by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.feedback import SatisfactionMeasured
from published.sla import ImprovementProposed
from sla.improvements.effect.granularity import Granularity
from sla.improvements.measure_series import load_points
from sla.improvements.model import SatisfactionReplica
from sla.improvements.registration import SatisfactionMeasure
from sla.improvements.settings import ImprovementSettings
from tests.sla.conftest import SlaClient
from tests.sla.improvements.conftest import ImprovementClient

OPENED = datetime(2026, 1, 10, 9, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SURVEY = UUID("01900000-0000-7000-8000-0000000000bb")
Measured = Callable[..., SatisfactionMeasured]


@pytest.fixture
def measured(sla_client: SlaClient) -> Measured:
    def of(**changes: Any) -> SatisfactionMeasured:
        usual: dict[str, Any] = {
            "survey_id": SURVEY,
            "customer_id": sla_client.customer_id,
            "survey_name": "Web shop, January",
            "instrument": "csat-5",
            "scoring": "csat-5/1",
            "revision": 1,
            "opened_at": OPENED,
            "invited": 40,
            "answered": 20,
            "population": 40,
            "smallest_n": 5,
            "n": 20,
            "score": Decimal("45.0"),
            "low": Decimal(26),
            "high": Decimal(66),
            "measured_at": OPENED + timedelta(days=3),
        }
        return SatisfactionMeasured(**usual | changes)

    return of


async def proposed(sla: ServiceUnderTest) -> list[ImprovementProposed]:
    return [event for event in await sla.list_emitted_events() if isinstance(event, ImprovementProposed)]


async def test_a_low_score_proposes_an_improvement_for_those_who_gave_it(
    sla: ServiceUnderTest, measured: Measured, improvements: ImprovementClient, sla_client: SlaClient
) -> None:
    await sla.receive(measured())
    (event,) = await proposed(sla)
    assert (event.title, event.customer_ids, event.survey_ids) == (
        "Web shop, January: a score of 45.0 %",
        (sla_client.customer_id,),
        (SURVEY,),
    )
    view = await improvements.read(str(event.improvement_id))
    assert view["description"] == "The score of 20 answers is below 60 %."
    assert view["sources"] == [
        {
            "kind": "survey",
            "subject": str(SURVEY),
            "customer_id": str(sla_client.customer_id),
            "customer": {"id": str(sla_client.customer_id), "name": "Example Ltd"},
            "triggers": [{"from": "2026-01-10T09:00:00+00:00", "to": "2026-01-13T09:00:00+00:00"}],
        }
    ]


async def test_the_same_survey_proposes_once_for_each_customer(sla: ServiceUnderTest, measured: Measured) -> None:
    await sla.receive(measured())
    await sla.receive(measured())
    await sla.receive(measured(revision=2, score=Decimal("44.0")))
    await sla.receive(measured(revision=3, score=Decimal("80.0")))
    await sla.receive(measured(revision=4, score=Decimal("40.0")))
    assert len(await proposed(sla)) == 1
    await sla.receive(measured(customer_id=new_id()))
    await sla.receive(measured(survey_id=new_id()))
    assert len(await proposed(sla)) == 3


@pytest.mark.parametrize("score", [None, Decimal("60.0"), Decimal("100.0")])
async def test_no_score_and_a_good_one_propose_nothing(
    sla: ServiceUnderTest, measured: Measured, score: Decimal | None
) -> None:
    await sla.receive(measured(score=score))
    assert await proposed(sla) == []


async def test_an_installation_may_say_what_is_low_and_that_nothing_is(
    sla: ServiceUnderTest, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use_low_score(score: str) -> None:
        settings = ImprovementSettings(low_score=Decimal(score))
        monkeypatch.setitem(sla.runtime.service_settings, ImprovementSettings, settings)

    use_low_score("0")
    await sla.receive(measured(score=Decimal("0.0")))
    use_low_score("45")
    await sla.receive(measured())
    assert await proposed(sla) == []
    use_low_score("45.1")
    await sla.receive(measured())
    assert len(await proposed(sla)) == 1


async def test_the_highest_revision_stays_in_whatever_order_they_come(
    sla: ServiceUnderTest, measured: Measured
) -> None:
    for revision, score in ((2, "70.0"), (1, "65.0"), (3, "75.0"), (2, "70.0")):
        await sla.receive(measured(revision=revision, score=Decimal(score)))
    async with sla.begin() as work:
        replica = (await work.session.scalars(select(SatisfactionReplica))).one()
    assert (replica.revision, replica.score) == (3, Decimal("75.0"))


async def test_satisfaction_is_a_series_by_the_month_people_were_asked_in(
    sla: ServiceUnderTest, measured: Measured, sla_client: SlaClient
) -> None:
    for survey, (month, score, n) in enumerate([(1, "70", 30), (1, "80", 10), (3, "90", 5), (4, None, 0)]):
        at = datetime(2026, month, 10, tzinfo=UTC)
        value = None if score is None else Decimal(score)
        await sla.receive(measured(survey_id=UUID(int=survey), opened_at=at, score=value, n=n))
    await sla.receive(measured(survey_id=new_id(), customer_id=new_id(), score=Decimal(99)))
    await sla.receive(measured(survey_id=new_id(), instrument="nps", score=Decimal(99)))
    measure = SatisfactionMeasure(kind="satisfaction", customer_id=sla_client.customer_id, instrument="csat-5")
    january = Granularity.MONTH.period_of(OPENED.date())
    async with sla.begin() as work:
        points = await load_points(work, measure, Granularity.MONTH, UTC_ZONE, january, january + 3)
    assert points == [(january, 72.5), (january + 2, 90.0)]
