"""The rules of service level requirements: what can be asked for, answered, refused and withdrawn."""

from common.errors import Conflict, Invalid, NotKnownYet


class ServiceNotPublished(NotKnownYet, slug="service-not-published"):
    """A requirement names a service of the catalog, or an offering of that service."""


class RequirementUnknown(Invalid, slug="requirement-unknown"):
    """An objective answers only requirements of the agreement's customer."""


class RequirementClosed(Invalid, slug="requirement-closed"):
    """An objective cannot answer a requirement that was refused or withdrawn: submit it again."""


class RequirementAlreadyAnswered(Conflict, slug="requirement-already-answered"):
    """A requirement that an objective in force answers stays open: amend the agreement first."""


class RequirementAlreadyRefused(Conflict, slug="requirement-already-refused"):
    """A refused requirement does not change: submit it again."""


class RequirementAlreadyWithdrawn(Conflict, slug="requirement-already-withdrawn"):
    """A withdrawn requirement does not change: submit it again."""
