"""The caller of a request, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Role(StrEnum):
    admin = "admin"
    manager = "manager"
    """Runs service level management: agreements, customers, surveys."""
    owner = "owner"
    """Is responsible for services and their offerings."""
    customer = "customer"
    """Speaks for one customer and sees only its data."""
    viewer = "viewer"
    """Staff who may read."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request: a person, a monitor, or the system itself."""

    subject: str
    roles: frozenset[Role] = frozenset()
    customer_id: UUID | None = None
    """The only customer whose data the principal may see; None means all."""
    kind: Literal["person", "monitor", "system"] = "person"
    scopes: frozenset[str] = frozenset()
    """The scopes of a monitor's key; people have roles instead."""

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


SYSTEM = Principal(subject="system", kind="system")
