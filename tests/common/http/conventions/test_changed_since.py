"""The time of a row's last change is kept by the database, for every entity with a version, however it is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from common.database.entities import Versioned
from common.testing.plugin import StartService

Headers = Callable[..., dict[str, str]]
SERVICES = ("catalog", "engagement", "feedback", "sla")
"""The entities of reporting are read models, which have no versions."""

WATCHED_TABLES = text("""
    SELECT relname FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid
    WHERE tgname = 'set_modification_time' AND relnamespace = (:schema)::regnamespace
""")


@pytest.mark.parametrize("name", SERVICES)
async def test_no_entity_forgets_when_it_was_changed(name: str, start_service: StartService) -> None:
    service = await start_service(name)
    registry: Any = import_module(f"{name}.schema").Base.registry
    mappers = [mapper for mapper in registry.mappers if mapper.local_table.schema == name]
    tables = {mapper.local_table.name for mapper in mappers if issubclass(mapper.class_, Versioned)}
    async with service.begin() as work:
        watched = set(await work.session.scalars(WATCHED_TABLES, {"schema": name}))
    assert watched
    assert tables == watched


async def test_what_has_changed_since_an_instant_is_listed(start_service: StartService, headers: Headers) -> None:
    catalog, owner = await start_service("catalog"), headers("owner")
    services = [
        await catalog.client.post("/services", json={"name": name, "owner": "Ada"}, headers=owner)
        for name in ("Mail", "Print")
    ]
    changed_since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    match = owner | {"If-Match": services[1].headers["etag"]}
    path = f"/services/{services[1].json()['id']}"
    assert (await catalog.client.patch(path, json={"owner": "Grace"}, headers=match)).status_code == 200

    answer = await catalog.client.get("/services", params={"changed_since": changed_since}, headers=owner)

    assert [service["name"] for service in answer.json()["items"]] == ["Print"]
