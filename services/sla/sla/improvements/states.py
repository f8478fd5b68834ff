"""The states of an improvement, and the rules it goes by."""

from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import RuleBroken


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


UNDECIDED = frozenset({ImprovementState.PROPOSED, ImprovementState.ASSESSED, ImprovementState.APPROVED})
VERIFIED = frozenset(
    {
        ImprovementState.EFFECTIVE,
        ImprovementState.NO_EFFECT,
        ImprovementState.WORSE,
        ImprovementState.INCONCLUSIVE,
    }
)


class ImprovementNotProposed(RuleBroken):
    """What is assessed is proposed, or assessed again before it is approved."""


class ImprovementNotAssessed(RuleBroken):
    """An improvement is approved after it was assessed."""


class ImprovementApprovedByProposer(RuleBroken):
    """Four eyes: who proposed an improvement does not approve it."""


class ImprovementBegun(RuleBroken):
    """Once an improvement has begun, it is not rejected any more, and what it is measured by stays."""


class ImprovementAlreadyRejected(RuleBroken):
    """What was rejected does not change: who wants it still proposes it anew."""


class ImprovementNotApproved(RuleBroken):
    """An improvement begins after it was approved."""


class MeasureNotRegistered(RuleBroken):
    """What an improvement is measured by is registered before it is approved."""


class RegistrationApproved(RuleBroken):
    """What an improvement is measured by is approved with it, and stays as it was approved."""


class ImprovementNotInProgress(RuleBroken):
    """What is implemented was in progress."""


class ImprovementNotVerifying(RuleBroken):
    """A verdict is given of what is implemented."""


class VerificationNotDue(RuleBroken):
    """A verdict is given when as many points have come as were registered: looking again and again finds anything."""


class ImprovementNotInconclusive(RuleBroken):
    """Only where nothing could be concluded, it is measured for longer."""


class ImprovementNotVerified(RuleBroken):
    """An improvement is closed after it was verified."""


class NotEverybodyTold(RuleBroken):
    """An improvement is closed when everybody who complained has been told what became of it."""


class CustomerAlreadyTold(RuleBroken):
    """They were told already."""


class NoSuchNotice(RuleBroken):
    """There is no such notice of this improvement."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND


class ImplementedInFuture(RuleBroken):
    """What was implemented, was: no earlier than it began, and no later than now."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class BaselineNotOver(RuleBroken):
    """The baseline is over when it is registered."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementMeasureUnknown(RuleBroken):
    """An improvement is measured by an indicator that is defined."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementSourceUnknown(RuleBroken):
    """An improvement comes from issues that exist."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ImprovementCustomerUnknown(RuleBroken):
    """An improvement is for customers that are registered."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoLongerVerification(RuleBroken):
    """To measure for longer is to look at more periods than before."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY
