"""Who may do what in the catalog: every operation, every role."""

from typing import Any

import pytest

from common.auth import Role
from common.ids import new_id

STAFF = {"admin", "manager", "owner", "viewer"}
KEEPERS = {"admin", "manager", "owner"}
EVERYONE = STAFF | {"customer"}

OPERATIONS = {
    "POST /services": KEEPERS,
    "GET /services": EVERYONE,
    "GET /services/{service_id}": EVERYONE,
    "PATCH /services/{service_id}": KEEPERS,
    "DELETE /services/{service_id}": KEEPERS,
    "POST /offerings": KEEPERS,
    "GET /offerings": EVERYONE,
    "GET /offerings/{offering_id}": EVERYONE,
    "PATCH /offerings/{offering_id}": KEEPERS,
    "DELETE /offerings/{offering_id}": KEEPERS,
    "PUT /offerings/{offering_id}/prices/{valid_from}": KEEPERS,
    "GET /offerings/{offering_id}/prices": STAFF,
    "GET /offerings/{offering_id}/quote": EVERYONE,
    "POST /offerings/{offering_id}/publication": KEEPERS,
    "POST /offerings/{offering_id}/retirement": KEEPERS,
    "GET /offerings/{offering_id}/history": STAFF,
    "GET /me": EVERYONE,
}
STREAM = "GET /changes"
"""It does not end; what is open to each role is tried with `GET /me`, which lists it."""


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_roles(catalog: Any, operation: str) -> None:
    method, template = operation.split(" ")
    path = template.format(service_id=new_id(), offering_id=new_id(), valid_from="2026-12-01")
    for role in Role:
        customer = new_id() if role is Role.customer else None
        answer = await catalog.ask(method, path, role, customer, json={}, extra={"If-Match": '"1"'})
        assert (answer.status_code != 403) == (role in OPERATIONS[operation]), (role, answer.text)
    assert (await catalog.ask(method, path, None, json={})).status_code == 401


async def test_every_operation_is_in_the_table(catalog: Any) -> None:
    document = (await catalog.trial.client.get("http://127.0.0.1:8000/catalog/openapi.json")).json()
    served = {
        f"{method.upper()} {path.removeprefix('/catalog/v1')}"
        for path, operations in document["paths"].items()
        if path.startswith("/catalog/v1/")
        for method in operations
    }
    assert served - {STREAM} == set(OPERATIONS)


async def test_every_operation_is_described(catalog: Any) -> None:
    document = (await catalog.trial.client.get("http://127.0.0.1:8000/catalog/openapi.json")).json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation.get("summary"), path
