"""The public HTTP interface, as the sample organisation's people and monitors use it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx

from common.auth.principal import Role
from rapport.demo.token_sources import TokenSource
from rapport.errors import CommandError

RETRY_SECONDS = 60.0
"""Seconds in which events reach other services and measurements are rolled up."""
UNKNOWN_YET = frozenset({404, 409, 422})
UNAVAILABLE = frozenset({503})

Document = dict[str, Any]


class RequestRefused(CommandError):
    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.slug = answer.json().get("type", "") if "json" in answer.headers.get("content-type", "") else ""


class DemoClient:
    """Everybody at once: each call names who makes it."""

    def __init__(self, http: httpx.AsyncClient, tokens: TokenSource) -> None:
        self._http = http
        self._tokens = tokens

    def headers_for(self, role: Role, customer: str | None = None, subject: str = "") -> dict[str, str]:
        customer_id = UUID(customer) if customer else None
        return {"Authorization": f"Bearer {self._tokens.issue(role, customer_id, subject)}"}

    async def send(self, method: str, path: str, who: dict[str, str], **body: Any) -> Document:
        answer = await self._http.request(method, path, headers={**who, **body.pop("headers", {})}, **body)
        if answer.is_error:
            raise RequestRefused(answer)
        document: Document = answer.json() if answer.content else {}
        return document

    async def get_etag(self, path: str, who: dict[str, str]) -> str:
        answer = await self._http.get(path, headers=who)
        if answer.is_error:
            raise RequestRefused(answer)
        return answer.headers["etag"]

    async def post(self, path: str, body: Document, who: dict[str, str]) -> Document:
        return await self.send("POST", path, who, json=body)

    async def post_with_retry(
        self, path: str, body: Document, who: dict[str, str], waiting: frozenset[int] = UNKNOWN_YET
    ) -> Document:
        """Repeat the POST until it succeeds, while other services may not know yet what `body` names."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return await self.post(path, body, who)
            except RequestRefused as refusal:
                if refusal.status not in waiting | UNAVAILABLE or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def list_all(self, path: str, who: dict[str, str], **query: str) -> AsyncIterator[Document]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            parameters = {**query, "limit": "200", **({"cursor": cursor} if cursor else {})}
            page = await self.send("GET", path, who, params=parameters)
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def find_by_name(self, path: str, name: str, who: dict[str, str]) -> Document | None:
        async for item in self.list_all(path, who):
            if item["name"] == name:
                return item
        return None

    async def get_or_create(self, path: str, body: Document, who: dict[str, str]) -> Document:
        """Return the item with the name in `body`, or create it: a second run duplicates nothing."""
        return await self.find_by_name(path, body["name"], who) or await self.post(path, body, who)
