"""The states of planned maintenance, and the kinds of what it affects."""

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


class AffectedKind(StrEnum):
    SERVICE = "service"
    OFFERING = "offering"
    AGREEMENT = "agreement"
