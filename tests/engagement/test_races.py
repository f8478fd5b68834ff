"""What two do in the same moment, on committed data: rules that each of them keeps alone are kept together."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.testing.plugin import StartService

Ask = Callable[..., Any]


@pytest.fixture
async def ask(start_committed_service: StartService, headers: Callable[..., dict[str, str]]) -> Ask:
    """Requests that each have a connection of their own."""
    client = (await start_committed_service("engagement")).client

    async def of(method: str, path: str, body: Any, **extra: str) -> httpx.Response:
        return await client.request(method, path, json=body, headers=headers("manager") | extra)

    return of


async def test_one_of_many_registers_a_name(ask: Ask) -> None:
    answers = await asyncio.gather(*(ask("POST", "/customers", {"name": "Sales"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refusals = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert refusals == {"/engagement/v1/problems/customer-name-taken"}


async def test_two_moves_make_no_circle(ask: Ask) -> None:
    for attempt in range(10):
        first, second = [
            (await ask("POST", "/customers", {"name": f"{name} {attempt}"})).json()["id"] for name in ("A", "B")
        ]
        answers = await asyncio.gather(
            ask("PATCH", f"/customers/{first}", {"parent_id": second}, **{"If-Match": '"1"'}),
            ask("PATCH", f"/customers/{second}", {"parent_id": first}, **{"If-Match": '"1"'}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]


async def test_one_idempotency_key_registers_once(ask: Ask) -> None:
    key = {"Idempotency-Key": "registration-1"}
    answers = await asyncio.gather(*(ask("POST", "/customers", {"name": "Sales"}, **key) for _ in range(8)))
    created = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(set(created)) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
