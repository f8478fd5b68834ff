"""Deleting what documents and lists of ids refer to, at the very moment at which they begin to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from common.unit_of_work import UnitOfWork
from sla.closure_calendars.store import list_calendars
from sla.indicators.model import Indicator
from sla.indicators.store import load_indicator_kinds
from tests.sla.conftest import SlaClient
from tests.sla.deletions.deleting import delete
from tests.sla.deletions.test_deletions import create
from tests.sla.problems import problem

NEW_INDICATOR = {"name": "By mistake", "kind": "availability"}
NEW_CALENDAR = {"name": "Plant", "timezone": "Europe/Paris"}
Reading = Callable[[UnitOfWork, UUID], Awaitable[Any]]
READINGS: list[tuple[str, dict[str, Any], Reading]] = [
    ("/indicators", NEW_INDICATOR, lambda work, key: load_indicator_kinds(work, [key])),
    ("/indicators", NEW_INDICATOR, lambda work, key: work.find_unknown_ids(Indicator.id, [key])),
    ("/closure-calendars", NEW_CALENDAR, lambda work, key: list_calendars(work, [key])),
]


@pytest.mark.parametrize(("path", "body", "read"), READINGS)
async def test_a_deletion_waits_for_who_has_made_sure_that_it_exists(
    committed_client: SlaClient, path: str, body: dict[str, Any], read: Reading
) -> None:
    key = await create(committed_client, path, body)

    async with committed_client.sla.begin() as work:
        await read(work, UUID(key))
        deletion = asyncio.create_task(delete(committed_client, f"{path}/{key}"))
        done, _ = await asyncio.wait([deletion], timeout=1)
        assert not done

    assert (await deletion).status_code == 204


async def test_an_agreement_that_maintenance_affects_stays(sla_client: SlaClient) -> None:
    draft = (await sla_client.draft()).json()
    maintenance = {
        "title": "Database upgrade",
        "reason": "Out of support",
        "affects": {"agreement_ids": [draft["id"]]},
        "windows": [{"from": "2026-02-10T10:00:00Z", "to": "2026-02-10T12:00:00Z"}],
    }
    await create(sla_client, "/maintenance", maintenance)

    refused = await delete(sla_client, f"/agreements/{draft['id']}")

    assert problem(refused) == (409, "still-in-use")
    assert "1 maintenance target" in refused.json()["detail"]


async def test_an_indicator_that_a_push_key_is_limited_to_stays(sla_client: SlaClient) -> None:
    indicator = await create(sla_client, "/indicators", NEW_INDICATOR)
    admin = sla_client.headers("admin")
    key = await sla_client.sla.client.post("/api-keys", json={"name": "Plant", "scopes": ["push"]}, headers=admin)
    assert key.status_code == 201, key.text
    limits = await sla_client.sla.client.put(
        f"/api-keys/{key.json()['id']}/limits", json={"indicators": [indicator]}, headers=admin
    )
    assert limits.status_code == 200, limits.text

    refused = await delete(sla_client, f"/indicators/{indicator}")

    assert problem(refused) == (409, "still-in-use")
    assert "1 push key limit" in refused.json()["detail"]
