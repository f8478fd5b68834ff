"""The scope of a request: one unit of work, committed before the response leaves."""

import inspect
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from functools import cached_property
from types import UnionType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.openapi.models import HTTPBearer
from fastapi.params import Query
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import Match
from starlette.types import Scope

from common.auth.api_keys import ISSUING_KEYS
from common.auth.principal import Principal, Role
from common.database.transient_errors import is_lost_race
from common.errors import Forbidden, Malformed, PreconditionRequired, Unauthenticated
from common.http.body_limits import ErrorLimit
from common.http.context import correlation_id
from common.http.conventions.entity_tags import TAG_PATTERN, answer_read, tag_answer
from common.http.idempotency import IdempotentRequest
from common.http.locations import CREATED, LOCATION, find_item_path, set_location
from common.http.query_parameters import check_query, is_list
from common.names.references import with_references
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork

MAX_ATTEMPTS = 3
READ_METHODS = frozenset({"GET", "HEAD"})
ANONYMOUS = Principal(subject="anonymous")
MONITOR_CHALLENGES = 'Bearer realm="rapport", Basic realm="rapport"'
"""Amazon SNS sends the password of its address only when it is asked for it. Browsers would show a dialog for it, so
people are asked for a bearer token only.
"""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class UnitOfWorkRoute(APIRoute):
    """A route that opens a unit of work for each request, and retries it when its transaction loses a race."""

    item_path: str | None = None
    """Where what the route creates is read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, with_references(_limit_errors(endpoint)), **options)

    @cached_property
    def requirements(self) -> Sequence["RequireRole"]:
        """List what the route requires of its caller."""
        return _find_requirements(self.dependant)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        handle_and_locate = self._with_location(handle)
        requirements = self.requirements
        parameters = self._list_strict_parameters(requirements)

        async def open_scope(request: Request) -> Response:
            # Before the body is read and before any SQL, both of which the framework does earlier than dependencies.
            for requirement in requirements:
                await requirement.authorise(request)
            check_query(request, parameters)
            if request.method in READ_METHODS:
                return await _read(request, handle)
            return await _change_with_retries(request, handle_and_locate)

        return open_scope

    def _list_strict_parameters(self, requirements: Sequence["RequireRole"]) -> dict[str, bool] | None:
        """List the query parameters of a route of people, and whether each takes several values.

        None where programs and links of others may add their own.
        """
        if not requirements or any(requirement.scope for requirement in requirements):
            return None
        fields = get_flat_params(self.dependant)
        return {
            field.alias: is_list(field.field_info.annotation) for field in fields if isinstance(field.field_info, Query)
        }

    def _with_location(self, handle: Handler) -> Handler:
        async def handle_and_locate(request: Request) -> Response:
            answer = await handle(request)
            set_location(request, answer, self.item_path)
            return answer

        return handle_and_locate


def _limit_errors(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Have a body with very many errors given up, all of which the framework would describe."""
    signature = inspect.signature(endpoint)
    parameters = [_limit_parameter(parameter) for parameter in signature.parameters.values()]
    endpoint.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # functions take any
    return endpoint


def _limit_parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    kind = parameter.annotation
    members = kind.__args__ if isinstance(kind, UnionType) else (kind,)
    is_body = any(isinstance(member, type) and issubclass(member, BaseModel) for member in members)
    return parameter.replace(annotation=Annotated[kind, ErrorLimit()]) if is_body else parameter


async def _change_with_retries(request: Request, handle: Handler) -> Response:
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return await _change(request, handle)
        except DBAPIError as error:
            if not is_lost_race(error):
                raise
    return await _change(request, handle)


class Router(APIRouter):
    """An APIRouter whose routes each open a unit of work."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=UnitOfWorkRoute, **options)

    @cached_property
    def _first_words(self) -> frozenset[str]:
        """Return the first words of the paths; a path that begins with a parameter counts as the empty word."""
        words = [route.path.split("/")[1] for route in self.routes if isinstance(route, UnitOfWorkRoute)]
        return frozenset("" if "{" in word else word for word in words)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Skip all routes of the router at once when none can match, which FastAPI would try one by one."""
        if self._first_words.isdisjoint(scope["path"].split("/")):
            return Match.NONE, {}
        return super().matches(scope)


def connect_routes(routers: Iterable[APIRouter]) -> None:
    """Let the routes of a service know each other: what a POST of one router creates, a GET of another may read."""
    routes = [route for router in routers for route in router.routes]
    for route in routes:
        if isinstance(route, UnitOfWorkRoute) and (path := find_item_path(route, routes)):
            route.item_path = path
            route.responses = {**route.responses, CREATED: {"headers": {"Location": LOCATION}}}


async def _read(request: Request, handle: Handler) -> Response:
    """Handle a reading request without a transaction, as each statement sees what is committed anyway."""
    async with aclosing(get_runtime(request).database.read_sessions()) as session:
        work = _open_work(request, session)
        answer = await handle(request)
        if work.has_changes:
            raise TypeError(f"{request.method} {request.url.path} made changes, which a reading request may not")
        return answer_read(request, answer, work.tagged_version)


