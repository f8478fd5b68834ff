"""Entity tags: they name what an answer says, so that nobody who holds it has to be sent it again."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from fastapi import Request, Response

NOT_MODIFIED = 304
TAG_PATTERN = r'(?:W/)?"(\d{1,18})(?:\.[0-9a-f]{1,64})?(?:-[a-z]{1,8})?"'
"""The tag of an entity as If-Match takes it; what follows the version names the answer, not the entity, and last
how a gateway compressed it, as Caddy does.
"""

_DIGEST_BYTES = 12
_KEPT_HEADERS = ("etag", "cache-control", "vary")
_TO_BE_ASKED_FOR = {"cache-control": "private, no-cache", "vary": "Authorization, X-API-Key"}
"""Whoever asked may keep the answer, and asks each time whether it still holds."""


def tag_answer(answer: Response, version: int | None) -> Response:
    """Set the tag `"<version>.<hash of the body>"` of an entity, or the weak `W/"<hash of the body>"` without one."""
    if hasattr(answer, "body"):  # a stream has none
        digest = blake2b(answer.body, digest_size=_DIGEST_BYTES).hexdigest()
        answer.headers["etag"] = f'W/"{digest}"' if version is None else f'"{version}.{digest}"'
    return answer


def answer_read(request: Request, answer: Response, version: int | None) -> Response:
    """Tag the answer to a reading request; return 304 instead if its sender holds it already."""
    if not _is_readable_again(answer):
        return answer
    tag_answer(answer, version).headers.update(_TO_BE_ASKED_FOR)
    if not holds(request, answer.headers["etag"]):
        return answer
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS}
    return Response(status_code=NOT_MODIFIED, headers=headers)


def holds(request: Request, tag: str) -> bool:
    """Tell whether If-None-Match names the tag, weak or strong, or any at all."""
    names = [name.strip() for header in request.headers.getlist("if-none-match") for name in header.split(",")]
    return "*" in names or _weaken([tag]) <= _weaken(names)


def _weaken(tags: Iterable[str]) -> set[str]:
    return {re.sub(r'-[a-z]{1,8}"$', '"', tag.removeprefix("W/")) for tag in tags}


def _is_readable_again(answer: Response) -> bool:
    is_json = "json" in answer.headers.get("content-type", "") and hasattr(answer, "body")
    return is_json and answer.headers.get("cache-control") != "no-store"
