"""What every way to sign in offers to the rest of the console."""

import re
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.routing import Route

from console.sessions.session import Session

SIGN_IN_PATH = "/console/sign-in"
PAGE_PATTERN = re.compile(r"/(console/[A-Za-z0-9/_-]*(\?[A-Za-z0-9_=&%.-]*)?)?")
"""The addresses of the console's own pages, to which a person can be sent after signing in."""


class SignIn(Protocol):
    is_for_trying: bool
    """Whether anybody can choose who to be, as where Rapport is tried."""

    @property
    def routes(self) -> list[Route]: ...

    async def close(self) -> None: ...

    def get_origin(self, request: Request) -> str:
        """Return the origin of the console's pages as this request reaches them."""

    async def renew(self, session: Session, until: datetime) -> Session | None:
        """Return the session with new tokens, or None if the person has to sign in again.

        Where nobody can say, the session goes on with tokens that are good `until` then.
        """

    async def revoke(self, session: Session) -> None:
        """Have the provider renew the session's tokens no more, if it can."""

    def get_sign_out_origin(self) -> str:
        """Return the origin of the provider's page that signs out, if it has one."""

    async def find_sign_out_url(self, session: Session) -> str | None:
        """Return the address at which the provider signs the person out, if it has one."""


def choose_page(path: str | None) -> str:
    """Return the path if it is a page of the console, else the start page: nobody is sent elsewhere."""
    return path if path and PAGE_PATTERN.fullmatch(path) and not path.startswith("//") else "/"
