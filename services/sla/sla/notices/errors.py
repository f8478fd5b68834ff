"""The rules of notices that a request can break."""

from common.errors import Conflict, Invalid


class NotSuspended(Conflict, slug="not-suspended"):
    """A resumption ends a suspension that lasts at that time."""


class NothingToRenew(Conflict, slug="nothing-to-renew"):
    """An agreement without a last day has nothing to renew."""


class NoticeTooShort(Invalid, slug="notice-too-short"):
    """A termination keeps to the notice period in the terms, and ends the agreement on one of its days."""


class RenewalNotLater(Invalid, slug="renewal-not-later"):
    """A renewal moves the last day to a later one; amend or terminate for an earlier one."""


class RenewalUnderWay(Conflict, slug="renewal-under-way"):
    """An agreement has at most one renewal that waits for consent."""


class SuspensionOutsideAgreement(Invalid, slug="suspension-outside-agreement"):
    """A suspension begins on a day of the agreement, and ends after it begins."""


class SuspensionsOverlap(Invalid, slug="suspensions-overlap"):
    """An agreement is suspended once at a time."""


class TerminationAfterEnd(Invalid, slug="termination-after-end"):
    """A termination does not move the last day to a later one."""