async def _change(request: Request, handle: Handler) -> Response:
    runtime = get_runtime(request)
    async with aclosing(runtime.database.sessions()) as session:  # a session's own exit starts a task
        work = _open_work(request, session)
        repetition = await _repetition(request)
        if repetition and (earlier := await repetition.find_earlier_response(work, runtime.tables)):
            return earlier
        answer = await handle(request)
        await work.flush()
        if work.tagged_version is not None:
            tag_answer(answer, work.tagged_version)
        if (
            repetition and answer.headers.get("cache-control") != "no-store"
        ):  # a secret that is shown once is not stored
            await repetition.save_response(work, runtime.tables, answer)
        await runtime.complete(work)
        return answer


def _open_work(request: Request, session: AsyncSession) -> UnitOfWork:
    work = get_runtime(request).build_unit_of_work(session, ANONYMOUS, correlation_id.get(), None)
    request.state.work = work
    return work


async def _repetition(request: Request) -> IdempotentRequest | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST" or "\x00" in request.url.path:  # an address that is none
        return None
    credentials = {"authorization", "x-api-key"}.intersection(request.headers)
    principal = await _authenticate(request) if credentials else ANONYMOUS  # some routes allow anyone
    return IdempotentRequest(key, principal, request, await request.body())


async def _authenticate(request: Request) -> Principal:
    """Authenticate the request once, however often the result is needed."""
    if not hasattr(request.state, "principal"):
        request.state.principal = await get_runtime(request).authenticator.authenticate(request)
    principal: Principal = request.state.principal
    return principal


def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


# A coroutine although nothing is awaited: FastAPI runs other dependencies in a thread, which costs more.
async def get_unit_of_work(request: Request) -> UnitOfWork:
    """Return the unit of work of a route that needs no authentication."""
    work: UnitOfWork = request.state.work
    return work


class RequireRole(SecurityBase):
    """Gives the unit of work to people in one of `roles`, and monitors whose key includes `scope`."""

    scheme_name = "HTTPBearer"
    model = HTTPBearer(description="An access token of the installation's issuer, or a monitor's key.")

    def __init__(self, *roles: Role, scope: str | None = None) -> None:
        self.roles = roles
        self.scope = scope

    async def __call__(self, request: Request) -> UnitOfWork:
        work = await get_unit_of_work(request)
        work.principal = await self.authorise(request)
        return work

    async def authorise(self, request: Request) -> Principal:
        """Return the caller. Raise Unauthenticated, or Forbidden without one of the roles or the scope."""
        try:
            principal = await _authenticate(request)
        except Unauthenticated as error:
            if self.scope is not None:
                error.headers = {"WWW-Authenticate": MONITOR_CHALLENGES}
            raise
        if not self.admits(principal):
            raise Forbidden(self._refuse(principal))
        return principal

    def admits(self, principal: Principal) -> bool:
        return principal.has_role(*self.roles) or bool(self.scope and principal.has_scope(self.scope))

    def _refuse(self, principal: Principal) -> str:
        if principal.kind == "monitor" and self.scope:
            scopes = ", ".join(sorted(principal.scopes))
            return f"This needs a key with the scope {self.scope}; the scope of this one is {scopes}."
        if principal.kind == "monitor":
            return f"A monitor's key only pushes. This needs a person's token with one of the roles {self._role_list}."
        bound = " A token with a customer has no role but customer." if principal.is_bound else ""
        if self.scope:
            return f"This needs a monitor's API key, or the role {self._role_list}: {ISSUING_KEYS}.{bound}"
        return f"This needs one of the roles {self._role_list}.{bound}"

    @property
    def _role_list(self) -> str:
        return ", ".join(self.roles)


def _find_requirements(dependant: Dependant) -> list[RequireRole]:
    """Find what a route requires of its caller, in its dependencies and theirs."""
    own = [dependant.call] if isinstance(dependant.call, RequireRole) else []
    return [*own, *(requirement for part in dependant.dependencies for requirement in _find_requirements(part))]


AsAnyone = Annotated[UnitOfWork, Depends(get_unit_of_work)]
AsReader = Annotated[UnitOfWork, Depends(RequireRole(*Role))]
AsStaff = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner, Role.viewer))]
AsCustomer = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.customer))]
AsOwner = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner))]
AsParticipant = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner, Role.customer))]
AsManager = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager))]
AsAdmin = Annotated[UnitOfWork, Depends(RequireRole(Role.admin))]
AsMonitor = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, scope="push"))]


async def _if_match(
    value: Annotated[
        str | None, Header(alias="If-Match", description="The ETag of the version that is changed.")
    ] = None,
) -> int:
    if value is None:
        raise PreconditionRequired("Send If-Match with the ETag of the version you change.", field="If-Match")
    match = re.fullmatch(TAG_PATTERN, value.strip())
    if not match:
        raise Malformed('must be an ETag as it was received, such as "3"', field="If-Match")
    return int(match[1])


IfMatch = Annotated[int, Depends(_if_match)]
