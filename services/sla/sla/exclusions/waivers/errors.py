"""The rules of waivers: how they are requested, approved, refused and revoked."""

from common.errors import Conflict, Invalid


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
