"""The states of planned maintenance and of waivers."""

from enum import StrEnum


class MaintenanceState(StrEnum):
    ANNOUNCED = "announced"
    APPROVED = "approved"
    REFUSED = "refused"
    UNDER_WAY = "under_way"
    DONE = "done"
    CANCELLED = "cancelled"


STATES_BEFORE_WORK = frozenset({MaintenanceState.ANNOUNCED, MaintenanceState.APPROVED})
OPEN_STATES = STATES_BEFORE_WORK | {MaintenanceState.UNDER_WAY}


class WaiverState(StrEnum):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"


class AffectedKind(StrEnum):
    SERVICE = "service"
    OFFERING = "offering"
    AGREEMENT = "agreement"
