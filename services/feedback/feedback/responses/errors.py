"""The rules of invitations and answers that a request can break."""

from common.errors import Conflict, Invalid, NotKnownYet


class AlreadyAnswered(Conflict, slug="already-answered"):
    """An invitation is answered once: the answer is kept without a link to it and cannot be replaced."""


class CustomerHasNoPeople(Conflict, slug="customer-has-no-people"):
    """The people of a customer are invited, and this customer has none."""


class CustomerNotKnown(NotKnownYet, slug="customer-not-known"):
    """The people of a registered customer are invited."""

    status = 404


class PersonNotOfCustomer(Invalid, slug="person-not-of-customer"):
    """Only people who belong to the customer are invited for it."""


class RatingOffScale(Invalid, slug="rating-off-scale"):
    """A rating lies on the scale of the survey's instrument."""
