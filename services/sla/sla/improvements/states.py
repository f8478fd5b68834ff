"""The states of an improvement, and the rules it goes by."""

from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError


class ImprovementState(StrEnum):
    PROPOSED = "proposed"
    ASSESSED = "assessed"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    IMPLEMENTED = "implemented"
    VERIFYING = "verifying"
    """It was in place for a whole period, which is measured."""
    EFFECTIVE = "effective"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    CLOSED = "closed"
    REJECTED = "rejected"


NOT_STARTED_STATES = frozenset({ImprovementState.PROPOSED, ImprovementState.ASSESSED, ImprovementState.APPROVED})
VERIFIED_STATES = frozenset(
    {
        ImprovementState.EFFECTIVE,
        ImprovementState.NO_EFFECT,
        ImprovementState.WORSE,
        ImprovementState.INCONCLUSIVE,
    }
)


class ImprovementNotProposed(DomainError, slug="improvement-not-proposed"):
    """What is assessed is proposed, or assessed again before it is approved."""


class ImprovementNotAssessed(DomainError, slug="improvement-not-assessed"):
    """An improvement is approved after it was assessed."""


class ImprovementApprovedByProposer(DomainError, slug="improvement-approved-by-proposer"):
    """Four eyes: who proposed an improvement does not approve it."""


class ImprovementAlreadyStarted(DomainError, slug="improvement-begun"):
    """Once an improvement has begun, it is not rejected any more, and what it is measured by stays."""


class ImprovementAlreadyRejected(DomainError, slug="improvement-already-rejected"):
    """What was rejected does not change: who wants it still proposes it anew."""


class ImprovementNotApproved(DomainError, slug="improvement-not-approved"):
    """An improvement begins after it was approved."""


class MeasureNotRegistered(DomainError, slug="measure-not-registered"):
    """What an improvement is measured by is registered before it is approved."""


class RegistrationApproved(DomainError, slug="registration-approved"):
    """What an improvement is measured by is approved with it, and stays as it was approved."""


class ImprovementNotInProgress(DomainError, slug="improvement-not-in-progress"):
    """What is implemented was in progress."""


class ImprovementNotImplemented(DomainError, slug="improvement-not-verifying"):
    """A verdict is given of what is implemented."""


class VerificationNotDue(DomainError, slug="verification-not-due"):
    """A verdict is given when as many points have come as were registered: looking again and again finds anything."""


class ImprovementNotInconclusive(DomainError, slug="improvement-not-inconclusive"):
    """Only where nothing could be concluded, it is measured for longer."""


class ImprovementNotVerified(DomainError, slug="improvement-not-verified"):
    """An improvement is closed after it was verified."""


class CustomersNotNotified(DomainError, slug="not-everybody-told"):
    """An improvement is closed when everybody who complained has been told what became of it."""


class CustomerAlreadyNotified(DomainError, slug="customer-already-told"):
    """They were told already."""


class ImprovementNoticeNotFound(DomainError, slug="no-such-notice"):
    """There is no such notice of this improvement."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND


class ImplementationTimeOutOfRange(DomainError, slug="implemented-in-future"):
    """What was implemented, was: no earlier than it began, and no later than now."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class BaselineNotOver(DomainError, slug="baseline-not-over"):
    """The baseline is over when it is registered."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementMeasureUnknown(DomainError, slug="improvement-measure-unknown"):
    """An improvement is measured by an indicator that is defined."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementSourceUnknown(DomainError, slug="improvement-source-unknown"):
    """An improvement comes from issues that exist."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementCustomerUnknown(DomainError, slug="improvement-customer-unknown"):
    """An improvement is for customers that are registered."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ExtensionTooShort(DomainError, slug="no-longer-verification"):
    """To measure for longer is to look at more periods than before."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY
