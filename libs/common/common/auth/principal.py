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
    """Answers for services and their offerings."""
    customer = "customer"
    """Speaks for one customer, and sees that customer's data only."""
    viewer = "viewer"
    """Staff who may read."""


@dataclass(frozen=True, slots=True)
class Principal:
    subject: str
    roles: frozenset[Role] = frozenset()
    customer_id: UUID | None = None
    """Whoever carries one sees this customer's data only."""
    kind: Literal["person", "monitor", "system"] = "person"
    scopes: frozenset[str] = frozenset()
    """What a monitor's key opens; people have roles instead."""

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


SYSTEM = Principal(subject="system", kind="system")
