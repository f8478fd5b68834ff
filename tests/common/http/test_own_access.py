"""GET /me says who asks and what is open to them, in every service: all else is refused to them."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.auth.principal import Role
from common.testing.plugin import BASE_URL, ServiceUnderTest, StartService

SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")
NOT_PERMITTED = {401, 403}
STAFF = frozenset(Role) - {Role.customer}
Headers = Callable[..., dict[str, str]]
Operation = tuple[str, str]
"""Method and path template."""


@pytest.fixture(params=SERVICES)
async def service(request: pytest.FixtureRequest, start_service: StartService) -> ServiceUnderTest:
    return await start_service(request.param)


async def list_operations(service: ServiceUnderTest) -> dict[Operation, str]:
    document = (await service.client.get(f"{BASE_URL}/{service.service.name}/openapi.json")).json()
    return {
        (method.upper(), path): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def try_operation(service: ServiceUnderTest, operation: Operation, caller: dict[str, str]) -> httpx.Response:
    method, template = operation
    address = re.sub(r"\{\w+\}", lambda _: str(uuid4()), template)
    if template.endswith("/changes"):
        address += "?type=None"  # else it would stream for ever
    return await service.client.request(method, f"{BASE_URL}{address}", headers=caller)


@pytest.mark.parametrize("is_bound", [False, True], ids=["staff", "bound to a customer"])
async def test_what_is_open_to_a_role_is_what_it_is_not_refused(
    service: ServiceUnderTest, headers: Headers, is_bound: bool
) -> None:
    operations = await list_operations(service)
    for role in Role if is_bound else STAFF:
        caller = headers(role, uuid4() if is_bound else None)
        access = (await service.client.get("/me", headers=caller)).json()
        listed = {(item["method"], item["path"]): item["operation_id"] for item in access["operations"]}

        assert listed.items() <= operations.items()
        refused = [await try_operation(service, operation, caller) for operation in operations.keys() - listed.keys()]
        assert not [answer.request.url for answer in refused if answer.status_code not in NOT_PERMITTED]
        admitted = [await try_operation(service, operation, caller) for operation in listed]
        assert not [answer.request.url for answer in admitted if answer.status_code in NOT_PERMITTED]


async def test_it_says_who_asks(service: ServiceUnderTest, headers: Headers) -> None:
    customer = uuid4()
    caller = headers("customer", customer, "carla")
    access: dict[str, Any] = (await service.client.get("/me", headers=caller)).json()
    assert access.pop("operations")
    assert access == {
        "subject": "carla",
        "kind": "person",
        "roles": ["customer"],
        "customer_id": str(customer),
        "customer": {"id": str(customer), "name": None},
        "scopes": [],
    }
    assert (await service.client.get("/me")).status_code == 401


async def test_a_monitor_sees_what_its_key_opens(start_service: StartService, headers: Headers) -> None:
    sla = await start_service("sla")
    body = {"name": "prometheus", "scopes": ["push"]}
    created = await sla.client.post("/api-keys", json=body, headers=headers("admin"))
    key = created.json()["key"]

    access = (await sla.client.get("/me", headers={"X-API-Key": key})).json()

    assert (access["kind"], access["roles"], access["scopes"]) == ("monitor", [], ["push"])
    ids = {operation["operation_id"] for operation in access["operations"]}
    assert {"getMySlaAccess", "pushPrometheus"} <= ids
    assert not {"listAgreements", "listApiKeys"} & ids


async def test_a_misspelt_operation_is_refused_as_its_button_would_be_hidden_for_ever(
    service: ServiceUnderTest, headers: Headers
) -> None:
    operation = next(iter((await list_operations(service)).values()))

    asked = await service.client.get(f"/me?operation={operation}", headers=headers("admin"))
    misspelt = await service.client.get(f"/me?operation={operation}s", headers=headers("admin"))

    assert [item["operation_id"] for item in asked.json()["operations"]] == [operation]
    message = f"is no operation of this service; did you mean {operation}?"
    assert (misspelt.status_code, misspelt.json()["errors"]) == (422, [{"field": "operation", "message": message}])
