"""Documents and files as they are served: compressed, and not at all to those who have them already."""

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import orjson
from fastapi import FastAPI, Request, Response

from common.http.conventions.entity_tags import NOT_MODIFIED, holds

BUILDER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")
"""One document at a time: FastAPI hides a warning meanwhile (`catch_warnings`), which concerns the whole process."""


@dataclass(frozen=True, slots=True)
class ServedDocument:
    plain: bytes
    compressed: bytes
    etag: str
    media_type: str = "application/json"

    @classmethod
    def build(cls, document: dict[str, Any]) -> Self:
        return cls.from_bytes(orjson.dumps(document))

    @classmethod
    def from_bytes(cls, plain: bytes, media_type: str = "application/json") -> Self:
        return cls(plain, gzip.compress(plain), f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"', media_type)

    def answer(self, request: Request) -> Response:
        headers = {"ETag": self.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if holds(request, self.etag):
            return Response(status_code=NOT_MODIFIED, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.compressed, 200, headers | {"Content-Encoding": "gzip"}, self.media_type)
        return Response(self.plain, 200, headers, self.media_type)


class DocumentBuild:
    """Builds a document once, when it is first requested, in a thread: requests for anything else do not wait."""

    def __init__(self, build: Callable[[], ServedDocument]) -> None:
        self._build = build
        self._building: asyncio.Future[ServedDocument] | None = None

    async def get(self) -> ServedDocument:
        """Return the document, all who wait for it the same; a build that failed is tried again."""
        if self._building is None or _has_failed(self._building):
            self._building = asyncio.get_running_loop().run_in_executor(BUILDER, self._build)
        return await asyncio.shield(self._building)


def _has_failed(building: "asyncio.Future[ServedDocument]") -> bool:
    return building.done() and (building.cancelled() or building.exception() is not None)


def install(app: FastAPI, root: str) -> None:
    """Serve `{root}/openapi.json`, which is built when it is first requested."""
    document = DocumentBuild(lambda: ServedDocument.build(app.openapi()))

    @app.get(f"{root}/openapi.json", include_in_schema=False)
    async def send_document(request: Request) -> Response:
        return (await document.get()).answer(request)
