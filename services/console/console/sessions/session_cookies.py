"""The cookies of the console: the session, and what has to be kept while a person signs in at the provider."""

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from console.sessions.sealed_cookies import CookieSealer, join_parts, list_part_names, split_into_parts

Content = TypeVar("Content", bound=BaseModel)


class SessionCookies:
    """Keeps one kind of content in sealed cookies, for this host only and out of reach of scripts."""

    def __init__(self, secret: str, name: str, *, is_secure: bool) -> None:
        self._sealer = CookieSealer(secret, name)
        self._name = f"__Host-{name}" if is_secure else name
        self._is_secure = is_secure

    def read(self, request: Request, kind: type[Content]) -> Content | None:
        content = self._sealer.open(join_parts(self._name, request.cookies))
        try:
            return kind.model_validate_json(content) if content else None
        except ValidationError:
            return None

    def write(self, request: Request, answer: Response, content: BaseModel, until: datetime, now: datetime) -> None:
        """Set the cookies. Raise ContentTooLong."""
        text = self._sealer.seal(content.model_dump_json().encode())
        seconds = max(int((until - now).total_seconds()), 0)
        for name, part in split_into_parts(self._name, text):
            if part:
                self._set(answer, name, part, seconds)
            elif name in request.cookies:
                self._set(answer, name, "", 0)

    def delete(self, request: Request, answer: Response) -> None:
        for name in list_part_names(self._name):
            if name in request.cookies:
                self._set(answer, name, "", 0)

    def _set(self, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self._is_secure, httponly=True, samesite="lax")
