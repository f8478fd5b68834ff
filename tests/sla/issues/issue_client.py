"""A client of the issues API, which also opens and clears breaches as period closing does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from sla.issues.opening.breaches import clear_breach, open_issue_for_breach
from sla.issues.origins import Breach, BreachKey
from tests.sla.conftest import SlaClient

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = {"period_from": datetime(2026, 3, 1, tzinfo=UTC), "period_to": datetime(2026, 4, 1, tzinfo=UTC)}


class IssueClient:
    """A client that opens issues for breaches and takes them through their steps over HTTP."""

    def __init__(
        self, sla: ServiceUnderTest, sla_client: SlaClient, agreement_id: UUID, breach: Callable[..., Breach]
    ) -> None:
        self.sla, self.sla_client, self.agreement_id, self.breach = sla, sla_client, agreement_id, breach

    @property
    def owner(self) -> dict[str, str]:
        headers: dict[str, str] = self.sla_client.headers("owner")
        return headers

    async def open(self, **changes: Any) -> str:
        usual: dict[str, Any] = {
            "agreement_id": self.agreement_id,
            "customer_id": self.sla_client.customer_id,
            "service_id": self.sla_client.service_id,
        }
        async with self.sla.begin() as work:
            return str((await open_issue_for_breach(work, self.breach(**usual | changes))).id)

    async def open_apart(self, **changes: Any) -> str:
        """Open an issue for another service and indicator."""
        return await self.open(**{"service_id": new_id(), "indicator_id": new_id()} | changes)

    async def clear(self, objective_id: UUID) -> None:
        async with self.sla.begin() as work:
            await clear_breach(work, self.sla_client.customer_id, BreachKey(self.agreement_id, objective_id, FEBRUARY))

    async def read(self, issue: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.sla.client.get(f"/issues/{issue}", headers=headers or self.sla_client.manager)
        view: dict[str, Any] = answer.json()
        return view

    async def list_queue(self) -> list[dict[str, Any]]:
        answer = await self.sla.client.get("/issues?unsolved=true", headers=self.sla_client.manager)
        assert answer.status_code == 200, answer.text
        queue: list[dict[str, Any]] = answer.json()["items"]
        return queue

    async def post(self, issue: str, step: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return await self.sla.client.post(f"/issues/{issue}/{step}", json=body, headers=headers or self.owner)

    async def change(self, method: str, path: str, body: Any) -> Any:
        issue = path.split("/", maxsplit=1)[0]
        etag = (await self.sla.client.get(f"/issues/{issue}", headers=self.owner)).headers["etag"]
        headers = self.owner | {"If-Match": etag}
        return await self.sla.client.request(method, f"/issues/{path}", json=body, headers=headers)

    async def take_up(self, issue: str, **plan: Any) -> None:
        assert (await self.change("PATCH", issue, {"owner": "olga"} | plan)).status_code == 200

    async def resolve(self, issue: str) -> None:
        await self.take_up(issue)
        assert (await self.post(issue, "resolution", {"resolution": "done"})).status_code == 201

    async def cause(self, **changes: Any) -> str:
        body = {"name": "The pool runs dry", "kind": "capacity"} | changes
        answer = await self.sla.client.post("/causes", json=body, headers=self.owner)
        assert answer.status_code == 201, answer.text
        key: str = answer.json()["id"]
        return key

    async def emitted(self, kind: type[Event]) -> list[Any]:
        return [event for event in await self.sla.list_emitted_events() if isinstance(event, kind)]

    async def activity(self, issue: str, headers: dict[str, str] | None = None) -> list[tuple[str, str]]:
        answer = await self.sla.client.get(f"/issues/{issue}/activity", headers=headers or self.sla_client.manager)
        return [(entry["kind"], entry["text"]) for entry in answer.json()["items"]]

    async def run_job(self, name: str) -> None:
        await next(job for job in self.sla.service.periodic_jobs if job.name == name).run(self.sla.runtime)
