"""GET /me: who the caller is, and which operations of the service are open to the caller."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.routing import APIRoute
from pydantic import Field

from common.auth.principal import Principal, Role
from common.http.documentation.openapi import to_operation_id
from common.http.query_parameters import check_names
from common.http.request_scope import RequireRole, Router, UnitOfWorkRoute
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import View

MAX_OPERATIONS = 100
Asked = Annotated[
    list[str],
    Query(
        alias="operation",
        max_length=MAX_OPERATIONS,
        description="The ids of the operations that you ask about; all by default. Those not open are left out.",
    ),
]


class OpenOperation(View):
    """An operation that is open to the caller. Each may still refuse: by the state of what it changes, for example."""

    operation_id: Annotated[str, Field(examples=["listOfferings"])]
    method: Annotated[str, Field(examples=["GET"])]
    path: Annotated[str, Field(examples=["/catalog/v1/offerings"])]


class OwnAccess(View):
    """The identity of the caller, and what is open to the caller."""

    subject: Annotated[str, Field(description="The subject of the token, or the name of the key.")]
    kind: Literal["person", "monitor", "system"]
    roles: Annotated[list[Role], Field(description="The roles of a person's token.")]
    customer_id: Annotated[UUID | None, Field(description="The only customer whose data the caller sees; null: all.")]
    customer: Reference | None = look_up("customer")
    scopes: Annotated[list[str], Field(description="The scopes of a monitor's key; people have roles instead.")]
    operations: list[OpenOperation]

    @classmethod
    def build(cls, caller: Principal, operations: list[OpenOperation]) -> Self:
        return cls(
            subject=caller.subject,
            kind=caller.kind,
            roles=sorted(caller.roles),
            customer_id=caller.customer_id,
            scopes=sorted(caller.scopes),
            operations=operations,
        )


class RequireToken(RequireRole):
    """Gives the unit of work to everybody who shows who they are, even without a role."""

    def admits(self, principal: Principal) -> bool:  # noqa: ARG002 - whoever it is
        return True


def own_access_router(service: str, routers: Sequence[APIRouter]) -> Router:
    """Build the router of GET /me, which reads from the routes themselves what they require of their callers."""
    router = Router(prefix="/me", tags=["access"])

    async def read_own_access(
        work: Annotated[UnitOfWork, Depends(RequireToken())],
        asked: Asked = [],  # noqa: B006 - FastAPI copies it
    ) -> OwnAccess:
        """Say who you are and which operations are open to you, so that a page shows no button in vain."""
        routes = [route for part in (*routers, router) for route in part.routes if isinstance(route, UnitOfWorkRoute)]
        described = [(route, describe_operation(service, route)) for route in routes if route.include_in_schema]
        check_names(asked, [operation.operation_id for _, operation in described], "operation", field="operation")
        operations = [operation for route, operation in described if is_open(route, work.principal)]
        return OwnAccess.build(work.principal, [item for item in operations if not asked or item.operation_id in asked])

    router.add_api_route("", read_own_access, name=f"get_my_{service}_access", summary="Read who you are and may do")
    return router


def is_open(route: UnitOfWorkRoute, caller: Principal) -> bool:
    return all(requirement.admits(caller) for requirement in route.requirements)


def describe_operation(service: str, route: APIRoute) -> OpenOperation:
    method = min(route.methods or {"GET"})  # each route has one
    name = route.operation_id or to_operation_id(route)
    return OpenOperation(operation_id=name, method=method, path=f"/{service}/v1{route.path_format}")
