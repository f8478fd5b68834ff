"""The one document of all services, made anew when a service has changed its own."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from common.http.documentation.merged_document import merge_documents
from common.http.documentation.served_document import ServedDocument
from console.calls.errors import ServiceAway
from console.calls.service_client import SERVICES, ServiceClient

BUILD_SECONDS = 35.0
"""A service builds its document when it is first asked for it, which takes a busy machine some seconds."""


@dataclass
class MergedReference:
    _documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    _tags: dict[str, str] = field(default_factory=dict)
    _served: ServedDocument | None = None

    async def read(self, client: ServiceClient) -> ServedDocument:
        """Ask every service for its document, and merge them if one has changed. Raise ServiceAway."""
        answers = await asyncio.gather(*(self._ask(client, service) for service in SERVICES))
        changed = [answer for answer in answers if answer is not None]
        for service, answer in changed:
            self._documents[service], self._tags[service] = answer.json(), answer.headers.get("etag", "")
        if changed or self._served is None:
            self._served = ServedDocument.build(merge_documents([self._documents[name] for name in SERVICES]))
        return self._served

    async def _ask(self, client: ServiceClient, service: str) -> tuple[str, httpx.Response] | None:
        """Return the service's document, or None if it is still the one that is held."""
        conditions = {"If-None-Match": self._tags[service]} if service in self._tags else {}
        answer = await client.send("GET", f"/{service}/openapi.json", conditions, timeout=BUILD_SECONDS)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if answer.is_error:
            raise ServiceAway(f"The service {service} does not answer right now. Try again in a moment.")
        return service, answer
