"""The names of customers, offerings and services, by which lines say what an incident concerns."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from common.names import canonical_name


def _sets() -> defaultdict[str, set[UUID]]:
    return defaultdict(set)


@dataclass(frozen=True, slots=True)
class NameBook:
    """The ids by name; a name stands for one thing, or it has to be given by its id."""

    customers: defaultdict[str, set[UUID]] = field(default_factory=_sets)
    offerings: defaultdict[str, set[UUID]] = field(default_factory=_sets)
    services: defaultdict[str, set[UUID]] = field(default_factory=_sets)
    offerings_by_service: defaultdict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    def add_customer(self, name: str, customer_id: UUID) -> None:
        self.customers[_to_key(name)].add(customer_id)

    def add_service(self, name: str, service_id: UUID) -> None:
        self.services[_to_key(name)].add(service_id)

    def add_offering(self, name: str, offering_id: UUID, service_id: UUID) -> None:
        self.offerings[_to_key(name)].add(offering_id)
        self.offerings_by_service[service_id].add(offering_id)

    def find_customer(self, text: str) -> UUID:
        """Return the customer of this name or id. Raise ValueError."""
        return _pick(text, self.customers.get(_to_key(text), ()), "customer")

    def find_service(self, text: str) -> UUID:
        """Return the service of this name or id. Raise ValueError."""
        return _pick(text, self.services.get(_to_key(text), ()), "service")

    def find_offering(self, text: str, service_id: UUID | None) -> UUID:
        """Return the offering of this name or id, of the service if one is given. Raise ValueError."""
        ids = self.offerings.get(_to_key(text), set())
        if service_id is not None:
            ids = ids & self.offerings_by_service.get(service_id, set())
        return _pick(text, ids, "offering")


def _pick(text: str, ids: Collection[UUID], kind: str) -> UUID:
    if len(ids) == 1:
        return next(iter(ids))
    try:
        return UUID(text)
    except ValueError:
        pass
    if ids:
        raise ValueError(f"is the name of {len(ids)} {kind}s: write the id instead")
    raise ValueError(f"is the name of no {kind} that is known here")


def _to_key(name: str) -> str:
    return canonical_name(name).casefold()
