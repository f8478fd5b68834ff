"""The rules of services and offerings that a request can break."""

from common.errors import Conflict, Invalid


class ServiceNameTaken(Conflict, slug="service-name-taken"):
    """Each service in the catalog has a name of its own."""


class ServiceNotInCatalog(Invalid, slug="service-not-in-catalog"):
    """An offering belongs to a service in the catalog."""


class OfferingNameTaken(Conflict, slug="offering-name-taken"):
    """The offerings of one service that are not retired differ in name or tier."""


class OfferingAlreadyPublished(Conflict, slug="offering-already-published"):
    """An offering is published once."""


class OfferingNotPublished(Conflict, slug="offering-not-published"):
    """Only a published offering can be retired."""


class OfferingNotDraft(Conflict, slug="offering-not-draft"):
    """Only an offering that was never published is deleted; one that was is retired."""


class OfferingAlreadyRetired(Conflict, slug="offering-already-retired"):
    """A retired offering cannot be changed."""


class PublishedNameIsFixed(Conflict, slug="published-name-is-fixed"):
    """The name and tier of a published offering are fixed, as customers agree on them; create another offering."""


class PublishedPriceIsFixed(Conflict, slug="published-price-is-fixed"):
    """The price of a published offering changes today or later, as earlier quotes stay true."""


class OfferingHasLiveAgreements(Conflict, slug="offering-has-live-agreements"):
    """An offering is retired once no agreement on it is live."""
