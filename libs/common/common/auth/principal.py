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
    """The customer that the principal is bound to, whatever its roles: it sees the data of no other. None means all."""
    kind: Literal["person", "monitor", "system"] = "person"
    scopes: frozenset[str] = frozenset()
    """The scopes of a monitor's key; people have roles instead."""

    @property
    def is_bound(self) -> bool:
        """Tell whether the principal belongs to a customer, and not to the provider's staff."""
        return self.customer_id is not None

    def has_role(self, *roles: Role) -> bool:
        """Tell whether one of the roles is held. Who is bound to a customer holds no role of the staff, but may read
        what customers may read: what is open to the roles customer and viewer.
        """
        if not self.is_bound:
            return not self.roles.isdisjoint(roles)
        return Role.customer in roles and (Role.customer in self.roles or (Role.viewer in roles and bool(self.roles)))

    def has_scope(self, scope: str) -> bool:
        """Tell whether a monitor's key has the scope: `push` includes `push:samples`."""
        return any(f"{scope}:".startswith(f"{key_scope}:") for key_scope in self.scopes)

    def may_see(self, customer_id: UUID | None) -> bool:
        """Tell whether data of this customer may be seen; data of no customer is the staff's."""
        return not self.is_bound or customer_id == self.customer_id


SYSTEM = Principal(subject="system", kind="system")
