"""Requirements as a customer submits them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sla.conftest import SlaClient

SubmitRequirement = Callable[..., Any]
NEW_REQUIREMENT = {
    "title": "The shop is open at Christmas",
    "service_level": {"level": {"kind": "availability", "target": "99.95"}},
    "reason": "A fifth of the year's orders come in December",
    "enterprise_effect": "Stores sell what the shop cannot",
    "asked_by": "Head of sales",
}


@pytest.fixture
def submit(sla_client: SlaClient) -> SubmitRequirement:
    async def of(**changes: Any) -> dict[str, Any]:
        answer = await sla_client.sla.client.post(
            "/requirements", json=NEW_REQUIREMENT | changes, headers=sla_client.customer
        )
        assert answer.status_code == 201, answer.text
        requirement: dict[str, Any] = answer.json()
        return requirement

    return of


async def read(sla_client: SlaClient, path: str, headers: dict[str, str] | None = None) -> Any:
    answer = await sla_client.sla.client.get(path, headers=headers or sla_client.manager)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def signed(sla_client: SlaClient, *answers: str, **changes: Any) -> dict[str, Any]:
    """An agreement whose first objective, 99.5 % available, answers these requirements."""
    first, second = sla_client.terms()["objectives"]
    objectives = [first | {"answers": list(answers)}, second]
    requirement: dict[str, Any] = await sla_client.signed(objectives=objectives, **changes)
    return requirement
