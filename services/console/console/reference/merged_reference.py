"""The one document of all services, made anew when a service has changed its own."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from common.http.documentation.merged_document import DocumentsDiffer, merge_documents
from common.http.documentation.served_document import ServedDocument
from console.calls.errors import ServiceAway
from console.calls.service_client import SERVICES, ServiceClient
from console.reference.errors import ReferenceIncomplete

BUILD_SECONDS = 35.0
"""A service builds its document when it is first asked for it, which takes a busy machine some seconds."""


@dataclass
class MergedReference:
    _answers: dict[str, httpx.Response] = field(default_factory=dict)
    _served: ServedDocument | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self, client: ServiceClient) -> ServedDocument:
        """Ask every service for its document, and merge them if one has changed.

        Raise ServiceAway, or ReferenceIncomplete while the services are of different versions.
        """
        async with self._reading:
            answers = await asyncio.gather(*(self._ask(client, service) for service in SERVICES))
            if self._served is None or answers != [self._answers.get(service) for service in SERVICES]:
                self._served = None
                self._answers = dict(zip(SERVICES, answers, strict=True))
                self._served = await asyncio.to_thread(_merge, self._answers)
            return self._served

    async def _ask(self, client: ServiceClient, service: str) -> httpx.Response:
        """Return the answer that holds the service's document: the one that is held, if it still holds."""
        previous = self._answers.get(service)
        conditions = {"If-None-Match": previous.headers["etag"]} if previous and "etag" in previous.headers else {}
        answer = await client.send("GET", f"/{service}/openapi.json", conditions, timeout=BUILD_SECONDS)
        if previous and answer.status_code == httpx.codes.NOT_MODIFIED:
            return previous
        if answer.is_error:
            raise ServiceAway(f"The service {service} does not answer right now. Try again in a moment.")
        return answer


def _merge(answers: dict[str, httpx.Response]) -> ServedDocument:
    documents: dict[str, dict[str, Any]] = {service: answer.json() for service, answer in answers.items()}
    try:
        return ServedDocument.build(merge_documents(documents))
    except DocumentsDiffer as difference:
        raise ReferenceIncomplete(difference) from None
