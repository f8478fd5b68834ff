"""The rules of planned maintenance: how it is announced, approved, carried out and cancelled."""

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


class WindowNotOver(Invalid, slug="window-not-over"):
    """Only windows that are over are entered afterwards; announce others."""


class MaintenanceRecurs(Conflict, slug="maintenance-recurs"):
    """Maintenance that recurs is neither started nor completed: leave single windows out, or cancel it."""


class MaintenanceTargetUnknown(Invalid, slug="maintenance-target-unknown"):
    """Maintenance affects services, offerings or agreements that exist."""
