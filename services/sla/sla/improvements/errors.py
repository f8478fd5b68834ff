"""The rules of the register of improvements that a request can break."""

from common.errors import Conflict, Invalid, NotFound, NotKnownYet


class ImprovementNotProposed(Conflict, slug="improvement-not-proposed"):
    """An improvement is assessed while it is proposed, and again until it is approved."""


class ImprovementNotAssessed(Conflict, slug="improvement-not-assessed"):
    """An improvement must be assessed before it is approved."""


class ImprovementApprovedByProposer(Conflict, slug="improvement-approved-by-proposer"):
    """The person who proposed an improvement cannot approve it."""


class ImprovementAlreadyStarted(Conflict, slug="improvement-already-started"):
    """An improvement that was started cannot be rejected, and its registration does not change."""


class ImprovementAlreadyRejected(Conflict, slug="improvement-already-rejected"):
    """A rejected improvement does not change; propose it again instead."""


class ImprovementNotApproved(Conflict, slug="improvement-not-approved"):
    """An improvement must be approved before it is started."""


class MeasureNotRegistered(Conflict, slug="measure-not-registered"):
    """An improvement must have a registered measure before it is approved or its effect is read."""


class RegistrationApproved(Conflict, slug="registration-approved"):
    """A registration is approved with its improvement, and does not change afterwards."""


class ImprovementNotInProgress(Conflict, slug="improvement-not-in-progress"):
    """An improvement must be in progress before it is implemented."""


class ImprovementNotImplemented(Conflict, slug="improvement-not-implemented"):
    """An improvement must be implemented before its effect is verified."""


class ImprovementNotInconclusive(Conflict, slug="improvement-not-inconclusive"):
    """An improvement is measured for longer only if its verification was inconclusive."""


class ImprovementNotVerified(Conflict, slug="improvement-not-verified"):
    """An improvement must be verified before it is closed."""


class CustomersNotNotified(Conflict, slug="customers-not-notified"):
    """An improvement is closed when all customers with a notice have been notified."""


class CustomerAlreadyNotified(Conflict, slug="customer-already-notified"):
    """The customer has already been notified."""


class ImprovementNoticeNotFound(NotFound, slug="improvement-notice-not-found"):
    """The improvement has no such notice."""


class ImplementationTimeOutOfRange(Invalid, slug="implementation-time-out-of-range"):
    """An improvement is implemented after its start, and not in the future."""


class BaselineNotOver(Invalid, slug="baseline-not-over"):
    """The baseline ends before the day on which it is registered."""


class ImprovementMeasureUnknown(Invalid, slug="improvement-measure-unknown"):
    """An improvement is measured by indicators that are defined."""


class ImprovementSourceUnknown(Invalid, slug="improvement-source-unknown"):
    """An improvement comes from issues that exist."""


class ImprovementCustomerUnknown(NotKnownYet, slug="improvement-customer-unknown"):
    """An improvement is for customers that are registered."""


class ExtensionTooShort(Invalid, slug="extension-too-short"):
    """An extension covers more periods than the verification before."""
