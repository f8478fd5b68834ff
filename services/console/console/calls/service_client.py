"""The client of the services: one connection pool for all, and the calls of one person with its token."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from common.http.context import correlation_id
from console.calls.errors import ServiceAway, ServiceRefused, SignInNeeded

Document = dict[str, Any]
SERVICES = ("catalog", "engagement", "sla", "feedback", "reporting")
CALL_SECONDS = 15.0
FILE_SECONDS = 35.0
PROBE_SECONDS = 2.0
PAGE_LIMIT = 200
MAX_PAGES = 25
"""The pages of a list that are read for one page of the console: 5,000 items."""


class ServiceClient:
    """Reaches the services at `url`, in which `{service}` stands for a service's name."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(transport=transport, timeout=CALL_SECONDS, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    def bind(self, token: str) -> "ServiceCalls":
        """Return the calls that one person makes."""
        return ServiceCalls(self, {"Authorization": f"Bearer {token}"})

    async def send(self, method: str, path: str, headers: Mapping[str, str], **options: Any) -> httpx.Response:
        """Send a request. Raise ServiceAway where no answer comes."""
        service = path.split("/")[1]
        all_headers = {**headers, "X-Request-Id": correlation_id.get()} if correlation_id.get() else dict(headers)
        try:
            return await self._client.request(
                method, self._url.format(service=service) + path, headers=all_headers, **options
            )
        except httpx.HTTPError:
            raise ServiceAway(f"The service {service} does not answer right now. Try again in a moment.") from None

    async def probe(self) -> dict[str, bool]:
        """Ask every service whether it is ready."""
        return dict(zip(SERVICES, await asyncio.gather(*map(self._is_ready, SERVICES)), strict=True))

    async def _is_ready(self, service: str) -> bool:
        try:
            answer = await self.send("GET", f"/{service}/readyz", {}, timeout=PROBE_SECONDS)
        except ServiceAway:
            return False
        return answer.is_success


class ServiceCalls:
    """The calls of one person: every answer is what the services let this person see and do."""

    def __init__(self, client: ServiceClient, headers: Mapping[str, str]) -> None:
        self._client = client
        self._headers = headers

    async def get(self, path: str, **query: Any) -> Document:
        document: Document = (await self.get_answer(path, **query)).json()
        return document

    async def get_answer(self, path: str, **query: Any) -> httpx.Response:
        """Return the whole answer: pages and documents come with headers."""
        return await self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    async def list_all(self, path: str, **query: Any) -> list[Document]:
        """List all items, page by page."""
        return [item async for page in self._pages(path, query) for item in page]

    async def list_open_operations(self, service: str) -> frozenset[str]:
        """List the operations of a service that are open to the person, as `POST /sla/v1/agreements`."""
        access = await self.get(f"/{service}/v1/me")
        return frozenset(f"{operation['method']} {operation['path']}" for operation in access["operations"])

    async def _pages(self, path: str, query: Mapping[str, Any]) -> AsyncIterator[list[Document]]:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await self.get(path, **query, limit=PAGE_LIMIT, cursor=cursor)
            yield page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    async def post(self, path: str, body: Document | None = None, key: str = "") -> Document:
        """Send a change; the same `key` again is answered with the first answer and changes nothing."""
        headers = {"Idempotency-Key": key} if key else {}
        document: Document = (await self._call("POST", path, headers, json=body or {})).json()
        return document

    async def post_csv(self, path: str, content: bytes, **query: Any) -> Document:
        """Send a file of lines; the service says of each what is wrong with it."""
        params = {name: value for name, value in query.items() if value is not None}
        answer = await self._call(
            "POST", path, {"Content-Type": "text/csv"}, params=params, content=content, timeout=FILE_SECONDS
        )
        document: Document = answer.json()
        return document

    async def patch(self, path: str, body: Document, etag: str) -> Document:
        """Change what still has this ETag."""
        document: Document = (await self._call("PATCH", path, {"If-Match": etag}, json=body)).json()
        return document

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        answer = await self._client.send(method, path, {**self._headers, **(headers or {})}, **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise SignInNeeded("Your session has ended. Sign in again.")
        if answer.is_error:
            raise ServiceRefused(answer.status_code, _read_problem(answer))
        return answer


def _read_problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
