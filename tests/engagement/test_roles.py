"""Who may do what with customers and people: every operation, every role."""

from typing import Any

import pytest

from common.auth import Role
from common.ids import new_id

EVERYONE = {"admin", "manager", "owner", "viewer", "customer"}
MANAGERS = {"admin", "manager"}
OWN = {"admin", "manager", "customer"}
"""The customer's people for their own customer: everything else is not found."""

OPERATIONS = {
    "POST /customers": MANAGERS,
    "GET /customers": EVERYONE,
    "GET /customers/{customer_id}": EVERYONE,
    "PATCH /customers/{customer_id}": MANAGERS,
    "POST /customers/{customer_id}/people": OWN,
    "GET /customers/{customer_id}/people": EVERYONE,
    "GET /customers/{customer_id}/people/{person_id}": EVERYONE,
    "PATCH /customers/{customer_id}/people/{person_id}": OWN,
    "POST /customers/{customer_id}/people/{person_id}/departure": OWN,
    "DELETE /customers/{customer_id}/people/{person_id}": OWN,
    "GET /me": EVERYONE,
}
STREAM = "GET /changes"
"""It does not end; what is open to each role is tried with `GET /me`, which lists it."""


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_roles(engagement: Any, operation: str) -> None:
    method, template = operation.split(" ")
    path = template.format(customer_id=new_id(), person_id=new_id())
    for role in Role:
        customer = str(new_id()) if role is Role.customer else None
        answer = await engagement.ask(method, path, role, customer, json={}, extra={"If-Match": '"1"'})
        assert (answer.status_code != 403) == (role in OPERATIONS[operation]), (role, answer.text)
    assert (await engagement.ask(method, path, None, json={})).status_code == 401


async def test_every_operation_is_in_the_table_and_described(engagement: Any) -> None:
    document = (await engagement.trial.client.get("http://127.0.0.1:8000/engagement/openapi.json")).json()
    served = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), path
            if path.startswith("/engagement/v1/"):
                served.add(f"{method.upper()} {path.removeprefix('/engagement/v1')}")
    assert served - {STREAM} == set(OPERATIONS)
