"""The states of an improvement."""

from enum import StrEnum

from sla.improvements.effect.verdict import ImprovementVerdict


class ImprovementState(StrEnum):
    PROPOSED = "proposed"
    ASSESSED = "assessed"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    IMPLEMENTED = "implemented"
    VERIFYING = "verifying"
    """It has been in place for a whole period; points are measured."""
    EFFECTIVE = "effective"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    CLOSED = "closed"
    REJECTED = "rejected"


NOT_STARTED_STATES = frozenset({ImprovementState.PROPOSED, ImprovementState.ASSESSED, ImprovementState.APPROVED})
VERIFIED_STATES = frozenset(ImprovementState(verdict) for verdict in ImprovementVerdict)
