"""The states of planned maintenance and of waivers, and the rules by which they change."""

from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import RuleBroken
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


class MaintenanceNotApproved(RuleBroken, slug="maintenance-not-approved"):
    """Work begins when somebody whose say it is has approved it."""


class MaintenanceNotUnderWay(RuleBroken, slug="maintenance-not-under-way"):
    """What is done was begun."""


class MaintenanceAlreadyBegun(RuleBroken, slug="maintenance-already-begun"):
    """Work is begun once."""


class MaintenanceOver(RuleBroken, slug="maintenance-over"):
    """What was refused, cancelled or done does not change: other work is announced anew."""


class MaintenanceAlreadyDecided(RuleBroken, slug="maintenance-already-decided"):
    """Each side approves or refuses an announcement once; changed windows are another announcement."""


class OwnMaintenanceApproved(RuleBroken, slug="own-maintenance-approved"):
    """Maintenance is approved by somebody else than who announced it."""


class WindowsAlreadyAnnounced(RuleBroken, slug="windows-already-announced"):
    """A change of windows changes them."""


class WindowOver(RuleBroken, slug="window-over"):
    """What is announced, or given up, lies ahead or is under way: what has been stays on the record."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingAffected(RuleBroken, slug="nothing-affected"):
    """Maintenance is announced for services, offerings or agreements there are."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AgreementNotSigned(RuleBroken, slug="agreement-not-signed"):
    """What is waived was promised: by an agreement both sides have signed."""


class ObjectiveNotPromised(RuleBroken, slug="objective-not-promised"):
    """A waiver names objectives of its agreement."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class OwnWaiverApproved(RuleBroken, slug="own-waiver-approved"):
    """A waiver is approved by somebody else than who asked for it, for each side by another person."""


class WaiverAlreadyApproved(RuleBroken, slug="waiver-already-approved"):
    """Each side approves a waiver once."""


class WaiverAlreadyDecided(RuleBroken, slug="waiver-already-decided"):
    """A waiver is granted or refused once."""


class WaiverNotGranted(RuleBroken, slug="waiver-not-granted"):
    """Only a waiver that was granted can be revoked."""


class ApprovalNotNeeded(RuleBroken, slug="approval-not-needed"):
    """The provider approves a waiver only where both sides have to."""


BEFORE_WORK = frozenset({MaintenanceState.ANNOUNCED, MaintenanceState.APPROVED})
OPEN = BEFORE_WORK | {MaintenanceState.UNDER_WAY}


def check_open(state: MaintenanceState, allowed: frozenset[MaintenanceState] = OPEN) -> None:
    if state not in OPEN:
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


def check_waivable(state: WaiverState, side: Side, *, both_sides: bool) -> None:
    if state is not WaiverState.REQUESTED:
        raise WaiverAlreadyDecided(f"This waiver is {state}.")
    if side is Side.PROVIDER and not both_sides:
        raise ApprovalNotNeeded("The customer alone approves this waiver.")
