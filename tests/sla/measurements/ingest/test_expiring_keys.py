"""Keys that end soon: an operator hears of them in time, unless the monitor has another one already."""

from datetime import datetime, timedelta
from typing import Any

from sla.push_keys.store import list_expiring_keys
from tests.sla.measurements.conftest import MonitoredService

MONTH = timedelta(days=30)


async def create_key(monitored: MonitoredService, name: str, expires_at: datetime) -> Any:
    body = {"name": name, "expires_at": expires_at.isoformat()}
    answer = await monitored.client.post("/api-keys", json=body, headers=monitored.headers("admin"))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def list_names(monitored: MonitoredService) -> list[str]:
    now = monitored.clock()
    async with monitored.runtime.database.sessions() as session:
        return [key.name for key in await list_expiring_keys(session, now - MONTH, now + MONTH)]


async def test_keys_that_end_within_a_month_or_did_are_listed(monitored: MonitoredService) -> None:
    now = monitored.clock()
    await create_key(monitored, "soon", now + timedelta(days=20))
    await create_key(monitored, "later", now + timedelta(days=40))
    await create_key(monitored, "replaced", now + timedelta(days=10))
    await create_key(monitored, "replaced", now + timedelta(days=300))
    revoked = await create_key(monitored, "revoked", now + timedelta(days=10))
    await monitored.client.delete(f"/api-keys/{revoked['id']}", headers=monitored.headers("admin"))
    assert await list_names(monitored) == ["soon"]

    monitored.clock.advance(timedelta(days=25))
    assert await list_names(monitored) == ["soon", "later"]
