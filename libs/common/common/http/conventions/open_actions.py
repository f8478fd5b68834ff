"""The actions that are open to whoever asks: of the right role, and on what is in a state that allows them.

Each is listed by the roles that may take it, and by the check that the action itself makes before it changes anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import Field

from common.errors import DomainError
from common.http.request_scope import RequireRole
from common.unit_of_work import UnitOfWork

E = TypeVar("E")
ActionNames = Annotated[
    list[str], Field(description="The actions that are open to the caller: of its role, and in the present state.")
]


@dataclass(frozen=True)
class OpenAction(Generic[E]):
    access: Any
    """`AsOwner` and the like: who may take the action."""
    check: Callable[[UnitOfWork, E], object]
    """The check that the action makes; it raises what forbids the action."""

    def is_open(self, work: UnitOfWork, entity: E) -> bool:
        if not _find_requirement(self.access).admits(work.principal):
            return False
        try:
            self.check(work, entity)
        except DomainError:
            return False
        return True


def _find_requirement(access: Any) -> RequireRole:
    requirement = get_args(access)[1].dependency
    if not isinstance(requirement, RequireRole):
        raise TypeError(f"{access} requires no role")
    return requirement


def list_open_actions(work: UnitOfWork, actions: Mapping[str, OpenAction[E]], entity: E) -> list[str]:
    """List the names of the actions that are open to the principal on the entity."""
    return [name for name, action in actions.items() if action.is_open(work, entity)]
