"""Back-tests are kept with their hash, shared or not, and refused by name."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from common.testing.plugin import ServiceUnderTest
from sla.backtests import actions
from sla.backtests.model import Backtest
from tests.sla.backtests.conftest import AvailabilityTerms, CreateBacktest, json_of
from tests.sla.conftest import SlaClient


async def test_a_back_test_is_kept_with_its_hash(
    sla_client: SlaClient, create_backtest: CreateBacktest, availability_terms: AvailabilityTerms
) -> None:
    draft = json_of(await sla_client.draft(**availability_terms()))
    backtest = json_of(await create_backtest(agreement_id=draft["id"]))
    assert backtest["sha256"] == hashlib.sha256(rfc8785.dumps(backtest["document"])).hexdigest()
    assert backtest["made_by"]
    answer = await sla_client.sla.client.get(f"/backtests/{backtest['id']}", headers=sla_client.headers("viewer"))
    assert json_of(answer, 200) == backtest
    other_backtest = json_of(await create_backtest(terms=sla_client.terms(**availability_terms("99"))))

    async def listed(**filters: str) -> list[str]:
        answer = await sla_client.sla.client.get("/backtests", params=filters, headers=sla_client.manager)
        return [backtest["id"] for backtest in json_of(answer, 200)["items"]]

    assert await listed() == [backtest["id"], other_backtest["id"]]
    assert await listed(agreement_id=draft["id"]) == [backtest["id"]]
    assert await listed(terms_sha256=other_backtest["terms_sha256"]) == [other_backtest["id"]]


async def test_nobody_changes_a_back_test(
    sla: ServiceUnderTest, create_backtest: CreateBacktest, sla_client: SlaClient, availability_terms: AvailabilityTerms
) -> None:
    backtest = json_of(await create_backtest(terms=sla_client.terms(**availability_terms())))
    for change in (update(Backtest).values(made_by="nobody"), delete(Backtest)):
        with pytest.raises(DBAPIError):
            async with sla.begin() as work:
                await work.session.execute(change.where(Backtest.id == UUID(backtest["id"])))


async def test_customers_see_what_was_shared_with_them(
    sla_client: SlaClient, create_backtest: CreateBacktest, availability_terms: AvailabilityTerms
) -> None:
    draft = json_of(await sla_client.draft(**availability_terms()))
    private = json_of(await create_backtest(agreement_id=draft["id"]))
    shared = json_of(await create_backtest(agreement_id=draft["id"], shared=True))
    stranger = sla_client.headers("customer", uuid4())
    for headers, visible_ids in (
        (sla_client.customer, [shared["id"]]),
        (stranger, []),
        (sla_client.manager, [private["id"], shared["id"]]),
    ):
        answer = await sla_client.sla.client.get("/backtests", headers=headers)
        assert [backtest["id"] for backtest in json_of(answer, 200)["items"]] == visible_ids
        for backtest in (private, shared):
            read = await sla_client.sla.client.get(f"/backtests/{backtest['id']}", headers=headers)
            assert read.status_code == (200 if backtest["id"] in visible_ids else 404)
    refused = await create_backtest(sla_client.customer, agreement_id=draft["id"])
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "slug", "field"),
    [
        ({"from": "2026-01-31", "to": "2026-01-01"}, 422, "backtest-not-in-past", "to"),
        ({"from": "2026-02-01", "to": "2026-02-28"}, 422, "backtest-not-in-past", "to"),
        ({"from": "2020-01-01", "to": "2026-01-31"}, 422, "backtest-too-large", "to"),
        ({"from": "1989-12-31"}, 422, None, "from"),
        ({"from": "yesterday"}, 422, None, "from"),
        ({"terms": None}, 422, None, None),
        ({"shared": True}, 422, None, None),
        ({"agreement_id": str(uuid4())}, 404, "not-found", None),
    ],
)
async def test_what_cannot_be_tried_is_refused(
    sla_client: SlaClient,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
    body: dict[str, Any],
    status: int,
    slug: str | None,
    field: str | None,
) -> None:
    answer = await create_backtest(**{"terms": sla_client.terms(**availability_terms())} | body)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    if slug:
        assert problem["type"] == f"/sla/v1/problems/{slug}"
    if field:
        assert problem["errors"][0]["field"] == field


async def test_an_indicator_has_to_exist(
    sla_client: SlaClient, create_backtest: CreateBacktest, availability_terms: AvailabilityTerms
) -> None:
    terms = sla_client.terms(**availability_terms())
    terms["objectives"][0]["indicator_id"] = str(uuid4())
    answer = await create_backtest(terms=terms)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "terms.objectives.0.indicator_id")


async def test_a_back_test_that_takes_too_long_is_given_up(
    sla_client: SlaClient,
    create_backtest: CreateBacktest,
    availability_terms: AvailabilityTerms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "MAX_SECONDS", -1.0)
    answer = await create_backtest(terms=sla_client.terms(**availability_terms()))
    assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/backtest-too-large")
