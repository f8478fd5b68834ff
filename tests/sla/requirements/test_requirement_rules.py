"""What is refused of requirements: bad input, other customers, states without an end."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.requirements.model import ServiceRequirement
from tests.sla.conftest import SlaClient
from tests.sla.problems import problem
from tests.sla.requirements.conftest import NEW_REQUIREMENT, SubmitRequirement, read, signed


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"title": ""}, "invalid", "title"),
        ({"reason": " "}, "invalid", "reason"),
        ({"service_level": {}}, "invalid", "service_level.level"),
        (
            {"service_level": {"level": {"kind": "availability", "target": "101"}}},
            "invalid",
            "service_level.level.target",
        ),
        ({"service_id": str(new_id())}, "service-not-published", "service_id"),
        ({"offering_id": str(new_id())}, "service-not-published", "offering_id"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(
    sla_client: SlaClient, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await sla_client.sla.client.post(
        "/requirements", json=NEW_REQUIREMENT | changes, headers=sla_client.customer
    )
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"].endswith(field.rpartition(".")[2])


async def test_staff_names_the_customer(sla_client: SlaClient) -> None:
    nobody = await sla_client.sla.client.post("/requirements", json=NEW_REQUIREMENT, headers=sla_client.manager)
    assert nobody.json()["errors"][0]["field"] == "customer_id"
    stray = await sla_client.sla.client.post(
        "/requirements", json=NEW_REQUIREMENT | {"customer_id": str(new_id())}, headers=sla_client.manager
    )
    assert problem(stray) == (422, "customer-not-registered")
    body = NEW_REQUIREMENT | {"customer_id": str(sla_client.customer_id)}
    assert (await sla_client.sla.client.post("/requirements", json=body, headers=sla_client.manager)).status_code == 201


async def test_other_customers_and_viewers_have_no_access(sla_client: SlaClient, submit: SubmitRequirement) -> None:
    requirement = await submit()
    agreement = await signed(sla_client, requirement["id"])
    stranger = sla_client.headers("customer", new_id())
    client = sla_client.sla.client
    for path in (f"/requirements/{requirement['id']}", f"/agreements/{agreement['id']}/requirements"):
        assert (await client.get(path, headers=stranger)).status_code == 404
    body = NEW_REQUIREMENT | {"customer_id": str(sla_client.customer_id)}
    assert (await client.post("/requirements", json=body, headers=stranger)).status_code == 404
    withdrawal = await client.post(
        f"/requirements/{requirement['id']}/withdrawal", json={"reason": "?"}, headers=stranger
    )
    assert withdrawal.status_code == 404
    foreign = await client.get(f"/requirements/coverage?customer_id={sla_client.customer_id}", headers=stranger)
    assert foreign.status_code == 404
    assert (await read(sla_client, "/requirements/coverage", stranger))["answers"] == []
    assert (await read(sla_client, "/requirements", stranger))["items"] == []
    for role in ("viewer", "owner"):
        assert (await client.post("/requirements", json=body, headers=sla_client.headers(role))).status_code == 403
    refusal = await client.post(
        f"/requirements/{requirement['id']}/refusal", json={"reason": "?"}, headers=sla_client.customer
    )
    assert refusal.status_code == 403


async def test_a_change_of_state_without_an_end_is_refused_by_the_database(
    sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    await submit()
    for state in ("refused", "answered"):
        with pytest.raises(IntegrityError, match="violates check constraint"):
            async with sla.begin() as work:
                await work.session.execute(update(ServiceRequirement).values(state=state))
