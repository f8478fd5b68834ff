"""The rules of agreements that a request can break."""

from common.errors import Conflict, DomainError, Invalid, NotKnownYet


class AgreementNotInForce(Conflict, slug="agreement-not-in-force"):
    """An agreement must be signed by both sides and must not have ended."""


class AgreementAlreadySigned(Conflict, slug="agreement-already-signed"):
    """Signed terms do not change; amend them with a new version."""


class AmendmentUnderWay(Conflict, slug="amendment-under-way"):
    """An agreement has at most one amendment under negotiation."""


class AmendmentRewritesHistory(Invalid, slug="amendment-rewrites-history"):
    """An amendment starts on a day for which no statement has been issued."""


class AmendmentAfterEnd(Invalid, slug="amendment-after-end"):
    """An amendment follows the version it amends without a gap."""


class AmendmentChangesTimeZone(Invalid, slug="amendment-changes-time-zone"):
    """All versions of an agreement use one time zone; another zone takes a new agreement."""


class CalendarNotDefined(Invalid, slug="calendar-not-defined"):
    """Terms name closure calendars that exist."""


class CalendarTimeZoneDiffers(Invalid, slug="calendar-time-zone-differs"):
    """A closure calendar is in the time zone of the service hours."""


class CreditsOfWholePeriod(Invalid, slug="credits-of-whole-period"):
    """A volume per period is kept or missed as a whole, so its credits have a single step."""


class CustomerNotRegistered(NotKnownYet, slug="customer-not-registered"):
    """Agreements, requirements and contracts are made with a registered customer."""


class HoursWithoutService(Invalid, slug="hours-without-service"):
    """Hours have service before the last day of the terms, and in ten years as much as objectives allow."""


class IndicatorNotDefined(Invalid, slug="indicator-not-defined"):
    """An objective is measured by an indicator that is defined and not retired."""


class LadderNotShared(Invalid, slug="ladder-not-shared"):
    """Objectives share a ladder if they count the same, and the slightest miss of each owes the same."""


class NegotiationOver(Conflict, slug="negotiation-over"):
    """The negotiation has ended without an agreement; draft a new one."""


class NoPercentilesMeasured(Invalid, slug="no-percentiles-measured"):
    """A percentile is measured by an indicator of kind histogram."""


class NoticeAlreadyAnswered(Conflict, slug="notice-already-answered"):
    """A notice is answered once; a notice that took effect is final."""


class NothingInForce(DomainError, slug="nothing-in-force"):
    """No version of the agreement is in force on this day, as known at that instant."""

    status = 404


class OfferingNotAvailable(Conflict, slug="offering-not-available"):
    """Customers agree on offerings that the catalog has not retired."""


class OfferingNotKnown(NotKnownYet, slug="offering-not-known"):
    """Customers agree on offerings that the catalog has published."""


class OwnNoticeAnswered(Conflict, slug="own-notice-answered"):
    """Consent comes from the other side, and from another person."""


class TerminationGiven(Conflict, slug="termination-given"):
    """The terms and the last day stay as they are after a notice of termination."""


class TermsUnderNegotiation(Conflict, slug="terms-under-negotiation"):
    """Terms that were proposed change only by a proposal of one side to the other."""
