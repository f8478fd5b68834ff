"""The rules of planned maintenance and waivers: how they are announced, approved, carried out and revoked."""

from common.errors import Conflict, Invalid


class MaintenanceNotApproved(Conflict, slug="maintenance-not-approved"):
    """Maintenance starts only after it was approved."""


class MaintenanceNotUnderWay(Conflict, slug="maintenance-not-under-way"):
    """Maintenance has to be started before it can be completed."""


class MaintenanceAlreadyBegun(Conflict, slug="maintenance-already-begun"):
    """Maintenance that has started can only be completed or cancelled."""


class MaintenanceOver(Conflict, slug="maintenance-over"):
    """Maintenance that was refused, cancelled or done does not change: announce other work anew."""


class MaintenanceAlreadyDecided(Conflict, slug="maintenance-already-decided"):
    """Each side decides once on an announcement; changed windows are another announcement."""


class OwnMaintenanceApproved(Conflict, slug="own-maintenance-approved"):
    """Maintenance has to be approved or refused by somebody else than the person who announced it."""


class WindowsAlreadyAnnounced(Conflict, slug="windows-already-announced"):
    """A change of windows has to change at least one window."""


class WindowOver(Invalid, slug="window-over"):
    """A window that is over can neither be announced nor taken back."""


class MaintenanceTargetUnknown(Invalid, slug="maintenance-target-unknown"):
    """Maintenance affects services, offerings or agreements that exist."""


class AgreementNotSigned(Conflict, slug="agreement-not-signed"):
    """Time can be waived only under an agreement that both sides have signed."""


class ObjectiveNotPromised(Invalid, slug="objective-not-promised"):
    """A waiver names only objectives of its agreement."""


class OwnWaiverApproved(Conflict, slug="own-waiver-approved"):
    """A waiver is approved by somebody else than its requester, and by another person for each side."""


class WaiverAlreadyApproved(Conflict, slug="waiver-already-approved"):
    """Each side approves a waiver only once."""


class WaiverAlreadyDecided(Conflict, slug="waiver-already-decided"):
    """A waiver is granted or refused only once."""


class WaiverNotGranted(Conflict, slug="waiver-not-granted"):
    """A waiver has to be granted before it can be revoked."""


class ProviderApprovalNotNeeded(Conflict, slug="provider-approval-not-needed"):
    """The provider approves a waiver only if both sides have to."""
