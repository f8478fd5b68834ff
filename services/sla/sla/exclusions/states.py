"""The states of planned maintenance and of waivers, and the rules by which they change."""

from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError
from sla.agreements.states import Side


class MaintenanceState(StrEnum):
    ANNOUNCED = "announced"
    APPROVED = "approved"
    REFUSED = "refused"
    UNDER_WAY = "under_way"
    DONE = "done"
    CANCELLED = "cancelled"


class WaiverState(StrEnum):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"


class MaintenanceNotApproved(DomainError, slug="maintenance-not-approved"):
    """Work begins when somebody whose say it is has approved it."""


class MaintenanceNotUnderWay(DomainError, slug="maintenance-not-under-way"):
    """What is done was begun."""


class MaintenanceAlreadyBegun(DomainError, slug="maintenance-already-begun"):
    """Work is begun once."""


class MaintenanceOver(DomainError, slug="maintenance-over"):
    """What was refused, cancelled or done does not change: other work is announced anew."""


class MaintenanceAlreadyDecided(DomainError, slug="maintenance-already-decided"):
    """Each side approves or refuses an announcement once; changed windows are another announcement."""


class OwnMaintenanceApproved(DomainError, slug="own-maintenance-approved"):
    """Maintenance is approved by somebody else than who announced it."""


class WindowsAlreadyAnnounced(DomainError, slug="windows-already-announced"):
    """A change of windows changes them."""


class WindowOver(DomainError, slug="window-over"):
    """What is announced, or given up, lies ahead or is under way: what has been stays on the record."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class MaintenanceTargetUnknown(DomainError, slug="nothing-affected"):
    """Maintenance is announced for services, offerings or agreements there are."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AgreementNotSigned(DomainError, slug="agreement-not-signed"):
    """What is waived was promised: by an agreement both sides have signed."""


class ObjectiveNotPromised(DomainError, slug="objective-not-promised"):
    """A waiver names objectives of its agreement."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class OwnWaiverApproved(DomainError, slug="own-waiver-approved"):
    """A waiver is approved by somebody else than who asked for it, for each side by another person."""


class WaiverAlreadyApproved(DomainError, slug="waiver-already-approved"):
    """Each side approves a waiver once."""


class WaiverAlreadyDecided(DomainError, slug="waiver-already-decided"):
    """A waiver is granted or refused once."""


class WaiverNotGranted(DomainError, slug="waiver-not-granted"):
    """Only a waiver that was granted can be revoked."""


class ProviderApprovalNotNeeded(DomainError, slug="approval-not-needed"):
    """The provider approves a waiver only where both sides have to."""


STATES_BEFORE_WORK = frozenset({MaintenanceState.ANNOUNCED, MaintenanceState.APPROVED})
OPEN_STATES = STATES_BEFORE_WORK | {MaintenanceState.UNDER_WAY}


def check_open(state: MaintenanceState, allowed: frozenset[MaintenanceState] = OPEN_STATES) -> None:
    if state not in OPEN_STATES:
        raise MaintenanceOver(f"This maintenance is {state}.")
    if state not in allowed:
        raise MaintenanceAlreadyBegun("The work is under way.")


def check_decidable(state: MaintenanceState) -> None:
    """Decisions on work that is done come late, and count: it was announced in time, or was not."""
    if state in (MaintenanceState.REFUSED, MaintenanceState.CANCELLED):
        raise MaintenanceOver(f"This maintenance is {state}.")


def check_approver(subject: str, announced_by: str) -> None:
    if subject == announced_by:
        raise OwnMaintenanceApproved("You have announced this maintenance.")


def check_waiver_decidable(state: WaiverState, side: Side, *, both_sides: bool) -> None:
    if state is not WaiverState.REQUESTED:
        raise WaiverAlreadyDecided(f"This waiver is {state}.")
    if side is Side.PROVIDER and not both_sides:
        raise ProviderApprovalNotNeeded("The customer alone approves this waiver.")
