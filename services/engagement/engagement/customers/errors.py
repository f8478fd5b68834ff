"""The rules of customers and their people that a request can break."""

from common.errors import Conflict, Invalid


class CustomerNameTaken(Conflict, slug="customer-name-taken"):
    """Each customer has a name of its own."""


class ParentNotRegistered(Invalid, slug="parent-not-registered"):
    """The parent of a customer is a registered customer."""


class ParentCycle(Conflict, slug="parent-cycle"):
    """A customer is never above itself."""


class EmailAlreadyUsed(Conflict, slug="email-already-used"):
    """An email address belongs to one of a customer's people at a time."""


class PersonHasLeft(Conflict, slug="person-has-left"):
    """A person who has left cannot be changed; they can join again."""


class DateOutOfOrder(Invalid, slug="date-out-of-order"):
    """People join and leave today or earlier, and leave no earlier than they joined."""
