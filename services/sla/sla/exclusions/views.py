"""Windows of maintenance and waivers, and the exclusions of an agreement."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from common.views import Instant, field_error
from sla.exclusions.exclusion_rules import ExclusionCause, ExclusionDecision, ExclusionOutcome
from sla.hours.spans import MINUTE, to_datetime
from sla.hours.views import DurationOutput, TimeRange


class WholeMinuteWindow(TimeRange):
    """A half-open window on whole minutes, since minutes are what is measured."""

    @model_validator(mode="after")
    def _on_minutes(self) -> Self:
        start, end = self.span
        if start % MINUTE or end % MINUTE:
            raise field_error("from" if start % MINUTE else "to", "windows begin and end on whole minutes")
        if start == end:
            raise field_error("to", "the window is empty")
        return self


class ExclusionDecisionView(TimeRange):
    cause: ExclusionCause
    id: UUID
    """The id of the maintenance, the waiver or the suspension."""
    reason: str
    objective_ids: list[UUID] | None
    """Null: all objectives."""
    excluded: bool
    outcome: ExclusionOutcome
    why: str
    version: int
    """The version of the agreement whose terms decide."""

    @classmethod
    def from_decision(cls, decision: ExclusionDecision, version: int) -> Self:
        exclusion = decision.exclusion
        return cls.from_entity(
            decision,
            exclusion,
            from_=to_datetime(exclusion.span.start),
            to=to_datetime(exclusion.span.end),
            objective_ids=None if exclusion.objective_ids is None else sorted(exclusion.objective_ids),
            excluded=decision.is_excluded,
            version=version,
        )


class ExclusionsView(TimeRange):
    agreement_id: UUID
    known_at: Instant
    excluded: DurationOutput
    """The total time excluded for all objectives."""
    items: list[ExclusionDecisionView]
    """The decisions in the order of time."""
