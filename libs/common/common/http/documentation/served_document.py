"""The OpenAPI document as it is served: compressed, and not at all to those who have it already."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import orjson
from fastapi import FastAPI, Request, Response

from common.http.conventions.entity_tags import NOT_MODIFIED, holds


@dataclass(frozen=True, slots=True)
class ServedDocument:
    plain: bytes
    compressed: bytes
    etag: str

    @classmethod
    def build(cls, document: dict[str, Any]) -> Self:
        plain = orjson.dumps(document)
        return cls(plain, gzip.compress(plain), f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"')

    def answer(self, request: Request) -> Response:
        headers = {"ETag": self.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if holds(request, self.etag):
            return Response(status_code=NOT_MODIFIED, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.compressed, 200, headers | {"Content-Encoding": "gzip"}, "application/json")
        return Response(self.plain, 200, headers, "application/json")


def install(app: FastAPI, root: str) -> None:
    """Serve `{root}/openapi.json`, which is built when it is first requested."""
    build = cache(lambda: ServedDocument.build(app.openapi()))

    @app.get(f"{root}/openapi.json", include_in_schema=False)
    async def document(request: Request) -> Response:
        return build().answer(request)
